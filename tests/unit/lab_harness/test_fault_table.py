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

"""Tests of the rows of the fault matrix, without a lab."""

from __future__ import annotations

import re

import testtools

from nova_native_tls.explain import catalogue
from tests.lab.fault_matrix import remedy
from tests.lab.fault_matrix import report
from tests.lab.fault_matrix import table

#: As many as are promised.
AT_LEAST = 40
IDS = [
    re.compile(re.sub(r'\\{\w+\\}', r'[\\w-]+', re.escape(each.id)) + r'\Z')
    for each in catalogue.CATALOGUE
]


class TableTest(testtools.TestCase):
    """A row that claims nothing would pass whatever happens."""

    def test_size(self) -> None:
        """There are enough, and no two of one name."""
        names = report.ids(table.FAULTS)
        self.assertEqual(len(names), len(set(names)))
        self.assertGreaterEqual(len(names), AT_LEAST)

    def test_claims(self) -> None:
        """Each is refused or warned of, or there is an attacker."""
        for row in table.FAULTS:
            self.assertTrue(
                row.refused or row.warnings or row.attacker, row.name
            )

    def test_disagreement_has_a_reason(self) -> None:
        """Where checks refuse what QEMU takes, the row says why."""
        for row in table.FAULTS:
            if row.attacker is None:
                self.assertEqual(
                    row.refused and not row.fails, bool(row.stricter), row.name
                )

    def test_failures_are_explained(self) -> None:
        """By an id that the catalogue has."""
        for row in table.FAULTS:
            self.assertEqual(bool(row.says), bool(row.explained), row.name)
            if row.explained:
                self.assertTrue(
                    any(each.match(row.explained) for each in IDS),
                    row.explained,
                )

    def test_remedies(self) -> None:
        """What a row does itself, a remedy has to say in words."""
        for row in table.FAULTS:
            self.assertEqual(row.mends is not None, bool(row.remedy), row.name)


class RemedyTest(testtools.TestCase):
    """Commands are what stands in quotes after "run"."""

    def test_commands(self) -> None:
        """Other quotes are no commands."""
        self.assertEqual(
            ['chgrp kvm /x && chmod g+r /x', 'systemctl restart libvirtd'],
            remedy.commands(
                'run "chgrp kvm /x && chmod g+r /x", look at "timedatectl", '
                'then run "systemctl restart libvirtd" (guests go on running)'
            ),
        )
        self.assertEqual([], remedy.commands('install it'))
