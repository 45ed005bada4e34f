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

"""A server is waited for, and its fault is told."""

from __future__ import annotations

from typing import Any

import fixtures
import testtools

from tests.cloud.harness.api import rest
from tests.cloud.harness.api import servers
from tests.unit.cloud_harness import fake_rest

SHOW = 'GET compute /servers/s'
DELETE = 'DELETE compute /servers/s'
GONE = rest.RestError('gone', status=404)


def shown(status: str, **more: Any) -> dict[str, Any]:
    """Return the answer about a server."""
    return {
        'server': {
            'id': 's',
            'name': 'vm',
            'status': status,
            'OS-EXT-STS:task_state': None,
            'OS-EXT-STS:vm_state': status.lower(),
            'OS-EXT-SRV-ATTR:host': 'host1',
            'OS-EXT-SRV-ATTR:instance_name': 'instance-1',
            **more,
        }
    }


class ServersTest(testtools.TestCase):
    """A server in various states."""

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(
            fixtures.MonkeyPatch(
                'tests.cloud.harness.api.servers.POLL_S', 0.01
            )
        )

    def servers(self, **answers: Any) -> servers.Servers:
        """Return an object whose API answers like this."""
        made = {SHOW: answers.get('show'), DELETE: answers.get('delete')}
        made['POST compute /servers'] = {'server': {'id': 's'}}
        self.rest = fake_rest.FakeRest(made)
        return servers.Servers(self.rest)  # type: ignore[arg-type]

    def test_create(self) -> None:
        """A server is bound to a host only when one is given."""
        made = self.servers()
        for host in ('host2', None):
            made.create('vm', image_id='i', flavor_id='f', host=host)
        bound, free = [body['server'] for _key, body in self.rest.sent]
        self.assertEqual('host2', bound['host'])
        self.assertNotIn('host', free)
        self.assertEqual('none', free['networks'])

    def test_active(self) -> None:
        """ACTIVE counts when nothing is being done any more."""
        busy = shown('ACTIVE', **{'OS-EXT-STS:task_state': 'migrating'})
        made = self.servers(show=[shown('BUILD'), busy, shown('ACTIVE')])
        self.assertIsNone(made.wait_active('s').task_state)

    def test_error(self) -> None:
        """ERROR ends the waiting, with Nova's fault."""
        fault = {'message': 'No valid host was found.'}
        made = self.servers(show=shown('ERROR', fault=fault))
        error = self.assertRaises(servers.ServerError, made.wait_active, 's')
        self.assertIn('No valid host was found.', str(error))

    def test_too_late(self) -> None:
        """The waiting ends, and the last state is told."""
        made = self.servers(show=shown('BUILD'))
        error = self.assertRaises(
            servers.ServerError, made.wait_active, 's', timeout_s=0.05
        )
        self.assertIn('BUILD', str(error))

    def test_delete(self) -> None:
        """It is deleted when Nova does not know it any more."""
        self.servers(show=[shown('ACTIVE'), GONE]).delete('s')
        self.assertEqual(3, len(self.rest.sent))

    def test_delete_twice(self) -> None:
        """Nothing is wrong with a server that is gone already."""
        self.servers(delete=GONE).delete('s')

    def test_delete_refused(self) -> None:
        """Another refusal is no success."""
        refusal = rest.RestError('locked', status=409)
        made = self.servers(delete=refusal)
        self.assertRaises(rest.RestError, made.delete, 's')
