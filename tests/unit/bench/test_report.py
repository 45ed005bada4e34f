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

"""Tests of what is made of the values that are measured."""

from __future__ import annotations

import json
import pathlib
import tempfile
from xml.etree import ElementTree

import testtools

from tests.lab.bench import machine
from tests.lab.bench import plot
from tests.lab.bench import report
from tests.lab.bench import sheet as bench_sheet
from tests.lab.bench import table

RATE, TOTAL = 'rate', 'total'


def make_sheet() -> bench_sheet.Sheet:
    """Two ways in one place, the second of them three times."""
    sheet = bench_sheet.Sheet(
        subject='migrate',
        title='Moving a guest',
        columns=(
            bench_sheet.Column(name=RATE, unit='GiB/s', digits=2),
            bench_sheet.Column(name=TOTAL, unit='s'),
        ),
        ratios=(
            bench_sheet.Ratio(title='to clear', column=RATE, base='clear'),
        ),
    )
    sheet.add('here', 'clear', {RATE: 2.0, TOTAL: None})
    for value in (0.5, 1.5, 1.0):
        sheet.add('here', 'TLS', {RATE: value, TOTAL: 7})
    return sheet


class SheetTest(testtools.TestCase):
    def test_median_and_spread(self) -> None:
        """One value is itself; several have a middle and two ends."""
        sheet = make_sheet()
        clear, tls = sheet.rows
        self.assertEqual('2.00', clear.figure(RATE).text(2))
        self.assertEqual('1.00 (0.50 to 1.50)', tls.figure(RATE).text(2))
        self.assertIsNone(clear.figure(TOTAL))

    def test_ratio(self) -> None:
        """Of medians, to the base of the same place."""
        sheet = make_sheet()
        sheet.add('elsewhere', 'TLS', {RATE: 9.0})
        (ratio,) = sheet.ratios
        self.assertEqual(
            [1.0, 0.5, None], [sheet.ratio(row, ratio) for row in sheet.rows]
        )

    def test_places(self) -> None:
        """Rows of one place come together, whenever they were measured."""
        sheet = make_sheet()
        sheet.add('elsewhere', 'TLS', {RATE: 9.0})
        sheet.add('here', 'ssh', {RATE: 0.1})
        self.assertEqual(
            [('here', ['clear', 'TLS', 'ssh']), ('elsewhere', ['TLS'])],
            [
                (where, [row.what for row in rows])
                for where, rows in sheet.places()
            ],
        )

    def test_json_and_back(self) -> None:
        """Nothing that is shown gets lost."""
        sheet = make_sheet()
        sheet.row('here', 'TLS').note = '2 connections'
        plain = json.loads(json.dumps(sheet.to_primitive()))
        self.assertEqual(sheet, bench_sheet.Sheet.from_primitive(plain))
        self.assertEqual(
            {'rate': 1.0, 'total': 7}, plain['rows'][1]['medians']
        )


class JoinedTest(testtools.TestCase):
    def part(self, where: str, **described: str) -> report.Report:
        """What a run at one place gave."""
        sheet = make_sheet()
        for row in sheet.rows:
            row.where = where
        return report.Report(machine=described, sheets=[sheet])

    def test_joined(self) -> None:
        """What is the same is said once, and each place is there."""
        first = self.part('here', hosts='trixie', kernel='Linux')
        second = self.part('there', hosts='sid', kernel='Linux')
        third = report.Report(machine={'hosts': machine.NONE}, sheets=[])
        joined = report.Report.joined([first, second, third])
        self.assertEqual(
            {'hosts': 'trixie; sid', 'kernel': 'Linux'}, joined.machine
        )
        (sheet,) = joined.sheets
        self.assertEqual(
            ['here', 'there'], [where for where, _rows in sheet.places()]
        )
        self.assertEqual(2, len(first.sheets[0].rows))

    def test_twice(self) -> None:
        """Ratios of two runs are not mixed."""
        parts = [self.part('here'), self.part('here')]
        with testtools.ExpectedException(
            ValueError, 'migrate was measured twice: here'
        ):
            report.Report.joined(parts)


class TableTest(testtools.TestCase):
    def test_text(self) -> None:
        """A line for each row; what is missing is a dash."""
        sheet = make_sheet()
        sheet.row('here', 'TLS').note = '2 connections'
        sheet.row('here', 'ssh').note = 'refused'
        self.assertEqual(
            'Moving a guest\n'
            '               rate, GiB/s          total, s  to clear\n'
            '-----  -------------------  ----------------  --------\n'
            'here\n'
            'clear                 2.00                 -      1.00\n'
            'TLS    1.00 (0.50 to 1.50)  7.0 (7.0 to 7.0)      0.50'
            '  2 connections\n'
            'ssh                      -                 -         -  refused',
            table.text([sheet]),
        )

    def test_rst(self) -> None:
        """A table for each place, with what is to be said below it."""
        sheet = make_sheet()
        sheet.row('here', 'TLS').note = '2 connections'
        lines = table.rst([sheet], level='-').splitlines()
        self.assertEqual(['Moving a guest', '-' * 14, '', 'here:'], lines[:4])
        self.assertIn('   * - TLS', lines)
        self.assertIn('     - 1.00 (0.50 to 1.50)', lines)
        self.assertIn('     - \\-', lines)
        self.assertIn('* TLS: 2 connections', lines)
        self.assertEqual([], [line for line in lines if len(line) > 79])


class PlotTest(testtools.TestCase):
    def test_bars(self) -> None:
        """As long as the medians are to each other; one has a spread."""
        root = ElementTree.fromstring(plot.svg(make_sheet(), RATE))
        name = '{http://www.w3.org/2000/svg}'
        _paper, clear, tls = root.findall(f'{name}rect')
        self.assertAlmostEqual(
            float(clear.attrib['width']) / 2,
            float(tls.attrib['width']),
            delta=0.1,
        )
        self.assertEqual(1, len(root.findall(f'{name}path')))
        texts = [each.text for each in root.findall(f'{name}text')]
        self.assertEqual(
            ['here', 'clear', '2.00 GiB/s', 'TLS', '1.00 GiB/s'], texts
        )

    def test_nothing(self) -> None:
        """A row without the quantity has no bar, and words are escaped."""
        sheet = make_sheet()
        sheet.row('here', 'a < b')
        sheet.add('here & there', 'clear', {RATE: 1.0})
        root = ElementTree.fromstring(plot.svg(sheet, RATE))
        texts = [each.text for each in root.iter() if each.text]
        self.assertNotIn('a < b', texts)
        self.assertIn('here & there', texts)


class ReportTest(testtools.TestCase):
    def test_json_and_back(self) -> None:
        """What was kept is shown as it was."""
        made = report.Report(machine={'kernel': 'x'}, sheets=[make_sheet()])
        self.assertEqual(made, report.Report.loads(made.json()))

    def test_docs(self) -> None:
        """A page and its picture; what is empty is left out."""
        empty = bench_sheet.Sheet(subject='nova', title='Nova', columns=())
        made = report.Report(
            machine={'kernel': 'x'}, sheets=[make_sheet(), empty]
        )
        with tempfile.TemporaryDirectory() as directory:
            page = pathlib.Path(directory, 'measured.rst')
            written = made.write_docs(page)
            text = page.read_text()
            self.assertEqual(
                ['measured.rst', 'measured-migrate.svg'],
                [path.name for path in written],
            )
            self.assertTrue(all(path.exists() for path in written))
        self.assertIn(':kernel: x', text)
        self.assertIn('.. image:: measured-migrate.svg', text)
        self.assertNotIn('Nova', text)
