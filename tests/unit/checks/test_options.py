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

"""The options are held against each other when the service starts."""

from __future__ import annotations

from typing import Any

import testtools

from nova_native_tls.checks import base
from nova_native_tls.checks import options
from nova_native_tls.checks import result
from tests.unit.checks import contexts

Status = result.Status


def _ask(**settings: Any) -> tuple[result.Finding, ...]:
    return tuple(
        options.OptionsCheck().run(
            contexts.context(base.Stage.START, settings=settings)
        )
    )


class OptionsTest(testtools.TestCase):
    """What nova.conf says, for migrations with and without disks."""

    def test_stages(self) -> None:
        """Options do not change while the service runs."""
        self.assertEqual({base.Stage.START}, options.OptionsCheck.stages)

    def test_consistent(self) -> None:
        """One success where nothing is wrong."""
        for settings in (
            {},
            {'scheme': 'ssh'},
            {'parallel_connections': 255},
            {'permit_post_copy': True, 'permit_auto_converge': True},
            {'scheme': None, 'uri': 'qemu+tls://%s/system'},
        ):
            (finding,) = _ask(**settings)
            self.assertEqual(
                ('options.consistent', Status.SUCCESS, 'nova.conf'),
                (finding.code, finding.status, finding.subject),
            )

    def test_clear_control_connection(self) -> None:
        """One warning, not one per kind of migration."""
        for scheme in (None, 'tcp'):
            warnings = [
                f for f in _ask(scheme=scheme) if f.status is Status.WARNING
            ]
            self.assertEqual(['options.warning-1'], [f.code for f in warnings])
            self.assertIn('live_migration_scheme', warnings[0].detail)

    def test_impossible_value(self) -> None:
        """One failure that names the parameter, and no success beside it."""
        findings = _ask(parallel_connections=256)
        self.assertEqual(
            [('options.connections-out-of-range', Status.FAILURE)],
            [
                (f.code, f.status)
                for f in findings
                if f.status is not Status.WARNING
            ],
        )

    def test_impossible_for_disks_only(self) -> None:
        """What only a migration with disks cannot have is found too."""
        findings = _ask(native_tls=False, tunnelled=True)
        self.assertIn(
            ('options.tunnelled-disks', Status.FAILURE),
            [(f.code, f.status) for f in findings],
        )
