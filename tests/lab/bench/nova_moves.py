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

"""How long does a live migration take by Nova's API, with and without us?

One cloud of four hosts: two have the driver of this project, two have Nova's
own, and all have native TLS. Of two servers that are alike each moves between
its own two hosts, there and back, in turn with the other. So no nova-compute
restarts: both are as they are after some time, with what they keep in memory.
"""

from __future__ import annotations

from collections.abc import Callable
import time

from tests.cloud.harness.api import servers as cloud_servers
from tests.cloud.harness.cloud import cloud as cloud_cloud
from tests.cloud.harness.guest import virtual_machine
from tests.cloud.harness.settings import options as cloud_options
from tests.lab.bench import sheet as bench_sheet
from tests.lab.harness import errors
from tests.lab.harness.lab import lab as lab_lab
from tests.lab.harness.pki import pki

NAME = 'bench-nova'
STOCK, PLUGIN = 'Nova alone', 'with this project'
TIME = 'until ACTIVE'
PLUGIN_DRIVER = 'native_tls.NativeTLSDriver'
STOCK_HOSTS = ('host1', 'host2')
PLUGIN_HOSTS = ('host3', 'host4')
#: From nearly only Nova's own part to little of it.
MEMORY_MIB = (64, 512, 2048)
POLL_S = 0.01
TIMEOUT_S = 120.0

Tell = Callable[[str], None]


def sheet() -> bench_sheet.Sheet:
    """Give the sheet that this fills."""
    return bench_sheet.Sheet(
        subject='nova',
        title='Live migration by Nova',
        columns=(bench_sheet.Column(name=TIME, unit='s', digits=2),),
        ratios=(
            bench_sheet.Ratio(
                title='time to Nova alone', column=TIME, base=STOCK
            ),
        ),
    )


def run(sheet: bench_sheet.Sheet, *, rounds: int, tell: Tell) -> None:
    """Bring a cloud up, measure, and take it down.

    :raises LabError: something of it did not work.
    """
    lab_lab.Lab.down(NAME)
    options = cloud_options.Options(
        native_tls=True,
        computes={
            name: {'DEFAULT': {'compute_driver': PLUGIN_DRIVER}}
            for name in PLUGIN_HOSTS
        },
    )
    try:
        cloud = cloud_cloud.Cloud.up(
            NAME,
            len(STOCK_HOSTS) + len(PLUGIN_HOSTS),
            options=options,
            progress=tell,
        )
        authority = pki.CertificateAuthority('QEMU migration CA')
        for host in cloud.lab.hosts:
            pki.install_qemu_identity(host, authority)
            if host.name in PLUGIN_HOSTS:
                pki.write_dh_parameters(host)
        for memory_mib in MEMORY_MIB:
            _measure(sheet, cloud, memory_mib, rounds=rounds, tell=tell)
    finally:
        lab_lab.Lab.down(NAME)


def _measure(
    sheet: bench_sheet.Sheet,
    cloud: cloud_cloud.Cloud,
    memory_mib: int,
    *,
    rounds: int,
    tell: Tell,
) -> None:
    where = f'server with {memory_mib} MiB, incompressible'
    ways = {STOCK: STOCK_HOSTS, PLUGIN: PLUGIN_HOSTS}
    machines = {
        what: virtual_machine.boot(
            cloud,
            f'bench-{hosts[0]}',
            host=hosts[0],
            memory_mib=memory_mib,
            fill='random',
            dirty_mib_s=0,
            check_mib_s=1,
        )
        for what, hosts in ways.items()
    }
    # The first of all moves finds nothing prepared.
    for number in range(rounds + 1):
        for what, hosts in ways.items():
            target = hosts[(number + 1) % len(hosts)]
            taken_s = move(cloud, machines[what].id, target)
            if number:
                sheet.add(where, what, {TIME: taken_s})
            tell(f'{number} of {rounds}, {where}, {what}: {taken_s:.2f} s')
    for machine in machines.values():
        machine.delete()


def move(cloud: cloud_cloud.Cloud, server_id: str, target: str) -> float:
    """Ask for a live migration, and give the seconds until it is done.

    :raises LabError: the server did not arrive.
    """
    body = {'host': target, 'block_migration': 'auto'}
    began = time.monotonic()
    request_id = cloud.servers.act(server_id, 'os-migrateLive', body)
    while True:
        server = cloud.servers.show(server_id)
        taken_s = time.monotonic() - began
        if _has_arrived(server, target):
            break
        failures = cloud.actions.show(server_id, request_id).failures
        if failures or taken_s > TIMEOUT_S:
            raise errors.LabError(
                f'{server} is not on {target}: {failures or "no end"}'
            )
        time.sleep(POLL_S)
    _wait_idle(cloud, server_id, request_id)
    return taken_s


def _has_arrived(server: cloud_servers.Server, target: str) -> bool:
    return (server.status, server.task_state, server.host) == (
        'ACTIVE',
        None,
        target,
    )


def _wait_idle(
    cloud: cloud_cloud.Cloud, server_id: str, request_id: str
) -> None:
    """Let Nova clean up before the next one begins."""
    deadline = time.monotonic() + TIMEOUT_S
    while not cloud.actions.show(server_id, request_id).finished:
        if time.monotonic() > deadline:
            raise errors.LabError(f'{request_id} does not end')
        time.sleep(POLL_S)
