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


"""The table itself: every issue is told whole, and has its cases."""

from __future__ import annotations

import pathlib
import re

import testtools

from nova_native_tls import conf as options
from nova_native_tls.migration.known_issues import issue
from nova_native_tls.migration.known_issues import table
from nova_native_tls.migration import libvirt_abi
from tests.unit.migration.known_issues import test_conditions

PACKAGE = pathlib.Path(options.__file__).resolve().parent.parent
_OPTION = re.compile(r'\blive_migration_\w+')


class TableTest(testtools.TestCase):
    """What is said of each."""

    def test_ids(self) -> None:
        """Each has its own, in the form that options and codes have."""
        ids = [known.id for known in table.ISSUES]
        self.assertEqual(len(ids), len(set(ids)))
        for identifier in ids:
            self.assertRegex(identifier, r'\A[a-z0-9.-]+\Z')

    def test_every_issue_has_cases(self) -> None:
        """None comes or goes without them, but those with rules elsewhere."""
        self.assertEqual(
            {
                known.id
                for known in table.ISSUES
                if known.kind is not issue.Kind.ELSEWHERE
            },
            set(test_conditions.CASES),
        )

    def test_told_whole(self) -> None:
        """Parts of sentences: no end, no line; upstream can be looked up."""
        for known in table.ISSUES:
            self.assertNotEqual((), known.references, known.id)
            for text in (
                known.title,
                known.when,
                known.effect,
                known.remedy,
                known.releases_from,
            ):
                self.assertNotEqual('', text, known.id)
                self.assertNotIn('\n', text)
                self.assertFalse(text.endswith('.'), text)

    def test_kinds(self) -> None:
        """Who changes a call says how; who has a rule elsewhere says where."""
        for known in table.ISSUES:
            self.assertEqual(
                known.kind is issue.Kind.ADJUST, known.changes != (), known.id
            )
            elsewhere = known.kind is issue.Kind.ELSEWHERE
            self.assertEqual(elsewhere, known.handled_in != '', known.id)
            if elsewhere:
                self.assertTrue((PACKAGE / known.handled_in).is_file())

    def test_changes(self) -> None:
        """They are about flags and parameters that libvirt has."""
        for known in table.ISSUES:
            for change in known.changes:
                self.assertIn(
                    change.subject,
                    libvirt_abi.FLAGS
                    if 'flag' in change.action
                    else libvirt_abi.PARAMETERS,
                )

    def test_options_that_are_named(self) -> None:
        """Nobody is sent to look for an option that there is not."""
        known_names = {opt.name for opt in options.list_libvirt_opts()[0][1]}
        named = {
            name
            for known in table.ISSUES
            for name in _OPTION.findall(known.remedy)
        }
        self.assertNotEqual(set(), named)
        self.assertEqual(set(), named - known_names)

    def test_borders_are_ordered(self) -> None:
        """No range is empty."""
        for known in table.ISSUES:
            for releases in known.affected:
                if releases.since and releases.before:
                    self.assertLess(releases.since, releases.before)
                for first in releases.mended:
                    self.assertFalse(releases.include(first))
