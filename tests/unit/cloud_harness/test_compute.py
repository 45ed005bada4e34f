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

"""A nova-compute is ready when this very process says so."""

from __future__ import annotations

import pathlib
from typing import Any

import fixtures
import testtools

from tests.cloud.harness.services import compute
from tests.cloud.harness.services import service
from tests.cloud.harness.settings import options
from tests.unit.cloud_harness import fake_node
from tests.unit.cloud_harness import fake_rest

UP = {
    'services': [
        {
            'id': 7,
            'state': 'up',
            'status': 'enabled',
            'updated_at': '2026-01-01',
        }
    ]
}


class ReadyTest(testtools.TestCase):
    """Shell scripts stand for nova-compute."""

    def setUp(self) -> None:
        super().setUp()
        self.directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        for name, value in (
            ('service.PID_DIRECTORY', str(self.directory / 'run')),
            ('compute.POLL_S', 0.01),
            ('compute.START_TIMEOUT_S', 20),
        ):
            self.useFixture(
                fixtures.MonkeyPatch(
                    f'tests.cloud.harness.services.{name}', value
                )
            )
        self.rest = fake_rest.FakeRest(
            {'GET compute /os-services': UP, 'PUT compute /os-services/7': {}}
        )
        host: Any = fake_node.FakeNode(self.directory)
        self.compute = compute.Compute(
            host,
            options=options.Options(),
            rest=self.rest,  # type: ignore[arg-type]
        )
        self.addCleanup(lambda: self.compute.kill())

    def use(self, script: str) -> None:
        """Have the next start run a script."""
        self.compute.use_program('sh', '-c', script)

    def test_ready(self) -> None:
        """It says so, and Nova has it up."""
        self.use(f'echo "{compute.READY} start"; sleep 60')
        self.compute.start()
        self.assertTrue(self.compute.is_running)
        self.assertEqual(1, len(self.rest.sent))

    def test_what_another_process_said(self) -> None:
        """The log goes on, and what was said before does not count."""
        self.use(f'echo "{compute.READY} start"; sleep 60')
        self.compute.start()
        self.compute.kill()
        self.use('echo nothing')
        error = self.assertRaises(service.ServiceError, self.compute.start)
        self.assertIn('has ended', str(error))

    def test_allow(self) -> None:
        """Nova is told by the id that it has for the service."""
        self.compute.allow(scheduling=False)
        self.compute.allow(scheduling=True)
        put = 'PUT compute /os-services/7'
        self.assertEqual(
            [(put, {'status': 'disabled'}), (put, {'status': 'enabled'})],
            [each for each in self.rest.sent if each[0] == put],
        )

    def test_current(self) -> None:
        """Another program has to be started before it is the one."""
        script = f'echo "{compute.READY}"; sleep 60'
        self.use(script)
        self.assertFalse(self.compute.is_current)
        self.compute.start()
        self.assertTrue(self.compute.is_current)
        self.use('something else')
        self.assertFalse(self.compute.is_current)
        self.assertTrue(self.compute.is_running)
