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

"""How do the REST APIs run in the controller?"""

from __future__ import annotations

import sys

from tests.cloud.harness.services import listening
from tests.cloud.harness.services import service
from tests.cloud.harness.settings import endpoints
from tests.lab.harness.node import node as lab_node

START_TIMEOUT_S = 30

#: Threads of each API; Nova's calls the others, none calls Nova's.
THREADS = 4

_APPLICATIONS = {
    endpoints.IDENTITY.name: 'keystone.wsgi.api:application',
    endpoints.IMAGE.name: 'glance.wsgi.api:application',
    endpoints.NETWORK.name: 'neutron.wsgi.api:application',
    endpoints.PLACEMENT.name: 'placement.wsgi.api:application',
    endpoints.COMPUTE.name: 'nova.wsgi.osapi_compute:application',
}

_ENVIRONMENTS = {
    endpoints.IDENTITY.name: {
        'OS_KEYSTONE_CONFIG_FILES': '/etc/keystone/keystone.conf'
    },
    endpoints.IMAGE.name: {'OS_GLANCE_CONFIG_DIR': '/etc/glance'},
    endpoints.NETWORK.name: {
        'OS_NEUTRON_CONFIG_DIR': '/etc/neutron',
        'OS_NEUTRON_CONFIG_FILES': 'neutron.conf',
    },
    endpoints.PLACEMENT.name: {'OS_PLACEMENT_CONFIG_DIR': '/etc/placement'},
    endpoints.COMPUTE.name: {
        'OS_NOVA_CONFIG_DIR': '/etc/nova',
        'OS_NOVA_CONFIG_FILES': 'api-paste.ini;nova.conf',
    },
}


def start(node: lab_node.Node, endpoint: endpoints.Endpoint) -> None:
    """Start the daemon behind an endpoint and wait until it listens.

    It answers when its application is loaded: a request that comes too
    early waits.

    :raises ServiceError: it ended, or does not listen in time.
    """
    running = daemon(node, endpoint)
    running.start()
    listening.wait(running, endpoint.port, timeout_s=START_TIMEOUT_S)


def daemon(
    node: lab_node.Node, endpoint: endpoints.Endpoint
) -> service.Service:
    """Return the daemon behind an endpoint."""
    # uwsgi and not gunicorn, whose command line the applications would
    # take for their own. One process: no locks are inherited by a fork.
    argv = [
        endpoints.program('uwsgi'),
        '--http-socket',
        f'{endpoints.CONTROLLER}:{endpoint.port}',
        '--virtualenv',
        sys.prefix,
        '--module',
        _APPLICATIONS[endpoint.name],
        '--need-app',
        '--die-on-term',
        '--enable-threads',
        '--threads',
        str(THREADS),
        '--buffer-size',
        '65535',
        # uwsgi does not keep connections, and its clients have to know.
        '--add-header',
        'Connection: close',
        '--procname-prefix',
        f'{endpoint.name}-',
        '--auto-procname',
        '--disable-logging',
    ]
    return service.Service(
        node=node,
        name=f'{endpoint.name}-api',
        argv=argv,
        env=_ENVIRONMENTS[endpoint.name],
    )
