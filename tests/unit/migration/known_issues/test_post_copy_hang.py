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


"""Post-copy over parallel connections: never where it would hang."""

from __future__ import annotations

from typing import Any

import testtools

from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration.known_issues import issue
from nova_native_tls.migration.known_issues import rules
from nova_native_tls.migration import plan
from nova_native_tls.migration import settings as migration_settings
from tests.unit.migration.known_issues import test_conditions

between = test_conditions.between
asked = test_conditions.asked


def _told(made: plan.MigrationPlan) -> str:
    """Join what somebody is told of a plan."""
    return ' '.join(
        (*made.warnings, *(each.reason for each in made.adjustments))
    )


class PostCopyHangTest(testtools.TestCase):
    """QEMU from 10.1 at both ends."""

    def _plan(
        self, *, machine: str, connections: int, **settings: Any
    ) -> plan.MigrationPlan:
        return plan.build(
            migration_settings.MigrationSettings(
                native_tls=True,
                scheme='tls',
                permit_post_copy=True,
                parallel_connections=connections,
                **settings,
            ),
            migration_call.MigrationRequest(tls_name='host2', machine=machine),
            between('11.1.3', '11.1.3'),
        )

    def test_machine(self) -> None:
        """An old one has one connection, whoever wanted more, and a watch."""
        for connections in (1, 4):
            for machine, parallel in (
                ('pc-i440fx-7.2', False),
                ('pc-i440fx-8.0', True),
            ):
                made = self._plan(machine=machine, connections=connections)
                self.assertEqual((), made.refusals)
                self.assertIn('POSTCOPY', made.call.flags)
                self.assertIs(parallel, 'PARALLEL' in made.call.flags)
                self.assertIs(
                    parallel, 'parallel.connections' in made.call.params
                )
                self.assertIs(
                    parallel, 'machine of 8.0 or newer' not in _told(made)
                )
                assert made.watch is not None
                self.assertIs(parallel, made.watch.parallel)

    def test_ignored(self) -> None:
        """Somebody knows better of a machine whose name says nothing."""
        ignored = ('post-copy-parallel-hang',)
        for connections in (1, 4):
            for names, parallel in (((), False), (ignored, True)):
                made = self._plan(
                    machine='pc-q35-rhel9.4.0',
                    connections=connections,
                    ignored_known_issues=names,
                )
                self.assertIs(parallel, 'PARALLEL' in made.call.flags)
                self.assertIn('machine of a release before 8.0', _told(made))
                self.assertIs(
                    parallel, 'ignored_known_issues names it' in _told(made)
                )

    def test_machines_of_distributions(self) -> None:
        """What their names do not tell counts as an old release."""
        for machine in (None, 'pc-q35-rhel9.4.0', 'pc-q35-jammy', 'pc'):
            call = asked('LIVE TLS POSTCOPY PARALLEL', machine=machine)
            (found,) = rules.find(*call, between('10.1.0', '11.1.3'))
            self.assertEqual('post-copy-parallel-hang', found.known.id)
            self.assertIs(issue.Kind.ADJUST, found.kind)
            self.assertIn('machine of a release before 8.0', found.reason)
            self.assertNotIn(
                'post-copy-parallel-hang',
                {
                    each.known.id
                    for each in rules.find(*call, between('?', '?'))
                },
            )
