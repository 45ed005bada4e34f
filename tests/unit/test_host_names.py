# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What may stand where a host is named, and what may not."""

from __future__ import annotations

import testtools

from nova_native_tls import exception
from nova_native_tls import host_names

#: 253 characters in labels of at most 63, the most that DNS allows.
LONGEST = '.'.join(['a' * 63, 'b' * 63, 'c' * 63, 'd' * 61])

ADDRESSES = ('203.0.113.12', '2001:db8:2::12', '::', '::ffff:203.0.113.12')
ZONED = ('fe80::1%eth1', 'fe80::1%25eth1', 'fe80::1%br-ex.100')
NAMES = (
    'host2',
    'HOST2',
    'host2.example.org',
    'host-2.example.org',
    'host_2',
    '_host2',
    'xn--hst2-5qa.example.org',
    'db8',
    '2',
    # These only look like addresses.
    '203.0.113',
    '203.0.113.256',
    '203.0.113.012',
    '203.0.113.12.example.org',
    'a' * 63,
    LONGEST,
)
NEITHER = (
    '',
    ' ',
    '.',
    'a b',
    ' host2',
    'host2 ',
    'host2\n',
    'host2\0',
    'ho\tst2',
    'host2:49152',
    'tcp://host2',
    'host2/x',
    'host2?x',
    'host2#x',
    'user@host2',
    'host2;id',
    '$(id)',
    '%s',
    'host%32',
    '*.example.org',
    '-host2',
    'host2-',
    'host2.-example.org',
    'host2-.example.org',
    'host2..example.org',
    '.host2',
    'h\xf6st2',
    'host\u0662',
    # Ignoring case, Unicode takes these for an s and a k.
    'ho\u017ft2',
    'dis\u212a',
    '\uff12\uff10\uff13.0.113.12',
    '2001:db8:2::12::',
    '2001:db8:2::12:49152:1:2:3:4',
    '203.0.113.12%eth1',
    'fe80::1%',
    'fe80::1%a b',
    'fe80::1%eth1;id',
    'fe80::1%eth1%eth2',
    'fe80::1%' + 'e' * 16,
    'host2%eth1',
    'a' * 64,
    LONGEST + 'a',
    'a.' * 127 + 'a',
)


class KindTest(testtools.TestCase):
    """An address, a name, or neither."""

    def test_addresses(self) -> None:
        """Both families, and zones."""
        for host in (*ADDRESSES, *ZONED):
            self.assertTrue(host_names.is_ip_address(host), host)
            self.assertFalse(host_names.is_host_name(host), host)

    def test_names(self) -> None:
        """What only looks like an address is a name."""
        for host in NAMES:
            self.assertFalse(host_names.is_ip_address(host), host)
            self.assertTrue(host_names.is_host_name(host), host)

    def test_neither(self) -> None:
        """Nothing else is either of them."""
        for host in NEITHER:
            self.assertFalse(host_names.is_ip_address(host), repr(host))
            self.assertFalse(host_names.is_host_name(host), repr(host))


class CheckHostTest(testtools.TestCase):
    """What may be dialled."""

    def test_passes(self) -> None:
        """Names and addresses."""
        for host in (*ADDRESSES, *ZONED, *NAMES):
            host_names.check_host(host)

    def test_refused(self) -> None:
        """The text is named, on one line, whatever it is."""
        for host in NEITHER:
            err = self.assertRaises(
                exception.InvalidHost, host_names.check_host, host
            )
            self.assertEqual(host, err.host)
            self.assertIn('neither a host name nor an address', str(err))
            self.assertNotIn('\n', str(err))


class CheckNameToVerifyTest(testtools.TestCase):
    """What may be looked for in a certificate."""

    def test_passes(self) -> None:
        """Names, and addresses that a certificate can bear."""
        for name in (*ADDRESSES, *NAMES):
            host_names.check_name_to_verify(name)

    def test_refused(self) -> None:
        """What names no host is in no certificate."""
        for name in NEITHER:
            err = self.assertRaises(
                exception.InvalidHost, host_names.check_name_to_verify, name
            )
            self.assertEqual(name, err.host)

    def test_zones(self) -> None:
        """An address with a zone means something on one host only."""
        for name in ZONED:
            err = self.assertRaises(
                exception.InvalidHost, host_names.check_name_to_verify, name
            )
            self.assertIn('zone', str(err))


class BracketsTest(testtools.TestCase):
    """They belong to URIs."""

    def test_brackets(self) -> None:
        """One pair, around IPv6: else --destination makes tcp://[::1."""
        for host in ('[::1', '::1]', ']::1[', '[[::1]]', '[203.0.113.12]'):
            self.assertRaises(
                exception.InvalidHost, host_names.check_host, host
            )

    def test_brackets_in_a_certificate(self) -> None:
        """No certificate bears brackets; QEMU would look for them."""
        self.assertRaises(
            exception.InvalidHost, host_names.check_name_to_verify, '[::1]'
        )
