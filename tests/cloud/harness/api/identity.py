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

"""Who may use the cloud, and what does its catalogue say?"""

from __future__ import annotations

from cryptography import fernet

from tests.cloud.harness.api import rest as cloud_rest
from tests.cloud.harness.settings import controller_files
from tests.cloud.harness.settings import endpoints

#: The role by which one service may speak for a user of another.
SERVICE_ROLE = 'service'


def fernet_keys() -> dict[str, str]:
    """Return keystone's two token keys, the files of "fernet_setup"."""
    return {
        f'{controller_files.FERNET_KEYS}/{number}': (
            fernet.Fernet.generate_key().decode()
        )
        for number in (0, 1)
    }


def register(rest: cloud_rest.Rest) -> None:
    """Fill the catalogue, and let the administrator act as a service.

    Has to be done before the services ask each other anything: they keep
    the catalogue.

    :raises RestError: keystone refused, or is not there.
    """
    for endpoint in endpoints.REGISTERED:
        _register(rest, endpoint)
    project = _only(rest, 'projects', endpoints.PROJECT)
    user = _only(rest, 'users', endpoints.USER)
    role = _only(rest, 'roles', SERVICE_ROLE)
    rest.request(
        'identity', 'PUT', f'/projects/{project}/users/{user}/roles/{role}'
    )
    rest.reconnect()


def _register(rest: cloud_rest.Rest, endpoint: endpoints.Endpoint) -> None:
    service = {'name': endpoint.name, 'type': endpoint.type}
    made = rest.post('identity', '/services', {'service': service})
    entry = {
        'service_id': made['service']['id'],
        'interface': 'public',
        'region_id': endpoints.REGION,
        'url': endpoint.url,
    }
    # Services look for each other at the internal interface first.
    for interface in ('public', 'internal'):
        rest.post(
            'identity',
            '/endpoints',
            {'endpoint': {**entry, 'interface': interface}},
        )


def _only(rest: cloud_rest.Rest, kind: str, name: str) -> str:
    """Return the id of the one thing of this kind and name."""
    found = rest.get('identity', f'/{kind}', params={'name': name})[kind]
    if len(found) != 1:
        raise cloud_rest.RestError(
            f'keystone has {len(found)} {kind} of the name {name}, not one',
            status=None,
        )
    return str(found[0]['id'])
