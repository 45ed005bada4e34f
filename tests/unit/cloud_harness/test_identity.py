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

"""The catalogue has every service, and the keys are keys."""

from __future__ import annotations

from typing import Any

from cryptography import fernet
import testtools

from tests.cloud.harness.api import identity
from tests.cloud.harness.api import rest
from tests.cloud.harness.settings import endpoints
from tests.unit.cloud_harness import fake_rest

GRANT = 'PUT identity /projects/p/users/u/roles/r'


def answers(**changes: Any) -> dict[str, Any]:
    """Return the answers of a fresh keystone."""
    return {
        'POST identity /services': {'service': {'id': 'svc'}},
        'POST identity /endpoints': {},
        'GET identity /projects': {'projects': [{'id': 'p'}]},
        'GET identity /users': {'users': [{'id': 'u'}]},
        'GET identity /roles': changes.get('roles', {'roles': [{'id': 'r'}]}),
        GRANT: None,
    }


class RegisterTest(testtools.TestCase):
    """A fresh keystone is filled."""

    def test_catalogue(self) -> None:
        """Each service has a public and an internal endpoint."""
        client = fake_rest.FakeRest(answers())
        identity.register(client)  # type: ignore[arg-type]
        made = [
            (body['endpoint']['interface'], body['endpoint']['url'])
            for key, body in client.sent
            if key == 'POST identity /endpoints'
        ]
        wanted = [
            (interface, endpoint.url)
            for endpoint in endpoints.REGISTERED
            for interface in ('public', 'internal')
        ]
        self.assertEqual(wanted, made)

    def test_role(self) -> None:
        """The role is granted, and then a new token is taken."""
        client = fake_rest.FakeRest(answers())
        identity.register(client)  # type: ignore[arg-type]
        self.assertEqual(GRANT, client.sent[-1][0])
        self.assertEqual(1, client.reconnected)

    def test_no_role(self) -> None:
        """A keystone without the role is an error, not a shrug."""
        client = fake_rest.FakeRest(answers(roles={'roles': []}))
        error = self.assertRaises(rest.RestError, identity.register, client)
        self.assertIn('service', str(error))


class FernetKeysTest(testtools.TestCase):
    """keystone's keys."""

    def test_keys(self) -> None:
        """There are two different keys of the right form."""
        keys = list(identity.fernet_keys().values())
        self.assertEqual(2, len(set(keys)))
        for key in keys:
            fernet.Fernet(key)
