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

"""Where does each service of the cloud listen, and who may use it?"""

from __future__ import annotations

import dataclasses
import pathlib
import sys

from tests.cloud.harness.settings import ini_file
from tests.lab.harness.node import addresses

#: The controller, by address: its names have an IPv6 address, too, where
#: nothing listens.
CONTROLLER = addresses.MANAGEMENT.ipv4(addresses.of_controller().number)

REGION = 'RegionOne'
USER = 'admin'
PROJECT = 'admin'
#: One for all: whoever can reach this cloud is inside its namespaces.
PASSWORD = 'secret'

IDENTITY_URL = f'http://{CONTROLLER}:5000/v3'
TRANSPORT_URL = f'rabbit://openstack:{PASSWORD}@{CONTROLLER}:5672/'

DATABASE_SOCKET = '/run/cloud-mariadb.sock'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One entry of the catalogue, and the port behind it."""

    #: The name of the service, and of its daemon.
    name: str
    #: The type of the service in the catalogue.
    type: str
    port: int
    path: str = ''

    @property
    def url(self) -> str:
        """What the catalogue says."""
        return f'http://{CONTROLLER}:{self.port}{self.path}'


IDENTITY = Endpoint(name='keystone', type='identity', port=5000, path='/v3')
IMAGE = Endpoint(name='glance', type='image', port=9292)
NETWORK = Endpoint(name='neutron', type='network', port=9696)
PLACEMENT = Endpoint(name='placement', type='placement', port=8778)
COMPUTE = Endpoint(name='nova', type='compute', port=8774, path='/v2.1')

#: The identity service is in the catalogue from its bootstrap on.
REGISTERED = (IMAGE, NETWORK, PLACEMENT, COMPUTE)


def credentials() -> dict[str, ini_file.Value]:
    """Return the options by which one service authenticates to another."""
    return {
        'auth_type': 'password',
        'auth_url': IDENTITY_URL,
        'username': USER,
        'password': PASSWORD,
        'project_name': PROJECT,
        'user_domain_id': 'default',
        'project_domain_id': 'default',
        'region_name': REGION,
    }


def client_environment() -> dict[str, str]:
    """Return the variables by which a client authenticates."""
    return {
        'OS_AUTH_URL': IDENTITY_URL,
        'OS_USERNAME': USER,
        'OS_PASSWORD': PASSWORD,
        'OS_PROJECT_NAME': PROJECT,
        'OS_USER_DOMAIN_ID': 'default',
        'OS_PROJECT_DOMAIN_ID': 'default',
        'OS_REGION_NAME': REGION,
        'OS_IDENTITY_API_VERSION': '3',
    }


def database_url(database: str) -> str:
    """Return the URL of a database, which only the controller can use."""
    return (
        f'mysql+pymysql://root@localhost/{database}'
        f'?unix_socket={DATABASE_SOCKET}&charset=utf8mb4'
    )


def program(name: str) -> str:
    """Return a program of the Python environment of this process."""
    return str(pathlib.Path(sys.prefix, 'bin', name))
