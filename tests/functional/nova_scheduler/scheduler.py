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

"""Nova's own scheduler over real databases, without a service around it."""

from __future__ import annotations

import atexit
from collections.abc import Iterable
import contextlib
import datetime
import functools
import logging
import pathlib
import tempfile
from typing import Any

import fixtures
from nova.compute import task_states
import nova.conf
from nova import context as nova_context
from nova.db.api import api as api_db
from nova.db.api import models as api_models
from nova.db.main import api as main_db
from nova.db.main import models as main_models
from nova import exception
from nova import objects
from nova import rpc
from nova.scheduler import host_manager
from oslo_messaging import conffixture
import testtools

from nova_native_tls import conf as options
from nova_native_tls.peer import host_stats
from tests.functional.nova_adapter import notifier

CONF = nova.conf.CONF

CELL = 'e9b6e5a1-2f7a-4bd4-9d4e-0f4d7d8a4c11'
INSTANCE = '8a6e2b9c-0c7a-4a55-9a3b-6a7f1d7d0c11'
PROJECT = '2c9e7a51d0b648b5a3a1f6f1f7f3f0aa'
FILTER = 'nova_native_tls.nova.scheduling.scheduler_filter.NativeTLSFilter'

#: What a host says that has Nova's own driver.
STOCK: dict[str, str] = {}

_FAR = datetime.datetime(2222, 2, 22, tzinfo=datetime.UTC)


@functools.cache
def _databases() -> tuple[str, Any, Any]:
    """Make the databases of API and cell, once in a process.

    :returns: the URL of the cell's, and both engines.
    """
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    api, cell = (
        f'sqlite:///{pathlib.Path(folder.name, name)}'
        for name in ('api', 'cell')
    )
    api_db.context_manager.configure(connection=api)
    engines = (
        api_db.context_manager.writer.get_engine(),
        main_db.create_context_manager(cell).writer.get_engine(),
    )
    for engine, models in zip(engines, (api_models, main_models), strict=True):
        models.BASE.metadata.create_all(engine)
    return cell, *engines


def _empty(engine: Any, models: Any) -> None:
    with engine.begin() as connection:
        for table in reversed(models.BASE.metadata.sorted_tables):
            connection.execute(table.delete())


class SchedulerTestCase(testtools.TestCase):
    """A cell with nothing in it, and a scheduler with our filter alone."""

    def setUp(self) -> None:
        super().setUp()
        objects.register_all()
        options.register_opts(CONF)
        CONF([], project='nova', default_config_files=[])
        self.addCleanup(CONF.reset)
        self.configure(
            'filter_scheduler',
            available_filters=[FILTER],
            enabled_filters=[FILTER.rpartition('.')[2]],
            track_instance_changes=False,
        )
        # Nova tells everybody of every aggregate.
        self.useFixture(notifier.Bus('unversioned'))
        self.useFixture(fixtures.MockPatchObject(rpc, 'LEGACY_NOTIFIER'))
        self.useFixture(fixtures.FakeLogger('nova'))
        self.log = self.useFixture(
            fixtures.FakeLogger('nova_native_tls', level=logging.DEBUG)
        )
        # What an entry of a cell may refer to.
        self.useFixture(conffixture.ConfFixture(CONF)).transport_url = 'fake:/'
        url, api_engine, cell_engine = _databases()
        self.addCleanup(_empty, api_engine, api_models)
        self.addCleanup(_empty, cell_engine, main_models)
        self.context = nova_context.get_admin_context()
        self.cell = objects.CellMapping(
            self.context,
            uuid=CELL,
            name='cell1',
            database_connection=url,
            transport_url='none:///',
            disabled=False,
        )
        self.cell.create()

    def configure(self, group: str, **values: Any) -> None:
        """Set options until the test ends."""
        for name, value in values.items():
            CONF.set_override(name, value, group=group)
            self.addCleanup(CONF.clear_override, name, group=group)

    def compute(self, host: str, stats: dict[str, str], **fields: Any) -> None:
        """Add a compute node and its service.

        :param stats: beside Nova's own.
        """
        with nova_context.target_cell(self.context, self.cell) as context:
            with contextlib.suppress(exception.ServiceBinaryExists):
                objects.Service(
                    context, host=host, binary='nova-compute', topic='compute'
                ).create()
            objects.ComputeNode(
                context,
                **{
                    'host': host,
                    'hypervisor_hostname': f'{host}.example.org',
                    'hypervisor_type': 'QEMU',
                    'hypervisor_version': 7002000,
                    'cpu_info': '',
                    'vcpus': 4,
                    'vcpus_used': 0,
                    'memory_mb': 4096,
                    'memory_mb_used': 0,
                    'free_ram_mb': 4096,
                    'local_gb': 10,
                    'local_gb_used': 0,
                    'free_disk_gb': 10,
                    'cpu_allocation_ratio': 1.0,
                    'ram_allocation_ratio': 1.0,
                    'disk_allocation_ratio': 1.0,
                    'supported_hv_specs': [],
                    'stats': {'num_instances': '1', **stats},
                    **fields,
                },
            ).create()

    def forget(self, host: str) -> None:
        """Remove a compute node."""
        with nova_context.target_cell(self.context, self.cell) as context:
            objects.ComputeNode.get_by_host_and_nodename(
                context, host, f'{host}.example.org'
            ).destroy()

    def aggregate(self, name: str, value: str, *hosts: str) -> None:
        """Add a host aggregate that says something about encryption."""
        made = objects.Aggregate(
            self.context,
            name=name,
            metadata={'native_tls:migration_encryption': value},
        )
        made.create()
        for host in hosts:
            made.add_host(host)

    def instance(
        self,
        *,
        task_state: str | None = task_states.MIGRATING,
        flavor: str | None = None,
        image: str | None = None,
        metadata: str | None = None,
    ) -> None:
        """Add an instance on ``host1``.

        :param flavor: what its extra spec says; the other two likewise.
        """
        with nova_context.target_cell(self.context, self.cell) as context:
            objects.Instance(
                context,
                uuid=INSTANCE,
                project_id=PROJECT,
                user_id=PROJECT,
                host='host1',
                node='host1.example.org',
                compute_id=1,
                vm_state='active',
                task_state=task_state,
                flavor=_flavor(flavor),
                system_metadata=_said(
                    'image_native_tls_migration_encryption', image
                ),
                metadata=_said('native_tls:migration_encryption', metadata),
            ).create()

    def request(self, **fields: Any) -> objects.RequestSpec:
        """Make what the conductor sends for a move within the cell."""
        fields = {
            'requested_destination': self.destination(),
            'ignore_hosts': ['host1'],
            'force_hosts': None,
            'force_nodes': None,
            'scheduler_hints': {},
            'instance_uuid': INSTANCE,
            **fields,
        }
        spec = objects.RequestSpec(
            self.context, num_instances=1, flavor=_flavor(None), **fields
        )
        # By RPC.
        return objects.RequestSpec.obj_from_primitive(
            spec.obj_to_primitive(), self.context
        )

    def destination(self, host: str | None = None) -> objects.Destination:
        """Say to which cell, and maybe host, it is to go."""
        named = {} if host is None else {'host': host, 'node': None}
        return objects.Destination(cell=self.cell, **named)

    def chosen(self, spec: objects.RequestSpec | None = None) -> list[str]:
        """Ask Nova's own code which hosts are left, of all there are."""
        spec = spec or self.request()
        manager = host_manager.HostManager()
        states = manager.get_host_states_by_uuids(self.context, None, spec)
        return sorted(
            state.host for state in manager.get_filtered_hosts(states, spec)
        )


def ready(
    trusted: Iterable[str] = 'a', issuer: str = 'a', **changes: Any
) -> dict[str, str]:
    """Say what a host says that is ready.

    :param trusted: a hexadecimal digit for each CA, as ``issuer``.
    """
    fields = {
        'ready': True,
        'trusted': frozenset(digit * 64 for digit in trusted),
        'server_issuers': frozenset({issuer * 64}),
        'client_issuers': frozenset({issuer * 64}),
        'server_not_after': _FAR,
        'client_not_after': _FAR,
        **changes,
    }
    return host_stats.dumps(host_stats.HostStats(**fields))


def _flavor(value: str | None) -> objects.Flavor:
    return objects.Flavor(
        id=1,
        name='small',
        memory_mb=512,
        vcpus=1,
        root_gb=1,
        ephemeral_gb=0,
        flavorid='1',
        swap=0,
        rxtx_factor=1.0,
        vcpu_weight=0,
        disabled=False,
        is_public=True,
        extra_specs=_said('native_tls:migration_encryption', value),
        projects=[],
    )


def _said(key: str, value: str | None) -> dict[str, str]:
    return {} if value is None else {key: value}
