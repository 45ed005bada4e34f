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

"""The reader of the documentation's commands, and what it finds there."""

from __future__ import annotations

import testtools

from tests.lab.certificates import doc_commands
from tests.lab.certificates import rotation_run
from tests.lab.certificates import stand

BLOCK = """\
admin# ls
host1# ls \\
    -l

host1# for each in 1 2; do
>     echo $each
> done
"""


class CommandsTest(testtools.TestCase):
    """One block."""

    def test_block(self) -> None:
        """Continuations belong to their command."""
        self.assertEqual(
            [
                ('admin', 'ls'),
                ('host1', 'ls \\\n    -l'),
                ('host1', 'for each in 1 2; do\n    echo $each\ndone'),
            ],
            [
                (each.machine, each.text)
                for each in doc_commands.commands(BLOCK)
            ],
        )

    def test_output(self) -> None:
        """What no test runs is not taken for a command."""
        for block in ('total 0\n', 'admin# ls\ntotal 0\n', '# ls\n', '> ls\n'):
            self.assertRaises(ValueError, doc_commands.commands, block)


class PagesTest(testtools.TestCase):
    """The pages that the lab runs."""

    def test_first_page(self) -> None:
        """It has commands for all machines, and ends with a migration."""
        page = doc_commands.sections(stand.FIRST_PAGE)
        machines = {one.machine for some in page.values() for one in some}
        self.assertEqual({'admin', 'host1', 'host2'}, machines)
        last = [title for title, commands in page.items() if commands][-1]
        self.assertEqual(stand.MIGRATE, last)

    def test_runbook(self) -> None:
        """Each part of it that has commands is run by a test."""
        page = doc_commands.sections(stand.RUNBOOK)
        self.assertEqual(
            {
                rotation_run.RENEW,
                rotation_run.TRUST_BOTH,
                rotation_run.SWITCH,
                rotation_run.GIVE_UP,
                stand.REVOKE,
                stand.TAKE_BACK,
            },
            {title for title, commands in page.items() if commands},
        )
