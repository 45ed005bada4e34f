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


"""nova-native-tls known-issues list and show, in this process."""

from __future__ import annotations

import testtools

from nova_native_tls.migration.known_issues import table
from tests.unit.cmd import in_process


class KnownIssuesTest(testtools.TestCase):
    """The table, for people and programs."""

    def setUp(self) -> None:
        super().setUp()
        self.line = self.useFixture(in_process.CommandLine())

    def _ids(self, *options: str) -> list[str]:
        done = self.line.run('known-issues', 'list', '-f', 'json', *options)
        self.assertEqual((0, ''), (done.status, done.err))
        return [each['id'] for each in done.json()]

    def test_all(self) -> None:
        """In the order of the table."""
        self.assertEqual([known.id for known in table.ISSUES], self._ids())

    def test_of_a_release(self) -> None:
        """Those that one of two hosts may have, and those of all."""
        ids = self._ids('--qemu-version', '8.2.2')
        self.assertIn('disks-tls-iothread-crash', ids)
        self.assertIn('tls-zerocopy', ids)
        self.assertNotIn('disks-tls-hang', ids)
        self.assertNotIn('disks-without-name', ids)
        ids = self._ids(
            '--qemu-version', '8.2.5', '--libvirt-version', '9.0.0'
        )
        self.assertNotIn('disks-tls-iothread-crash', ids)
        self.assertIn('disks-without-name', ids)

    def test_no_version(self) -> None:
        """It is said which argument is none."""
        done = self.line.run('known-issues', 'list', '--qemu-version', 'x')
        self.assertEqual(2, done.status)
        self.assertIn('x', done.err)

    def test_show(self) -> None:
        """Everything that is known of one."""
        done = self.line.run(
            'known-issues', 'show', 'parallel-9.2.0', '-f', 'json'
        )
        self.assertEqual((0, ''), (done.status, done.err))
        shown = done.json()
        self.assertEqual('adjust', shown['action'])
        self.assertEqual(
            ['drop flag PARALLEL', 'drop parameter parallel.connections'],
            shown['changes'],
        )
        self.assertEqual(
            [
                'QEMU before 9.0.0 at the source',
                'QEMU from 9.2.0 before 9.2.1 at the destination',
            ],
            shown['releases'],
        )
        self.assertTrue(shown['may_be_ignored'])
        self.assertIn('/issues/2720', shown['references'][0])

    def test_show_each(self) -> None:
        """None of them is too odd to be shown."""
        for known in table.ISSUES:
            done = self.line.run('known-issues', 'show', known.id)
            self.assertEqual((0, ''), (done.status, done.err))

    def test_none_of_that_name(self) -> None:
        """The list has them."""
        done = self.line.run('known-issues', 'show', 'none-such')
        self.assertEqual(2, done.status)
        self.assertIn('There is no known issue none-such', done.err)
        self.assertIn('known-issues list', done.err)
