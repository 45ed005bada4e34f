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

"""Whether two hosts could migrate encrypted, as far as they say."""

from __future__ import annotations

import datetime

import testtools

from nova_native_tls.peer import host_stats
from nova_native_tls.peer import obstacle

NOW = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
SECOND = datetime.timedelta(seconds=1)


def said(end: obstacle.End, **changes: object) -> obstacle.Said:
    """What is read of a host that is good but for these changes."""
    fields = {
        'ready': True,
        'trusted': frozenset({'a' * 64}),
        'server_issuers': frozenset({'a' * 64}),
        'client_issuers': frozenset({'a' * 64}),
        'server_not_after': NOW,
        'client_not_after': NOW,
        **changes,
    }
    stats = host_stats.dumps(host_stats.HostStats(**fields))
    return obstacle.read({'num_instances': '1', **stats}, end, now=NOW)


class ReadTest(testtools.TestCase):
    """One host."""

    def test_good(self):
        """It is valid up to the last second, and says what it encrypts."""
        for end in obstacle.End:
            found = said(end, encryption='opportunistic')
            self.assertEqual('', found.obstacle)
            self.assertIsNotNone(found.stats)
            self.assertEqual('opportunistic', found.encryption)
            self.assertFalse(found.silent)

    def test_expired(self):
        """Only what it shows as this end counts, a minute ago or not."""
        for end, field, other in (
            (obstacle.End.SOURCE, 'client_not_after', 'server_not_after'),
            (obstacle.End.DESTINATION, 'server_not_after', 'client_not_after'),
        ):
            found = said(end, **{field: NOW - SECOND})
            self.assertEqual(
                f'its certificate as a {end} expired at '
                '2026-03-01 11:59:59+00:00',
                found.obstacle,
            )
            self.assertIsNone(found.stats)
            self.assertEqual('', said(end, **{other: None}).obstacle)

    def test_says_nothing(self):
        """No statistics, and those of Nova alone, are the same."""
        for stats in (None, {}, {'num_instances': '1'}):
            found = obstacle.read(stats, obstacle.End.SOURCE, now=NOW)
            self.assertTrue(found.silent)
            self.assertIn('says nothing about native TLS', found.obstacle)

    def test_not_ready(self):
        """It is not silent, and its options count all the same."""
        found = said(obstacle.End.SOURCE, ready=False, encryption='required')
        self.assertIsNone(found.stats)
        self.assertFalse(found.silent)
        self.assertEqual('required', found.encryption)

    def test_unreadable(self):
        """It is not silent, and not good."""
        found = obstacle.read(
            {'native_tls_format': '0'}, obstacle.End.SOURCE, now=NOW
        )
        self.assertIsNone(found.stats)
        self.assertFalse(found.silent)


class BetweenTest(testtools.TestCase):
    """Two hosts."""

    def between(self, source=None, destination=None):
        """Compare two that are good but for these changes."""
        return obstacle.between(
            said(obstacle.End.SOURCE, **(source or {})),
            said(obstacle.End.DESTINATION, **(destination or {})),
        )

    def test_good(self):
        """Each trusts the other; what else they have does not matter."""
        other = frozenset({'b' * 64})
        self.assertEqual('', self.between())
        self.assertEqual(
            '',
            self.between({'server_issuers': other}, {'client_issuers': other}),
        )

    def test_one_way(self):
        """Trust in one direction only is not enough."""
        other = frozenset({'b' * 64})
        for source, destination, reason in (
            (
                {'trusted': other},
                {},
                'the source trusts no CA that issued its server certificate',
            ),
            (
                {},
                {'trusted': other},
                'it trusts no CA that issued the client certificate of the '
                'source',
            ),
        ):
            self.assertEqual(reason, self.between(source, destination))

    def test_obstacles_come_first(self):
        """The source's before the destination's, and said to be its."""
        broken = {'ready': False}
        self.assertTrue(
            self.between(broken, broken).startswith('of the source: it is not')
        )
        self.assertTrue(self.between({}, broken).startswith('it is not'))
