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

"""Sentences in texts of any length and kind."""

from __future__ import annotations

import datetime
import io
import random

import testtools

from nova_native_tls.explain import entry
from nova_native_tls.explain import scanner

ISSUER = "The certificate hasn't got a known issuer"
NAME = 'Certificate does not match the hostname host2'
LINE = 'INFO nova.compute.manager [-] Nothing to do with any certificate.\n'


def _scan(text: str) -> list[scanner.Hit]:
    return list(scanner.scan(io.StringIO(text)))


def _ids(text: str) -> list[str]:
    return [hit.known.id for hit in _scan(text)]


class EndlessLog(io.TextIOBase):
    """A log that exists only while it is read.

    :ivar largest: the most that was asked for at once.
    """

    def __init__(self, piece: str, count: int, end: str = '') -> None:
        self._piece = piece
        self._left = count
        self._end = end
        self.largest = 0

    def read(self, size: int | None = -1) -> str:
        assert size is not None and size > 0, 'the whole log was asked for'
        self.largest = max(self.largest, size)
        times = min(size // len(self._piece), self._left)
        if times:
            self._left -= times
            return self._piece * times
        end, self._end = self._end, ''
        return end


class TestScan(testtools.TestCase):
    def test_nothing(self):
        """In what is not known nothing is found."""
        for text in ('', '\n', 'x', LINE * 3, '\0' * 100, '\udcff\ud800'):
            self.assertEqual([], _scan(text))

    def test_several_in_a_line(self):
        """Each is found, in the order of the text."""
        self.assertEqual(
            ['connection.lost', 'peer.unknown-issuer', 'name.mismatch'],
            _ids(
                'a: Cannot write to TLS channel: Input/output error, '
                f'b: {ISSUER}; c: {NAME}. End'
            ),
        )

    def test_one_within_another(self):
        """The longer one is what was said."""
        self.assertEqual(
            ['{file}.foreign-ca'],
            _ids(
                'Our own certificate /x/server-cert.pem failed validation '
                f'against /x/ca-cert.pem: {ISSUER}'
            ),
        )

    def test_lines_without_anything_between(self):
        """As libvirt quotes QEMU's log."""
        stamp = '2023-06-05T09:56:55.516267Z qemu-kvm:'
        self.assertEqual(
            [
                'destination.process-ended',
                'name.mismatch',
                'stream.unreadable',
            ],
            _ids(
                'internal error: QEMU unexpectedly closed the monitor '
                f"(vm='a'): {stamp} {NAME}{stamp} Not a migration stream"
            ),
        )

    def test_junk_around(self):
        """Whatever stands around a sentence is none of it."""
        for before, after in (
            ('\0\x1b[31m', '\0\x1b[0m'),
            ('\ufffd\ufffd', '\ufffd'),
            ('{"message": "', '"}'),
            ("libvirtError('", "')"),
            ('\r\n', '\r\n'),
            ('\ud800', '\udfff'),
        ):
            (hit,) = _scan(f'{before}{NAME}{after}')
            self.assertEqual({'name': 'host2'}, hit.values, before)


class TestLongTexts(testtools.TestCase):
    """Nothing is lost, and nothing is kept."""

    def test_whatever_the_position(self):
        """A sentence is found also where two blocks meet."""
        for where in range(65_480, 65_540, 3):
            for filler in ('x', '\n', ' '):
                (hit,) = _scan(f'{filler * where}{NAME}\n{LINE}')
                self.assertEqual({'name': 'host2'}, hit.values)

    def test_one_endless_line(self):
        """It has no line end to cut at, and is cut all the same."""
        for where in range(65_480, 65_540, 2):
            text = f'{"x" * where} {NAME} {"x" * 70_000}'
            self.assertEqual(
                {('name.mismatch', 'host2')},
                {(hit.known.id, hit.values['name']) for hit in _scan(text)},
            )

    def test_memory(self):
        """Of a log of 20 megabytes only pieces are asked for."""
        log = EndlessLog(LINE * 20, 15_000, end=f'{NAME}\n')
        (hit,) = scanner.scan(log)
        self.assertEqual('name.mismatch', hit.known.id)
        self.assertLess(log.largest, 100_000)

    def test_patterns_cannot_run_away(self):
        """Beginnings that never end take no more than their length."""
        chance = random.Random(1)
        beginnings = [
            compiled.text.partition('{')[0]
            for _each, compiled in scanner._COMPILED
        ]
        for text in (
            'Unable to access credentials ' * 1_000,
            'Unable to access credentials ' + '/' * 50_000,
            "Cannot load certificate '" + "a' & key '" * 3_000,
            'Our own certificate x failed validation against ' * 1_000,
            'Certificate does not match the hostname ' + 'a.' * 30_000,
            'Certificate does not match the hostname ' + ':' * 30_000,
            'priority ' * 10_000 + ': ' * 3_000,
            "Cert '" * 5_000,
            '2026-11-21T12:44:37.685253Z ' * 4_000,
            "job 'migration out' " * 5_000,
            ''.join(chance.choice(beginnings) for _ in range(1_000)),
        ):
            self.assertIsInstance(_scan(text), list)

    def test_noise(self):
        """Any bytes may be around it."""
        chance = random.Random(2)
        for _ in range(5):
            noise = chance.randbytes(20_000).decode('utf-8', 'replace')
            self.assertEqual([], _scan(noise))
            self.assertEqual(
                ['peer.unknown-issuer'], _ids(f'{noise}{ISSUER}{noise}')
            )


class TestSaidBy(testtools.TestCase):
    """Who speaks, as far as the words around a sentence tell."""

    def _said_by(self, text: str) -> list[entry.Host | None]:
        return [
            hit.said_by
            for hit in _scan(text)
            if hit.known.id == 'peer.unknown-issuer'
        ]

    def test_source(self):
        """A job, and commands that only a source is given."""
        for before in (
            "operation failed: job 'migration out' failed: ",
            'operation failed: migration out job: ',
            "unable to execute QEMU command 'blockdev-add': ",
            'unable to execute QEMU command \u2018migrate\u2019: ',
            'migration of disk vda failed: ',
            'Message from the source host: ',
        ):
            self.assertEqual(
                [entry.Host.SOURCE], self._said_by(before + ISSUER), before
            )

    def test_destination(self):
        """A QEMU that waits for a guest, and commands for it."""
        for before in (
            'internal error: qemu unexpectedly closed the monitor: ',
            "internal error: QEMU unexpectedly closed the monitor (vm='x'): ",
            'internal error: process exited while connecting to monitor: ',
            "unable to execute QEMU command 'nbd-server-start': ",
            "unable to execute QEMU command 'migrate-incoming': ",
            'qemu-nbd: option negotiation failed: ',
            'Message from the destination host: ',
        ):
            self.assertEqual(
                [entry.Host.DESTINATION],
                self._said_by(before + ISSUER),
                before,
            )

    def test_either(self):
        """Both hosts are given some commands."""
        for before in ('', "unable to execute QEMU command 'object-add': "):
            self.assertEqual([None], self._said_by(before + ISSUER))

    def test_both_in_one_message(self):
        """As libvirt 11 puts them together."""
        self.assertEqual(
            [entry.Host.SOURCE, entry.Host.DESTINATION],
            self._said_by(
                'migration failed. Message from the source host: '
                f"operation failed: job 'migration out' failed: {ISSUER}. "
                f'Message from the destination host: internal error: {ISSUER}'
            ),
        )

    def test_quoted_log(self):
        """It goes on as long as lines of QEMU's log follow."""
        line = f'2026-11-21T12:44:37.685253Z qemu-system-x86_64: {ISSUER}'
        self.assertEqual(
            [entry.Host.DESTINATION, entry.Host.DESTINATION, None],
            self._said_by(
                'error: qemu unexpectedly closed the monitor: '
                f'{line}\n{line}\nINFO nova [-] other\n{line}\n'
            ),
        )


class TestWhen(testtools.TestCase):
    """The time of a line, if it is one that can be relied on."""

    def _when(self, text: str) -> list[datetime.datetime | None]:
        return [hit.when for hit in _scan(text)]

    def test_formats(self):
        """QEMU's, and libvirt's, as exact as they are."""
        second = datetime.datetime(
            2026, 11, 21, 12, 44, 37, tzinfo=datetime.UTC
        )
        for stamp, microsecond in (
            ('2026-11-21T12:44:37.685253Z qemu-system-x86_64:', 685253),
            ('2026-11-21T12:44:37.685253123Z qemu-system-x86_64:', 685253),
            ('2026-11-21T12:44:37.000001Z qemu-system-x86_64:', 1),
            ('2026-11-21 12:44:37.685+0000: 1234: error :', 685000),
            ('2026-11-21 12:44:37.6+0000: 1234: error :', 600000),
        ):
            self.assertEqual(
                [second.replace(microsecond=microsecond)],
                self._when(f'{stamp} {NAME}'),
                stamp,
            )

    def test_unknown(self):
        """A time of some other zone is none."""
        for before in (
            '',
            '2026-11-21 12:44:37.685 1234 ERROR nova [-] ',
            '2026-99-99T99:99:99.685253Z qemu-system-x86_64: ',
        ):
            self.assertEqual([None], self._when(before + NAME))

    def test_lines_without_a_time(self):
        """They are as old as the last line that has one."""
        text = f'2026-11-21T12:44:37.685253Z qemu: x\n{NAME}\n'
        (near,) = self._when(text)
        (far,) = self._when(text.replace(NAME, LINE * 5_000 + NAME))
        self.assertIsNotNone(near)
        self.assertEqual(near, far)
