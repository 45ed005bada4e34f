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


"""When to warn of what ends by itself."""

from __future__ import annotations

import datetime
import itertools

import testtools

from nova_native_tls.identity import dated
from nova_native_tls.identity import expiry

DAY = datetime.timedelta(days=1)
MINUTE = datetime.timedelta(minutes=1)
NOW = datetime.datetime(2026, 6, 1, 12, tzinfo=datetime.UTC)
DAYS = (30, 14, 7, 1)


def made(
    left: datetime.timedelta,
    sha256: str = 'a',
    *,
    file: str = 'server-cert.pem',
    lifetime: datetime.timedelta = 90 * DAY,
) -> dated.Dated:
    """Something that ends after a while, counted from NOW."""
    return dated.Dated(
        file=file,
        subject=f'CN={sha256}',
        sha256=sha256,
        not_before=NOW + left - lifetime,
        not_after=NOW + left,
    )


class CrossedTest(testtools.TestCase):
    """The last threshold that was crossed."""

    def crossed(
        self,
        left: datetime.timedelta,
        lifetime: datetime.timedelta = 90 * DAY,
        days: tuple[int, ...] = DAYS,
    ) -> int | None:
        return expiry.crossed(made(left, lifetime=lifetime), days, NOW)

    def test_each(self):
        """Until just before it, and from then on; in any order."""
        for days in (DAYS, DAYS[::-1]):
            self.assertIsNone(self.crossed(30 * DAY + MINUTE, days=days))
            for number, following in itertools.pairwise(DAYS):
                for left in (number * DAY, following * DAY + MINUTE):
                    self.assertEqual(number, self.crossed(left, days=days))
            self.assertEqual(1, self.crossed(MINUTE, days=days))

    def test_short_life(self):
        """What is issued for a month is not warned of from the beginning."""
        lifetime = 30 * DAY
        self.assertIsNone(self.crossed(lifetime, lifetime))
        self.assertIsNone(self.crossed(10 * DAY, lifetime))
        self.assertEqual(7, self.crossed(7 * DAY, lifetime))

    def test_shorter_than_all(self):
        """Nothing ends without a warning."""
        lifetime = 24 * 60 * MINUTE
        self.assertIsNone(self.crossed(lifetime, lifetime))
        self.assertIsNone(self.crossed(8 * 60 * MINUTE + MINUTE, lifetime))
        self.assertEqual(1, self.crossed(8 * 60 * MINUTE, lifetime))

    def test_none_wanted(self):
        """An empty list is nobody's wish to be warned."""
        self.assertIsNone(self.crossed(MINUTE, days=()))


class WatchTest(testtools.TestCase):
    """What is told, and when."""

    def setUp(self):
        super().setUp()
        self.watch = expiry.Watch(DAYS)

    def news(self, *found: dated.Dated, after=0 * DAY) -> list[tuple]:
        return [
            (each.kind.value, each.files, each.what.sha256)
            for each in self.watch.news(found, NOW + after)
        ]

    def test_whole_life(self):
        """A warning at each threshold, then an error every day."""
        one = made(40 * DAY)
        told = []
        step = datetime.timedelta(hours=1)
        for number in range(24 * 43):
            for kind, files, _sha256 in self.news(one, after=number * step):
                self.assertEqual(('server-cert.pem',), files)
                told.append((number / 24, kind))
        self.assertEqual(
            [
                (10, 'expires_soon'),
                (26, 'expires_soon'),
                (33, 'expires_soon'),
                (39, 'expires_soon'),
                (40, 'expired'),
                (41, 'expired'),
                (42, 'expired'),
            ],
            told,
        )

    def test_restart(self):
        """A new one tells again, the last threshold alone."""
        one = made(DAY / 2)
        for _start in range(2):
            self.watch = expiry.Watch(DAYS)
            self.assertEqual(1, len(self.news(one)))
            self.assertEqual([], self.news(one))

    def test_both_ends(self):
        """One certificate in two files is one warning."""
        ends = [
            made(DAY, file=f'{end}-cert.pem') for end in ('server', 'client')
        ]
        self.assertEqual(
            [('expires_soon', ('server-cert.pem', 'client-cert.pem'), 'a')],
            self.news(*ends),
        )

    def test_each_ca(self):
        """Two of a bundle are two warnings."""
        cas = [made(DAY, name, file='ca-cert.pem') for name in 'ab']
        self.assertEqual(
            [('expires_soon', ('ca-cert.pem',), name) for name in 'ab'],
            self.news(*cas),
        )

    def test_renewed(self):
        """Told once; the new one has its own warnings."""
        self.news(made(DAY))
        new = made(60 * DAY, 'b')
        self.assertEqual(
            [('renewed', ('server-cert.pem',), 'b')], self.news(new)
        )
        self.assertEqual([], self.news(new))
        self.assertEqual(
            [('expires_soon', ('server-cert.pem',), 'b')],
            self.news(new, after=30 * DAY),
        )

    def test_renewed_both_ends(self):
        """One certificate that takes two places is told once."""
        ends = ('server-cert.pem', 'client-cert.pem')
        self.news(*(made(DAY, file=file) for file in ends))
        self.assertEqual(
            [('renewed', ends, 'b')],
            self.news(*(made(60 * DAY, 'b', file=file) for file in ends)),
        )

    def test_renewed_with_an_old_one(self):
        """What expires soon, or has expired, is told as such."""
        self.news(made(DAY))
        self.assertEqual(
            ['renewed', 'expires_soon'],
            [kind for kind, *_rest in self.news(made(2 * DAY, 'b'))],
        )
        self.assertEqual(
            ['expired'], [kind for kind, *_rest in self.news(made(-DAY, 'c'))]
        )

    def test_another_ca(self):
        """One that is trusted besides, or no longer, renews nothing."""
        old, new = (made(60 * DAY, name, file='ca-cert.pem') for name in 'ab')
        for found in ([old], [old, new], [new]):
            self.assertEqual([], self.news(*found))

    def test_gone_for_a_while(self):
        """What is back after a look without it was told already."""
        one = made(DAY)
        self.assertEqual(1, len(self.news(one)))
        self.assertEqual([], self.news())
        self.assertEqual([], self.news(one))

    def test_back_in_its_place(self):
        """An old one that is installed again is told again."""
        old, new = made(DAY), made(60 * DAY, 'b')
        for one, kinds in (
            (old, ['expires_soon']),
            (new, ['renewed']),
            (old, ['renewed', 'expires_soon']),
        ):
            self.assertEqual(kinds, [kind for kind, *_rest in self.news(one)])

    def test_sentences(self):
        """They say what, where, until when, and what to do."""
        lists = made(40 * 60 * MINUTE, file='ca-crl.pem', lifetime=7 * DAY)
        for one, begin in (
            (
                made(3 * DAY),
                'server-cert.pem: the certificate of "CN=a" expires in 3 days,'
                ' on 2026-06-04 12:00:00+00:00: renew it',
            ),
            (
                made(DAY),
                'server-cert.pem: the certificate of "CN=a" expires '
                'in 24 hours, on',
            ),
            (
                made(MINUTE),
                'server-cert.pem: the certificate of "CN=a" '
                'expires in less than two hours, on',
            ),
            (
                made(-DAY),
                'server-cert.pem: the certificate of "CN=a" has '
                'expired on 2026-05-31 12:00:00+00:00: renew it',
            ),
            (
                made(-DAY, file='ca-crl.pem'),
                'ca-crl.pem: the revocation list '
                'of "CN=a" was to be replaced by 2026-05-31',
            ),
        ):
            (news,) = expiry.Watch(DAYS).news([one], NOW)
            self.assertStartsWith(news.sentence(), begin)
        self.assertEqual([], self.news(lists))
        (news,) = self.watch.news([lists], NOW + DAY)
        self.assertIn('is to be replaced within 16 hours', news.sentence())

    def assertStartsWith(self, text: str, begin: str) -> None:
        self.assertEqual(begin, text[: len(begin)])
