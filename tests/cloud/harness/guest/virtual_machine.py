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

"""A server of the cloud in which the lab's guest runs."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import pathlib
from typing import Any
from typing import TYPE_CHECKING

from tests.cloud.harness.api import flavors
from tests.cloud.harness.api import live_migrations
from tests.cloud.harness.api import servers as cloud_servers
from tests.cloud.harness.guest import virtual_disk
from tests.cloud.harness.settings import compute_files
from tests.lab.harness.guest import guest as lab_guest
from tests.lab.harness.guest import kernel as guest_kernel
from tests.lab.harness.guest import spec as guest_spec
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.node import qemu_thread

if TYPE_CHECKING:
    from tests.cloud.harness.cloud import cloud as cloud_cloud

DISK_MIB = 32
STATUS_TIMEOUT_S = 60


class InstanceSpec(guest_spec.GuestSpec):
    """A lab guest whose console is where Nova has it.

    ``name`` and ``uuid`` are the domain's, once Nova has made it.
    """

    __slots__ = ()

    @property
    def serial_path(self) -> str:
        """Where, on each host, QEMU writes the guest's console."""
        return f'{compute_files.INSTANCES}/{self.uuid}/console.log'

    @property
    def disk_path(self) -> str:
        """Where, on each host, the guest's disk is."""
        return f'{compute_files.INSTANCES}/{self.uuid}/disk'


class VirtualMachine:
    """One server, and its guest, on whichever host they are."""

    def __init__(
        self,
        cloud: cloud_cloud.Cloud,
        *,
        server_id: str,
        guest: lab_guest.Guest,
    ) -> None:
        self._cloud = cloud
        #: Nova's id of the server, and libvirt's of the domain.
        self.id = server_id
        #: What the guest says itself: ``guest.verify_memory(host)``, ...
        self.guest = guest

    def show(self) -> cloud_servers.Server:
        """Return what Nova says of the server."""
        return self._cloud.servers.show(self.id)

    @property
    def host(self) -> lab_host.Host:
        """The host where Nova says the server is.

        :raises ServerError: Nova does not say any.
        """
        server = self.show()
        if server.host is None:
            raise cloud_servers.ServerError(f'{server} has no host')
        return self._cloud.lab.host(server.host)

    @property
    def running_on(self) -> tuple[str, ...]:
        """The hosts whose libvirt has the guest running, asked anew."""
        return tuple(
            host.name
            for host in self._cloud.lab.hosts
            if self.guest.is_running_on(host)
        )

    def live_migrate(self, host: str | None) -> live_migrations.Outcome:
        """Move the server through Nova's API and wait until it is over.

        It says nothing about success.
        """
        return self._cloud.migrations.move(self.id, host)

    def pause(self) -> None:
        """Pause the guest through Nova's API and wait until it is."""
        self._act('pause', wanted='PAUSED')

    def unpause(self) -> None:
        """Let a paused guest go on, and wait until it does."""
        self._act('unpause', wanted='ACTIVE')

    def _act(self, action: str, *, wanted: str) -> None:
        self._cloud.servers.act(self.id, action)
        self._cloud.servers.wait(
            self.id,
            lambda server: (
                (server.status, server.task_state) == (wanted, None)
            ),
            what=f'become {wanted}',
            timeout_s=STATUS_TIMEOUT_S,
        )

    def start_anew_if_standing(self) -> bool:
        """Reboot if QEMU never ends the migration that failed.

        It is the known issue parallel-hang, and this its way out.

        :returns: it was so.
        """
        standing = qemu_thread.remains(self.id, qemu_thread.LEADER)
        if standing:
            self._cloud.servers.act(self.id, 'reboot', {'type': 'HARD'})
            self._cloud.servers.wait_active(self.id)
        return standing

    def write_disk_secret(self) -> None:
        """Write the disk secret all over the disk of the running guest.

        What Nova's image has is not moved by a migration, because both
        hosts have it from glance; what was written since is.
        """
        virtual_disk.write(self.host, self.guest.spec)

    def verify_disk(self) -> None:
        """Compare the disk with what ``write_disk_secret`` wrote.

        :raises GuestDiskError: it differs.
        """
        virtual_disk.verify(self.host, self.guest.spec)

    def delete(self) -> None:
        """Delete the server and wait until it is gone."""
        self._cloud.servers.delete(self.id)


def boot(
    cloud: cloud_cloud.Cloud,
    name: str,
    *,
    host: str | None = 'host1',
    extra_specs: Mapping[str, str] | None = None,
    image_properties: Mapping[str, str] | None = None,
    **spec: Any,
) -> VirtualMachine:
    """Boot a server and wait until its guest has filled its memory.

    :param host: None leaves it to the scheduler.
    :param spec: of a lab guest: ``memory_mib``, ``dirty_mib_s``, ...
    :raises ServerError: Nova did not start it; with the fault.
    :raises GuestError: the guest did not come up.
    """
    chosen = InstanceSpec(name=name, **{'disk_mib': DISK_MIB, **spec})
    image_id = _upload(cloud, chosen, image_properties or {})
    flavor_id = flavors.create_flavor(
        cloud.rest,
        f'{name}-{chosen.uuid}',
        memory_mib=chosen.memory_mib,
        vcpus=chosen.vcpus,
        extra_specs=extra_specs,
    )
    server_id = cloud.servers.create(
        name, image_id=image_id, flavor_id=flavor_id, host=host
    )
    server = cloud.servers.wait_active(server_id)
    known = dataclasses.replace(
        chosen, name=server.instance_name, uuid=server_id
    )
    guest = lab_guest.Guest(known, _kernel(cloud))
    machine = VirtualMachine(cloud, server_id=server_id, guest=guest)
    guest.wait_ready(machine.host)
    return machine


def _kernel(cloud: cloud_cloud.Cloud) -> pathlib.Path:
    return guest_kernel.build(cloud.lab.controller.directory / 'kernel')


def _upload(
    cloud: cloud_cloud.Cloud,
    spec: InstanceSpec,
    image_properties: Mapping[str, str],
) -> str:
    """Upload an empty disk that boots the lab's kernel."""
    path = cloud.lab.controller.directory / f'{spec.uuid}.qcow2'
    virtual_disk.create_image(
        cloud.lab.controller, path, disk_mib=spec.disk_mib or DISK_MIB
    )
    properties = {
        'kernel_id': cloud.images.ensure_kernel(_kernel(cloud)),
        'os_command_line': spec.command_line,
        'hw_machine_type': spec.machine,
        **image_properties,
    }
    try:
        return cloud.images.upload(spec.name, path, properties=properties)
    finally:
        path.unlink()
