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

"""``evidence list``, ``show`` and ``verify``."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import fixtures
import testtools

from nova_native_tls.evidence import chain
from nova_native_tls.evidence import journal
from nova_native_tls.evidence import record
from nova_native_tls import policy
from tests.unit.cmd import in_process
from tests.unit.evidence import records


class EvidenceTestCase(testtools.TestCase):
    """Some records in a file, in several files of which one is full."""

    def setUp(self) -> None:
        super().setUp()
        self.root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.path = self.root / 'evidence'
        self.line = self.useFixture(in_process.CommandLine())
        self.written = journal.Journal(
            str(self.path), max_bytes=3000, keep_files=9
        )
        self.anchors = [
            self.written.append(chain.Kind.MIGRATION, record.to_fields(each))
            for each in (
                records.full(),
                records.small(1),
                records.full(
                    uuid='another',
                    name='web2',
                    mode='plaintext',
                    encryption=policy.Encryption.OPPORTUNISTIC,
                ),
                records.small(3),
            )
        ]

    def run_evidence(self, *argv: str) -> in_process.Result:
        """Run one of the commands on that file."""
        return self.line.run('evidence', *argv, '--file', str(self.path))

    def json(self, *argv: str, status: int = 0) -> Any:
        """Run it and read what it says."""
        done = self.run_evidence(*argv, '-f', 'json')
        self.assertEqual(status, done.status, done.err)
        return json.loads(done.out)

    def edit(self, old: str, new: str) -> None:
        """Change what stands in any of the files."""
        for path in self.root.iterdir():
            path.write_text(path.read_text().replace(old, new))


class ListTest(EvidenceTestCase):
    """``evidence list``."""

    def numbers(self, *argv: str) -> list[int]:
        """Which records are listed."""
        return [each['number'] for each in self.json('list', *argv)]

    def test_all(self) -> None:
        """All files, in order, and the columns that matter."""
        self.assertEqual([1, 2, 3, 4], self.numbers())
        self.assertEqual(
            {
                'number': 3,
                'began': '2026-11-21T22:01:02+00:00',
                'uuid': 'another',
                'name': 'web2',
                'source': 'host1',
                'destination': 'host2',
                'mode': 'plaintext',
                'encryption': 'opportunistic',
                'rule': 'flavor m1.small',
                'result': 'completed',
                'duration_s': 1.25,
            },
            self.json('list')[2],
        )

    def test_filters(self) -> None:
        """Each of them, and together."""
        for argv, wanted in (
            (('--vm', 'another'), [3]),
            (('--vm', 'web2'), [3]),
            (('--vm', 'instance-0000002a'), [1, 3]),
            (('--vm', 'web'), []),
            (('--result', 'failed'), [2, 4]),
            (('--mode', 'plaintext'), [3]),
            (('--since', '2026-11-21T22:02:00'), [2, 4]),
            (('--since', '2026-11-22T00:04:02.345678+02:00'), [4]),
            (('--until', '2026-11-21T22:04:02.345678Z'), [1, 2, 3]),
            (('--since', '2026-11-22'), []),
            (('--result', 'completed', '--mode', 'tls'), [1]),
        ):
            self.assertEqual(wanted, self.numbers(*argv), argv)

    def test_wrong_time(self) -> None:
        """It is refused in one line."""
        error = self.assertRaises(
            SystemExit, self.run_evidence, 'list', '--since', 'yesterday'
        )
        self.assertEqual(2, error.code)

    def test_changed_lines(self) -> None:
        """What is there is listed, and that something is wrong is said."""
        self.edit('no route to host', 'all well')
        self.edit('"another"', '12')
        done = self.run_evidence('list', '-f', 'json')
        self.assertEqual(1, done.status)
        self.assertEqual([1, 2, 4], [r['number'] for r in done.json()])
        self.assertIn('warning: 3 lines are not as they were', done.err)
        self.assertEqual(1, done.err.count('\n'))

    def test_which_file(self) -> None:
        """That of nova.conf, unless another is named."""
        conf = self.root / 'nova.conf'
        conf.write_text('[native_tls]\n')
        argv = ('evidence', 'list', '-f', 'json', '--config-file', str(conf))
        done = self.line.run(*argv)
        self.assertEqual(2, done.status)
        self.assertIn('evidence_file is not set', done.err)
        conf.write_text(f'[native_tls]\nevidence_file = {self.path}\n')
        self.assertEqual(4, len(self.line.run(*argv).json()))
        conf.write_text(f'[native_tls]\nevidence_file = {self.path}-\n')
        done = self.line.run(*argv)
        self.assertEqual(2, done.status)
        self.assertIn('there is no such file', done.err)


class ShowTest(EvidenceTestCase):
    """``evidence show``."""

    def test_json(self) -> None:
        """All that was written, and its anchor."""
        shown = self.json('show', '1')
        self.assertEqual(self.anchors[0].long(), shown.pop('anchor'))
        self.assertEqual(records.full(), record.from_fields(shown))

    def test_table(self) -> None:
        """For people, line by line."""
        done = self.run_evidence('show', '1')
        self.assertEqual(0, done.status)
        for text in (
            'tls.destination = host2.example.org',
            'certificate: CN=host1, serial 0A, until 2027-02-01',
            'ca: CN=ca, serial 01',
        ):
            self.assertIn(text, done.out)
        self.assertEqual(0, self.run_evidence('show', '2').status)

    def test_none(self) -> None:
        """What is not there is an error."""
        for number in ('0', '5', '99'):
            done = self.run_evidence('show', number)
            self.assertEqual(2, done.status)
            self.assertIn(f'There is no record {number}', done.err)

    def test_edited(self) -> None:
        """It is shown, with a warning."""
        self.edit('"name":"vm1"', '"name":"vm9"')
        done = self.run_evidence('show', '2', '-f', 'json')
        self.assertEqual(1, done.status)
        self.assertEqual('vm9', done.json()['name'])
        self.assertIn('this record is not as it was written', done.err)


class VerifyTest(EvidenceTestCase):
    """``evidence verify``."""

    def test_whole(self) -> None:
        """Nothing to say, and where the chain ends."""
        self.assertEqual(
            {
                'file': str(self.path),
                'entries': 4,
                'first': self.anchors[0].long(),
                'last': self.anchors[3].long(),
                'problems': [],
                'notices': [],
            },
            self.json('verify'),
        )

    def test_edited(self) -> None:
        """Which line of which file, and why."""
        self.edit('"name":"vm3"', '"name":"vm9"')
        (problem,) = self.json('verify', status=2)['problems']
        self.assertTrue(problem.startswith(f'{self.path}, line '), problem)
        self.assertIn('entry 4 was edited', problem)

    def test_deleted_and_reordered(self) -> None:
        """Also over the border between two files."""
        whole = sorted(self.root.iterdir(), reverse=True)
        self.assertEqual(2, len(whole))
        first = whole[0].read_bytes()
        whole[0].write_bytes(first.partition(b'\n')[2])
        (problem,) = self.json('verify', status=2)['problems']
        self.assertIn('entry 1 is missing before it', problem)
        one, two, rest = first.split(b'\n', 2)
        whole[0].write_bytes(b'\n'.join([two, one, rest]))
        (problem,) = self.json('verify', status=2)['problems']
        self.assertIn('entry 1 stands after entry 2', problem)
        whole[0].unlink()
        (problem,) = self.json('verify', status=2)['problems']
        self.assertIn('are missing before it', problem)

    def test_expected(self) -> None:
        """An anchor shows that the end is missing."""
        anchor = self.anchors[3].short()
        self.assertEqual(
            [], self.json('verify', '--expect', anchor)['notices']
        )
        lines = self.path.read_bytes().splitlines(keepends=True)
        self.path.write_bytes(b''.join(lines[:-1]))
        self.json('verify')
        (problem,) = self.json('verify', '--expect', anchor, status=2)[
            'problems'
        ]
        self.assertIn(f'the expected entry {anchor} is not there', problem)
        done = self.run_evidence('verify', '--expect', 'x')
        self.assertEqual(2, done.status)
        self.assertIn('is no anchor', done.err)

    def test_half_a_line(self) -> None:
        """A warning, and no more."""
        self.path.write_bytes(self.path.read_bytes()[:-9])
        found = self.json('verify', status=1)
        self.assertEqual([], found['problems'])
        self.assertIn('not whole', found['notices'][0])
        self.written.append(chain.Kind.MIGRATION, {})
        self.json('verify', status=1)

    def test_nothing(self) -> None:
        """No evidence is no success."""
        self.path.write_bytes(b'')
        for path in self.root.glob('evidence.*'):
            path.unlink()
        (problem,) = self.json('verify', status=2)['problems']
        self.assertEqual('there is no entry', problem)
