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

"""What is on the disk of a server, and how does it get there?

The lab's guest has no driver for disks: QEMU itself is asked to write, to
the device that the guest has.
"""

from __future__ import annotations

import pathlib
import tempfile

from tests.lab.harness.guest import disk as guest_disk
from tests.lab.harness.guest import spec as guest_spec
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.node import node as lab_node

#: The backend of a domain's first virtio disk, as libvirt names it.
_DEVICE = '/machine/peripheral/virtio-disk0/virtio-backend'


def create_image(
    node: lab_node.Node, path: pathlib.Path, *, disk_mib: int
) -> None:
    """Create an empty qcow2 image."""
    argv = ['qemu-img', 'create', '-q', '-f', 'qcow2', str(path)]
    node.run([*argv, f'{disk_mib}M'])


def write(host: lab_host.Host, spec: guest_spec.GuestSpec) -> None:
    """Write the disk secret at the start of every MiB of a running disk.

    :raises GuestDiskError: QEMU refused; the text is what it said.
    """
    inside = f'/var/lib/libvirt/{spec.uuid}.pattern'
    try:
        for mib, written in enumerate(guest_disk.content(spec)):
            host.path(inside).write_bytes(written)
            host.path(inside).chmod(0o644)
            command = f'write -s {inside} {mib}M {len(written)}'
            _qemu_io(host, spec, command)
        _qemu_io(host, spec, 'flush')
    finally:
        host.path(inside).unlink(missing_ok=True)


def verify(host: lab_host.Host, spec: guest_spec.GuestSpec) -> None:
    """Compare the disk, in use or not, with what ``write`` wrote.

    :raises GuestDiskError: it differs; the text says where.
    """
    with tempfile.TemporaryDirectory(dir=host.directory) as directory:
        raw = pathlib.Path(directory, 'disk.raw')
        argv = ['qemu-img', 'convert', '-U', '-O', 'raw', spec.disk_path]
        host.run([*argv, str(raw)])
        with raw.open('rb') as file:
            for mib, wanted in enumerate(guest_disk.content(spec)):
                file.seek(mib * guest_disk.MIB)
                if file.read(len(wanted)) != wanted:
                    raise guest_disk.GuestDiskError(
                        f'{spec.name} on {host.name}: MiB {mib} of the disk '
                        'is not what was written'
                    )


def _qemu_io(
    host: lab_host.Host, spec: guest_spec.GuestSpec, command: str
) -> None:
    monitor = f'qemu-io -d {_DEVICE} "{command}"'
    said = host.virsh(
        'qemu-monitor-command', '--hmp', spec.name, monitor
    ).stdout
    if 'error' in said.lower() or 'fail' in said.lower():
        raise guest_disk.GuestDiskError(
            f'{spec.name} on {host.name}: {command!r}: {said.strip()}'
        )
