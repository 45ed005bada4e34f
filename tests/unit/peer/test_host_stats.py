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


"""What a host publishes as statistics of its compute node."""

from __future__ import annotations

import dataclasses
import datetime

import testtools

from nova_native_tls import exception
from nova_native_tls.migration import versions
from nova_native_tls.peer import host_stats

OLD, NEW, OTHER = (digit * 64 for digit in 'abc')

STATS = host_stats.HostStats(
    ready=True,
    trusted=frozenset({OLD, NEW}),
    server_issuers=frozenset({OLD}),
    client_issuers=frozenset({NEW}),
    encryption='opportunistic',
    server_not_after=datetime.datetime(
        2027, 1, 2, 3, 4, 5, tzinfo=datetime.UTC
    ),
    client_not_after=datetime.datetime(
        2028, 1, 2, 3, 4, 5, tzinfo=datetime.UTC
    ),
    versions=versions.HostVersions(
        libvirt=versions.Version(9, 0), qemu=versions.Version(7, 2, 22)
    ),
)
#: Of Nova, and of other drivers.
NOVAS = {'failed_builds': '0', 'num_instances': '3', 'uptime': None}


class WrittenTest(testtools.TestCase):
    """What is published."""

    def test_form(self):
        """Texts, by keys that do not change."""
        self.assertEqual(
            {
                'native_tls_format': '1',
                'native_tls_ready': 'true',
                'native_tls_problems': '',
                'native_tls_trusted': f'{OLD},{NEW}',
                'native_tls_server_issuers': OLD,
                'native_tls_client_issuers': NEW,
                'native_tls_server_not_after': '2027-01-02T03:04:05Z',
                'native_tls_client_not_after': '2028-01-02T03:04:05Z',
                'native_tls_encryption': 'opportunistic',
                'native_tls_libvirt': '9.0.0',
                'native_tls_qemu': '7.2.22',
            },
            host_stats.dumps(STATS),
        )

    def test_there_and_back(self):
        """Beside what others publish, it is read as it was written."""
        unready = dataclasses.replace(
            STATS,
            ready=False,
            problems=('ca-cert.expired', 'server-cert.expired'),
        )
        for stats in (STATS, unready, host_stats.HostStats(ready=False)):
            self.assertEqual(
                stats, host_stats.loads(NOVAS | host_stats.dumps(stats))
            )

    def test_bounded(self):
        """The database has room for so much only."""
        many = host_stats.HostStats(
            ready=False,
            problems=tuple(f'a.b{number}' for number in range(1000))
            + ('no code', 'x' * 1000),
            trusted=frozenset(f'{number:064x}' for number in range(1000)),
        )
        read = host_stats.loads(host_stats.dumps(many))
        self.assertEqual(host_stats.MAX_CAS, len(read.trusted))
        self.assertEqual(host_stats.MAX_PROBLEMS, len(read.problems))
        self.assertLess(read.trusted, many.trusted)


class ReadTest(testtools.TestCase):
    """What others may have published."""

    def test_none(self):
        """A stock host says nothing, and nothing is concluded."""
        for stats in (None, {}, NOVAS):
            self.assertIsNone(host_stats.loads(stats))

    def test_more(self):
        """What a newer host says besides is left aside."""
        written = host_stats.dumps(STATS) | {'native_tls_news': 'x'}
        self.assertEqual(STATS, host_stats.loads(written))

    def test_damaged(self):
        """It is refused in a sentence that names the key."""
        for name, value in (
            ('ready', None),
            ('ready', ''),
            ('ready', 'True'),
            ('trusted', 'abc'),
            ('trusted', f'{OLD},'),
            ('trusted', OLD.upper()),
            ('trusted', ','.join([OLD] * 65)),
            ('problems', 'two words'),
            ('server_not_after', '2027-01-02'),
            ('client_not_after', 'never'),
            ('qemu', 'new'),
        ):
            written = host_stats.dumps(STATS) | {f'native_tls_{name}': value}
            error = self.assertRaises(
                exception.FactsUnreadable, host_stats.loads, written
            )
            self.assertIn(f'native_tls_{name}', str(error))

    def test_other_format(self):
        """A later release has to be understood, not guessed."""
        written = host_stats.dumps(STATS) | {'native_tls_format': '2'}
        error = self.assertRaises(
            exception.FactsUnreadable, host_stats.loads, written
        )
        self.assertIn('upgrade the older', str(error))


class TrustTest(testtools.TestCase):
    """Who believes whom."""

    def test_both_directions(self):
        """Each counts the CAs of what it is shown, and of nothing else."""
        peer = host_stats.HostStats(ready=True, trusted=frozenset({OLD}))
        self.assertTrue(peer.believes_destination(STATS))
        self.assertFalse(peer.believes_source(STATS))
        self.assertFalse(STATS.believes_destination(peer))
        self.assertFalse(STATS.believes_source(peer))
        peer = dataclasses.replace(peer, client_issuers=frozenset({NEW}))
        self.assertTrue(STATS.believes_source(peer))

    def test_strangers(self):
        """No CA in common is no trust."""
        peer = host_stats.HostStats(
            ready=True,
            trusted=frozenset({OTHER}),
            server_issuers=frozenset({OTHER}),
            client_issuers=frozenset({OTHER}),
        )
        self.assertFalse(STATS.believes_destination(peer))
        self.assertFalse(STATS.believes_source(peer))
