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

"""How do the services' databases get their tables?"""

from __future__ import annotations

from tests.cloud.harness.settings import controller_files
from tests.cloud.harness.settings import endpoints
from tests.lab.harness import errors
from tests.lab.harness.node import node as lab_node

TIMEOUT_S = 300


def keystone(node: lab_node.Node) -> None:
    """Create keystone's tables, the administrator and keystone's endpoint.

    :raises LabError: it failed; the error says what keystone said.
    """
    _keystone_manage(node, 'db_sync')
    argv = ['bootstrap', '--bootstrap-password', endpoints.PASSWORD]
    argv += ['--bootstrap-username', endpoints.USER]
    argv += ['--bootstrap-project-name', endpoints.PROJECT]
    argv += ['--bootstrap-region-id', endpoints.REGION]
    for interface in ('admin', 'internal', 'public'):
        argv += [f'--bootstrap-{interface}-url', endpoints.IDENTITY_URL]
    _keystone_manage(node, *argv)


def glance(node: lab_node.Node) -> None:
    """Create glance's tables.

    :raises LabError: it failed.
    """
    _run(
        node,
        'glance-manage',
        *('--config-file', controller_files.GLANCE_CONF),
        *('db', 'sync'),
    )


def neutron(node: lab_node.Node) -> None:
    """Create neutron's tables.

    :raises LabError: it failed.
    """
    _run(
        node,
        'neutron-db-manage',
        *('--config-file', controller_files.NEUTRON_CONF),
        *('upgrade', 'heads'),
    )


def nova_api(node: lab_node.Node) -> None:
    """Create the tables that all cells share, and both cells' entries.

    :raises LabError: it failed.
    """
    conf = controller_files.NOVA_CONF
    _nova_manage(node, conf, 'api_db', 'sync')
    _nova_manage(
        node,
        conf,
        *('cell_v2', 'map_cell0', '--database_connection'),
        endpoints.database_url('nova_cell0'),
    )
    _nova_manage(node, conf, 'cell_v2', 'create_cell', '--name', 'cell1')


def nova_cell(node: lab_node.Node, conf: str) -> None:
    """Create the tables of the cell whose database ``conf`` names.

    :raises LabError: it failed.
    """
    _nova_manage(node, conf, 'db', 'sync', '--local_cell')


def _keystone_manage(node: lab_node.Node, *args: str) -> None:
    conf = controller_files.KEYSTONE_CONF
    _run(node, 'keystone-manage', '--config-file', conf, *args)


def _nova_manage(node: lab_node.Node, conf: str, *args: str) -> None:
    _run(node, 'nova-manage', '--config-file', conf, *args)


def _run(node: lab_node.Node, program: str, *args: str) -> None:
    """Run a program to its end, with all that it says in its log."""
    path = node.directory / 'log' / f'{program}.log'
    path.parent.mkdir(exist_ok=True)
    argv = [endpoints.program(program), *args]
    with (
        path.open('a') as log,
        node.popen(argv, stdout=log, stderr=log) as running,
    ):
        code = running.wait(TIMEOUT_S)
    if code:
        said = path.read_text(errors='replace').rstrip().splitlines()
        raise errors.LabError(
            f'{" ".join((program, *args))} exited with {code} and said '
            f'{said[-1] if said else "nothing"!r}; all of it is in {path}'
        )
