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

"""From a text, or those of two hosts, to what to show."""

from __future__ import annotations

import dataclasses
import datetime
import io
import random

import testtools

from nova_native_tls.explain import entry
from nova_native_tls.explain import matcher

SOURCE, DESTINATION = entry.Host.SOURCE, entry.Host.DESTINATION
ISSUER = "The certificate hasn't got a known issuer"
NAME = 'Certificate does not match the hostname host2'
LOST = 'Cannot write to TLS channel: Input/output error'
STREAM = 'load of migration failed: Invalid argument'
NOT_SENT = 'Verify failed: No certificate was found.'
REFUSED = (
    'TLS handshake failed: The TLS connection was non-properly terminated.'
)
#: As libvirt 9 raises it.
SOURCE_LOST = f"operation failed: job 'migration out' failed: {LOST}"


def _log(*sentences: str, hour: int = 12) -> str:
    return ''.join(
        f'2026-11-21T{hour:02}:44:37.685253Z qemu-system-x86_64: {each}\n'
        for each in sentences
    )


def _at(hour: int) -> datetime.datetime:
    return datetime.datetime(2026, 11, 21, hour, tzinfo=datetime.UTC)


class TestExplain(testtools.TestCase):
    def _ids(self, text: str, **how) -> list[str]:
        return [each.id for each in matcher.explain(text, **how)]

    def test_unknown(self):
        """It is not guessed at."""
        for text in ('', 'The migration failed', 'TLS', 'certificate', '\0'):
            self.assertEqual((), matcher.explain(text))

    def test_the_reason_comes_first(self):
        """Wherever it stands, and what follows comes after."""
        for text in (
            _log(NAME, LOST, STREAM),
            _log(STREAM, LOST, NAME),
            f'{STREAM} {NAME} {LOST}',
        ):
            self.assertEqual(
                ['name.mismatch', 'connection.lost', 'stream.unreadable'],
                self._ids(text),
            )

    def test_the_newest_comes_first(self):
        """Of two that tell as much."""
        self.assertEqual(
            ['name.mismatch', 'peer.unknown-issuer'],
            self._ids(_log(NAME, ISSUER, NAME)),
        )

    def test_once(self):
        """What is said again is explained once, at its last time."""
        text = _log(LOST, LOST, hour=9) + _log(LOST, hour=11)
        (found,) = matcher.explain(text)
        self.assertEqual(11, found.when.hour)

    def test_variants(self):
        """Two files are two things, hundreds of them are not."""
        words = 'Unable to access credentials /x/{}.pem: Permission denied\n'
        text = ''.join(words.format(n) for n in range(2))
        self.assertEqual(2, len(matcher.explain(text)))
        text = ''.join(words.format(n) for n in range(1_000))
        found = matcher.explain(text)
        self.assertIn('/x/999.pem', found[0].cause)
        self.assertLess(len(found), 20)

    def test_stream(self):
        """A log need not be in memory."""
        self.assertEqual(
            matcher.explain(_log(NAME)),
            matcher.explain(io.StringIO(_log(NAME))),
        )

    def test_since(self):
        """What is older is passed over, and what has no time is not."""
        text = NAME + '\n' + _log(ISSUER, hour=9) + _log(NOT_SENT, hour=11)
        self.assertEqual(
            ['client-cert.not-sent', 'name.mismatch'],
            self._ids(text, since=_at(10)),
        )

    def test_sides(self):
        """A file, the words around it, or the log it is in tell the host."""
        (found,) = matcher.explain(ISSUER)
        self.assertIsNone(found.said_by)
        self.assertIn('one of the hosts', found.cause)
        for seen_on, here, peer in (
            (SOURCE, 'the source', 'the destination'),
            (DESTINATION, 'the destination', 'the source'),
        ):
            (found,) = matcher.explain(ISSUER, seen_on=seen_on)
            self.assertEqual(
                f'No CA in ca-cert.pem on {here} issued the certificate of '
                f'{peer}',
                found.cause,
            )

    def test_words_count_more_than_the_log(self):
        """A source's libvirt may quote the destination."""
        (found,) = matcher.explain(
            f'Message from the destination host: {ISSUER}', seen_on=SOURCE
        )
        self.assertEqual(DESTINATION, found.said_by)

    def test_file_counts_most(self):
        """Only a destination reads a server's files."""
        (found,) = matcher.explain(
            'The server certificate /x/server-cert.pem has expired',
            seen_on=SOURCE,
        )
        self.assertEqual(DESTINATION, found.mend)

    def test_peer_to_mend(self):
        """It is the other one of the two, if that is known."""
        words = 'The certificate is not trusted'
        for seen_on, mend in (
            (SOURCE, DESTINATION),
            (DESTINATION, SOURCE),
            (None, entry.Host.UNKNOWN),
        ):
            (found,) = matcher.explain(words, seen_on=seen_on)
            self.assertEqual(mend, found.mend)

    def test_whose_words(self):
        """They are narrowed down to the host, if that is known."""
        (found,) = matcher.explain(LOST)
        self.assertEqual(3, len(found.seen))
        (found,) = matcher.explain(LOST, seen_on=DESTINATION)
        self.assertEqual(
            (entry.Seen.DESTINATION_QEMU, entry.Seen.GNUTLS), found.seen
        )

    def test_names(self):
        """Hosts and guest are called by theirs."""
        (found,) = matcher.explain(
            SOURCE_LOST,
            names=matcher.Names(
                source='cmp1', destination='cmp2', guest='instance-1'
            ),
        )
        self.assertIn('The source cmp1 lost', found.cause)
        self.assertIn(
            '/var/log/libvirt/qemu/instance-1.log on the destination cmp2',
            found.remedy,
        )

    def test_long_values(self):
        """A path is told by its end."""
        path = '/' + 'a' * 400 + '/server-cert.pem'
        (found,) = matcher.explain(
            f'Unable to access credentials {path}: Permission denied'
        )
        self.assertEqual('server-cert.not-permitted', found.id)
        self.assertIn('aa/server-cert.pem', found.cause)
        self.assertLess(len(found.cause), 200)

    def test_percent_sign(self):
        """What a text holds is never a template."""
        (found,) = matcher.explain(f'{NAME}%(nosuch)s%s')
        self.assertEqual('name.mismatch', found.id)
        (found,) = matcher.explain('Verify failed: %(nosuch)s {0}')
        self.assertEqual('peer.unusable', found.id)

    def test_own_and_libvirtds_files(self):
        """One program reads a new file by itself, the other does not."""
        for path, reload in (
            ('/etc/pki/qemu/server-cert.pem', 'at the next migration'),
            ('/etc/pki/libvirt/servercert.pem', 'restart libvirtd'),
        ):
            (found,) = matcher.explain(
                f'The server certificate {path} has expired'
            )
            self.assertIn(reload, found.remedy)


class TestBestOf(testtools.TestCase):
    """The words of both ends are at hand."""

    def test_reason_on_the_destination(self):
        """The source only lost its connection."""
        found = matcher.best_of(SOURCE_LOST, _log(NOT_SENT))
        self.assertEqual('client-cert.not-sent', found.id)
        self.assertEqual(SOURCE, found.mend)

    def test_reason_on_the_source(self):
        """The destination only lost its connection."""
        found = matcher.best_of(
            f"operation failed: job 'migration out' failed: {NAME}",
            _log(LOST, STREAM),
        )
        self.assertEqual('name.mismatch', found.id)

    def test_reason_in_the_log_of_the_source(self):
        """libvirt reported what happened to the destination."""
        found = matcher.best_of(
            'internal error: qemu unexpectedly closed the monitor',
            _log(STREAM),
            source_log=_log(NAME),
        )
        self.assertEqual('name.mismatch', found.id)

    def test_two_reasons(self):
        """That of libvirt is surely of this migration."""
        found = matcher.best_of(
            f"operation failed: job 'migration out' failed: {NAME}",
            _log(NOT_SENT),
        )
        self.assertEqual('name.mismatch', found.id)

    def test_old_reason(self):
        """One of an earlier migration is none."""
        log = _log(NOT_SENT, hour=9) + _log(REFUSED, hour=11)
        self.assertEqual(
            'client-cert.not-sent', matcher.best_of(SOURCE_LOST, log).id
        )
        found = matcher.best_of(SOURCE_LOST, log, since=_at(10))
        self.assertEqual(
            ('handshake.refused', DESTINATION), (found.id, found.said_by)
        )

    def test_no_reason(self):
        """What follows is better than nothing: it says where to look."""
        found = matcher.best_of(SOURCE_LOST)
        self.assertEqual('connection.lost', found.id)
        self.assertIn('on the destination', found.remedy)

    def test_nothing_known(self):
        """Nothing is made up."""
        self.assertIsNone(matcher.best_of())
        self.assertIsNone(matcher.best_of('boom', 'x\n' * 10, source_log='y'))


class TestSummary(testtools.TestCase):
    """One line of limited length."""

    def setUp(self) -> None:
        super().setUp()
        (self.found,) = matcher.explain(NAME)

    def _summary(self, cause: str, remedy: str, length: int = 255) -> str:
        return matcher.summary(
            dataclasses.replace(self.found, cause=cause, remedy=remedy), length
        )

    def test_short(self):
        """Nothing is left out."""
        self.assertEqual('A: b', self._summary('A', 'b'))
        self.assertEqual(
            'A' * 126 + ': ' + 'b' * 127, self._summary('A' * 126, 'b' * 127)
        )

    def test_long_remedy(self):
        """The cause stays, the remedy keeps its beginning."""
        shown = self._summary('The cause', 'do this ' * 100)
        self.assertTrue(shown.startswith('The cause: do this do this'), shown)
        self.assertTrue(shown.endswith('do this...'), shown)
        self.assertLessEqual(len(shown), 255)

    def test_long_cause(self):
        """The remedy keeps its place beside it."""
        shown = self._summary('It is so ' * 100, 'do this and that')
        self.assertTrue(shown.startswith('It is so It is so'), shown)
        self.assertTrue(shown.endswith('...: do this and that'), shown)
        self.assertLessEqual(len(shown), 255)

    def test_both_long(self):
        """Each keeps a readable part."""
        shown = self._summary('It is so ' * 100, 'do this ' * 100)
        cause, _colon, remedy = shown.partition('...: ')
        self.assertGreater(len(cause), 140)
        self.assertGreater(len(remedy), 70)

    def test_one_line(self):
        """Whatever a text held."""
        shown = self._summary('a\nb\t\0c', 'd\r\n\x1b e')
        self.assertEqual('a b c: d e', shown)

    def test_never_longer(self):
        """Whatever the lengths, and something of both is there."""
        chance = random.Random(3)
        for _ in range(2_000):
            length = chance.randrange(20, 300)
            words = [
                ''.join(
                    chance.choice('ab  /\u00e4')
                    for _ in range(chance.randrange(500))
                )
                for _ in range(2)
            ]
            shown = self._summary(f'C{words[0]}', f'r{words[1]}', length)
            self.assertLessEqual(len(shown), length)
            self.assertTrue(shown.startswith('C'), shown)
            self.assertIn(': r', shown)
