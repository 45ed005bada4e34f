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

"""URIs are read strictly: libvirt could use it, or one clear error."""

from __future__ import annotations

import random

import testtools

from nova_native_tls import exception
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import uris

#: 253 characters in labels of at most 63, the most that DNS allows.
LONGEST = '.'.join(['a' * 63, 'b' * 63, 'c' * 63, 'd' * 61])

#: What a migrate URI is, as transport, host and port.
STREAMS = {
    'tcp://host2': ('tcp', 'host2', None),
    'tcp:host2': ('tcp', 'host2', None),
    'tcp://host2.example.org:49152': ('tcp', 'host2.example.org', 49152),
    'tcp:host2:49152': ('tcp', 'host2', 49152),
    'tcp://host2/': ('tcp', 'host2', None),
    'tcp://host_2': ('tcp', 'host_2', None),
    'tcp://' + 'a' * 63: ('tcp', 'a' * 63, None),
    'tcp://203.0.113.12': ('tcp', '203.0.113.12', None),
    'tcp://203.0.113.12:1': ('tcp', '203.0.113.12', 1),
    'tcp://host2:65535': ('tcp', 'host2', 65535),
    'tcp://[2001:db8:2::12]': ('tcp', '2001:db8:2::12', None),
    'tcp:[2001:db8:2::12]:49152': ('tcp', '2001:db8:2::12', 49152),
    'tcp://[::ffff:203.0.113.12]': ('tcp', '::ffff:203.0.113.12', None),
    'tcp://[fe80::1%eth1]:49152': ('tcp', 'fe80::1%eth1', 49152),
    'rdma://host2:49152': ('rdma', 'host2', 49152),
    'rdma:host2': ('rdma', 'host2', None),
    'unix:///run/socket': ('unix', None, None),
    'unix:/run/socket': ('unix', None, None),
    'tcp://' + LONGEST: ('tcp', LONGEST, None),
}
#: What is none, and what the error says of it.
NOT_STREAMS = {
    '': 'must begin with',
    'tcp': 'must begin with',
    'host2': 'must begin with',
    'host2:49152': 'must begin with',
    '203.0.113.12:49152': 'must begin with',
    'TCP://host2': 'must begin with',
    ' tcp://host2': 'a blank or a control character',
    'tls://host2': 'must begin with',
    'fd:4': 'must begin with',
    'exec:cat': 'must begin with',
    'https://host2': 'must begin with',
    'tcp+tls://host2': 'must begin with',
    'qemu+tls://host2/system': 'must begin with',
    'tcp:': 'a host and at most a port',
    'tcp://': 'a host and at most a port',
    'tcp:///': 'a host and at most a port',
    'tcp://:49152': 'a host and at most a port',
    'tcp://@': 'a host and at most a port',
    'tcp://user@': 'a host and at most a port',
    'rdma:///host2': 'a host and at most a port',
    'tcp://host2/system': 'a host and at most a port',
    'tcp://host2:49152/x': 'a host and at most a port',
    'tcp://host2:0': '1 to 65535',
    'tcp://host2:65536': '1 to 65535',
    'tcp://host2:99999': '1 to 65535',
    'tcp://host2:-1': 'a host and at most a port',
    'tcp://host2:+1': 'a host and at most a port',
    'tcp://host2:1.5': 'a host and at most a port',
    'tcp://host2:': 'a host and at most a port',
    'tcp://host2:100000': 'a host and at most a port',
    'tcp://host2:port': 'a host and at most a port',
    'tcp://host2:4915 2': 'a blank or a control character',
    'tcp://host2:\u0661': 'a host and at most a port',
    # Without brackets nobody knows where the address ends.
    'tcp://2001:db8:2::12': 'a host and at most a port',
    'tcp:2001:db8:2::12': 'a host and at most a port',
    'tcp://[2001:db8:2::12': 'a host and at most a port',
    'tcp://2001:db8:2::12]': 'a host and at most a port',
    'tcp://[::1]x': 'a host and at most a port',
    'tcp://x[::1]': 'a host and at most a port',
    'tcp://[::1]%1': 'a host and at most a port',
    'tcp://[]': 'a host and at most a port',
    'tcp://[[::1]]': 'a host and at most a port',
    # Brackets are for IPv6, and a zone is for link-local IPv6.
    'tcp://[v1.x]': 'neither a host name nor an address',
    'tcp://[host2]': 'neither a host name nor an address',
    'tcp://[203.0.113.12]': 'neither a host name nor an address',
    'tcp://203.0.113.12%eth1': 'neither a host name nor an address',
    'tcp://203.0.113.12%;id': 'neither a host name nor an address',
    'tcp://[fe80::1%]': 'neither a host name nor an address',
    'tcp://[fe80::1%eth1;id]': 'neither a host name nor an address',
    # Nothing but a host and a port.
    'tcp://host2?x=1': 'a host and at most a port',
    'tcp://host2#x': 'a host and at most a port',
    'tcp://user@host2': 'a host and at most a port',
    'tcp://host2:49152?x=1': 'a host and at most a port',
    'tcp://host2//': 'a host and at most a port',
    'tcp://host 2': 'a blank or a control character',
    'tcp:// host2': 'a blank or a control character',
    # Python's own parser drops these without a word.
    'tcp://host2\n': 'a blank or a control character',
    'tcp://ho\tst2': 'a blank or a control character',
    'tcp://host2\r:49152': 'a blank or a control character',
    'unix:///run/a\nb': 'a blank or a control character',
    'tcp://host2;reboot': 'neither a host name nor an address',
    'tcp://host2,unix': 'neither a host name nor an address',
    'tcp://host%32': 'neither a host name nor an address',
    'tcp://-host2': 'neither a host name nor an address',
    'tcp://host2-': 'neither a host name nor an address',
    'tcp://.': 'neither a host name nor an address',
    'tcp://h\xf6st2': 'neither a host name nor an address',
    'tcp://host2\0': 'a blank or a control character',
    'tcp://$(id)': 'neither a host name nor an address',
    'tcp://\u2100': 'neither a host name nor an address',
    'tcp://' + 'a' * 64: 'neither a host name nor an address',
    'tcp://' + LONGEST + 'a': 'neither a host name nor an address',
    'tcp://' + 'a' * 100_000: 'neither a host name nor an address',
    'unix:': 'absolute path',
    'unix://': 'absolute path',
    'unix:socket': 'absolute path',
    'unix://host2/socket': 'absolute path',
}

#: What a libvirt URI is, as transport and host.
DAEMONS = {
    'qemu:///system': (None, None),
    'qemu:///session': (None, None),
    'qemu:///embed?root=/tmp': (None, None),
    'qemu+unix:///system?socket=/run/x': ('unix', None),
    'qemu://host2/system': (None, 'host2'),
    'qemu+tls://host2.example.org/system': ('tls', 'host2.example.org'),
    'qemu+tls://host2:16514/system': ('tls', 'host2'),
    'qemu+tls://host2/system?pkipath=/etc/pki': ('tls', 'host2'),
    'qemu+ssh://root@host2:22/system': ('ssh', 'host2'),
    'qemu+ssh://me:secret@host2/system': ('ssh', 'host2'),
    'qemu+tcp://203.0.113.12/system': ('tcp', '203.0.113.12'),
    'qemu+tcp://[2001:db8:2::12]:16509/system': ('tcp', '2001:db8:2::12'),
    'qemu+tcp://[fe80::1%25eth1]/system': ('tcp', 'fe80::1%25eth1'),
    'QEMU+TLS://HOST2/system': ('tls', 'host2'),
}
NOT_DAEMONS = {
    '': 'must begin with qemu',
    'host2': 'must begin with qemu',
    'not a uri': 'a blank or a control character',
    'not-a-uri': 'must begin with qemu',
    'test:///default': 'must begin with qemu',
    'xen+tls://host2/system': 'must begin with qemu',
    'qemux:///system': 'must begin with qemu',
    'tls+qemu://host2/system': 'must begin with qemu',
    'qemu+://host2/system': 'transport after the + is missing',
    'qemu+tls://host2': 'must end in /system',
    'qemu+tls://host2/': 'must end in /system',
    'qemu+tls://host2/system/': 'must end in /system',
    'qemu+tls://host2/system ': 'a blank or a control character',
    'qemu+tls://host2/system\n': 'a blank or a control character',
    'qemu+tls://host2\n/system': 'a blank or a control character',
    ' qemu+tls://host2/system': 'a blank or a control character',
    '\x01qemu+tls://host2/system': 'a blank or a control character',
    'qemu+tls://host2/system#x': 'must end in /system',
    'qemu+tls:host2/system': 'must end in /system',
    'qemu+tls://host2/System': 'must end in /system',
    'qemu+tls://host2:65536/system': 'out of range',
    'qemu+tls://host2:x/system': "'x'",
    'qemu+tls://2001:db8:2::12/system': "'db8:2::12'",
    'qemu+tls://[2001:db8:2::12/system': 'Invalid IPv6 URL',
    'qemu+tls://host 2/system': 'a blank or a control character',
    'qemu+tls://host2;id/system': 'neither a host name nor an address',
    'qemu+tls://h\xf6st2/system': 'neither a host name nor an address',
    'qemu+tls://host2\0/system': 'a blank or a control character',
    'qemu+tls://%s/system': 'neither a host name nor an address',
    'qemu+tls://' + LONGEST + 'a/system': 'neither a host name',
}

#: What random input is made of: pieces that mean something, and others.
PIECES = (
    'tcp', 'rdma', 'unix', 'qemu', 'qemu+tls', 'host2', 'example.org', '::1',
    'fe80::1%eth1', '203.0.113.12', '/system', '65535', '65536', '%25', '%s',
    '://', '//', '/', ':', '[', ']', '@', '?', '#', '%', '+', '-', '.', ' ',
    '\t', '\n', '\r', '\0', '\x7f', '\\', "'", '"', ';', '$', '\xf6', '\xdf',
    '\u0661', '\u2100', '\u202e', '\uff0e', '\ud800', '\U0001f512', 'xn--',
)  # fmt: skip


def _random_inputs(count: int) -> list[str]:
    """Make the same unusual texts in every run."""
    source = random.Random(20380119)
    return [
        source.choice(('', 'tcp:', 'tcp://', 'unix:', 'qemu+tls://'))
        + ''.join(source.choices(PIECES, k=source.randrange(9)))
        for _number in range(count)
    ]


class ParseMigrateURITest(testtools.TestCase):
    """Where the source's QEMU connects."""

    def test_usable(self) -> None:
        """Both of libvirt's forms, every transport, every kind of host."""
        for uri, (transport, host, port) in STREAMS.items():
            self.assertEqual(
                uris.StreamURI(transport=transport, host=host, port=port),
                uris.parse_migrate_uri(uri),
                uri,
            )

    def test_unusable(self) -> None:
        """The error names the URI and what is wrong with it."""
        for uri, problem in NOT_STREAMS.items():
            err = self.assertRaises(
                exception.InvalidURI, uris.parse_migrate_uri, uri
            )
            self.assertEqual(uri, err.uri)
            self.assertIn(problem, str(err.problem), uri[:80])
            self.assertIn('not a usable migrate URI', str(err))
            self.assertNotIn('\n', str(err))

    def test_any_text_is_a_uri_or_not_one(self) -> None:
        """No text whatsoever makes any other error."""
        usable = 0
        for text in _random_inputs(20_000):
            try:
                result = uris.parse_migrate_uri(text)
            except exception.InvalidURI:
                continue
            usable += 1
            self.assertIn(result.transport, ('tcp', 'rdma', 'unix'))
            self.assertEqual(
                result.transport == 'unix', result.host is None, text
            )
        self.assertGreater(usable, 100)


class ParseDaemonURITest(testtools.TestCase):
    """Where a libvirt daemon is reached."""

    def test_usable(self) -> None:
        """Every form in which libvirt's QEMU driver is named."""
        for uri, (transport, host) in DAEMONS.items():
            self.assertEqual(
                uris.DaemonURI(transport=transport, host=host),
                uris.parse_daemon_uri(uri),
                uri,
            )

    def test_unusable(self) -> None:
        """The error names the URI and what is wrong with it."""
        for uri, problem in NOT_DAEMONS.items():
            err = self.assertRaises(
                exception.InvalidURI, uris.parse_daemon_uri, uri
            )
            self.assertEqual(uri, err.uri)
            self.assertIn(problem, str(err.problem), uri[:80])
            self.assertIn('not a usable libvirt URI', str(err))
            self.assertNotIn('\n', str(err))

    def test_any_text_is_a_uri_or_not_one(self) -> None:
        """No text whatsoever makes any other error."""
        usable = 0
        for text in _random_inputs(20_000):
            for uri in (text, f'qemu+tls://{text}/system'):
                try:
                    uris.parse_daemon_uri(uri)
                except exception.InvalidURI:
                    continue
                usable += 1
        self.assertGreater(usable, 100)

    def test_text_around_brackets(self) -> None:
        """urlsplit drops x: libvirt gets it."""
        for uri in (
            'qemu+tls://[::1]x/system',
            'qemu+tls://x[::1]/system',
            'qemu+tls://[::1]%1/system',
        ):
            self.assertRaises(exception.InvalidURI, uris.parse_daemon_uri, uri)


class WriteTest(testtools.TestCase):
    """URIs that are written for Nova's calls."""

    def test_migrate_uri(self) -> None:
        """IPv6 literals get brackets, nothing else does."""
        for address, uri in (
            ('host2', 'tcp://host2'),
            ('203.0.113.12', 'tcp://203.0.113.12'),
            ('2001:db8:2::12', 'tcp://[2001:db8:2::12]'),
        ):
            self.assertEqual(uri, uris.migrate_uri(address))
            self.assertEqual(
                address, uris.parse_migrate_uri(uri).host, address
            )

    def test_daemon_uri_of_a_scheme(self) -> None:
        """An unset scheme is tcp, as in Nova."""
        for scheme, uri in (
            (None, 'qemu+tcp://host2/system'),
            ('tcp', 'qemu+tcp://host2/system'),
            ('tls', 'qemu+tls://host2/system'),
            ('ssh', 'qemu+ssh://host2/system'),
        ):
            settings = migration_settings.MigrationSettings(scheme=scheme)
            self.assertEqual(uri, uris.daemon_uri(settings, 'host2'))

    def test_daemon_uri_of_a_whole_uri(self) -> None:
        """[libvirt] live_migration_uri takes precedence over the scheme."""
        settings = migration_settings.MigrationSettings(
            scheme='tls', uri='qemu+ssh://nova@%s:2222/system'
        )
        self.assertEqual(
            'qemu+ssh://nova@host2:2222/system',
            uris.daemon_uri(settings, 'host2'),
        )

    def test_daemon_uri_without_one_place_for_the_host(self) -> None:
        """The option and its value are named, and what is needed."""
        for uri in (
            'qemu+tls://host2/system',
            'qemu+tls://%d/system',
            'qemu+tls://%(host)s/system',
            'qemu+tls://%s/system?x=%s',
            'qemu+tls://%',
        ):
            settings = migration_settings.MigrationSettings(uri=uri)
            err = self.assertRaises(
                exception.InvalidURI, uris.daemon_uri, settings, 'host2'
            )
            self.assertEqual(uri, err.uri)
            self.assertIn('[libvirt] live_migration_uri', str(err))
            self.assertIn('where the host goes', str(err))

    def test_daemon_uri_of_an_ipv6_address(self) -> None:
        """Both ways of writing one put brackets around it."""
        for settings in (
            migration_settings.MigrationSettings(scheme='tls'),
            migration_settings.MigrationSettings(uri='qemu+tls://%s/system'),
        ):
            uri = uris.daemon_uri(settings, '2001:db8:2::12')
            self.assertEqual('qemu+tls://[2001:db8:2::12]/system', uri)
            self.assertEqual('2001:db8:2::12', uris.parse_daemon_uri(uri).host)

    def test_percent_sign_in_the_sentence(self) -> None:
        """The operator is told of %s, not of %%s."""
        err = self.assertRaises(
            exception.InvalidURI,
            uris.daemon_uri,
            migration_settings.MigrationSettings(uri='qemu+tls://h/system'),
            'host2',
        )
        self.assertIn('it needs one %s,', str(err))
