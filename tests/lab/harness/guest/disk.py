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

"""A lab guest's disk: made on the source, compared on the destination."""

from __future__ import annotations

from collections.abc import Iterator
import pathlib
from typing import TYPE_CHECKING

from tests.lab.harness import errors

if TYPE_CHECKING:
    from tests.lab.harness.guest import spec as guest_spec
    from tests.lab.harness.node import node as lab_node

MIB = 1024 * 1024
# Written at the start of every MiB; the rest stays sparse.
WRITTEN_BYTES = 64 * 1024
LINE_BYTES = 64


class GuestDiskError(errors.LabError):
    """A guest's disk is not what it should be; the text says where."""


def content(spec: guest_spec.GuestSpec) -> Iterator[bytes]:
    """Yield what is written at the start of each MiB of the disk."""
    for mib in range(spec.disk_mib or 0):
        line = f'{spec.disk_secret} mib={mib:06d}'.ljust(LINE_BYTES - 1, '.')
        yield f'{line}\n'.encode() * (WRITTEN_BYTES // LINE_BYTES)


def create(node: lab_node.Node, spec: guest_spec.GuestSpec) -> None:
    """Create the disk on ``node``, the disk secret spread all over it."""
    raw_name = f'{spec.disk_path}.raw'
    raw = node.path(raw_name)
    raw.parent.mkdir(parents=True, exist_ok=True)
    try:
        with raw.open('wb') as file:
            for mib, written in enumerate(content(spec)):
                file.seek(mib * MIB)
                file.write(written)
            file.truncate((spec.disk_mib or 0) * MIB)
        node.run(
            [
                'qemu-img',
                'convert',
                '-f',
                'raw',
                '-O',
                'qcow2',
                raw_name,
                spec.disk_path,
            ]
        )
    finally:
        raw.unlink(missing_ok=True)


def create_empty(node: lab_node.Node, spec: guest_spec.GuestSpec) -> None:
    """Create what a block migration fills: an empty disk of the same size."""
    node.path(spec.disk_path).parent.mkdir(parents=True, exist_ok=True)
    node.run(
        [
            'qemu-img',
            'create',
            '-f',
            'qcow2',
            spec.disk_path,
            f'{spec.disk_mib}M',
        ]
    )


def verify(node: lab_node.Node, spec: guest_spec.GuestSpec) -> None:
    """Compare the whole disk on ``node`` with what was once created.

    Right only when the guest is shut off there: a running QEMU may hold
    written data that is not in the file yet.

    :raises GuestDiskError: the first difference, or no disk to compare.
    """
    raw_name = f'{spec.disk_path}.verify'
    raw = node.path(raw_name)
    if spec.disk_mib is None or not node.path(spec.disk_path).exists():
        raise GuestDiskError(f'{spec.name} has no disk here to verify')
    try:
        node.run(
            [
                'qemu-img',
                'convert',
                '-U',
                '-f',
                'qcow2',
                '-O',
                'raw',
                spec.disk_path,
                raw_name,
            ]
        )
        _compare(raw, spec)
    finally:
        raw.unlink(missing_ok=True)


def remove(node: lab_node.Node, spec: guest_spec.GuestSpec) -> None:
    """Delete the disk from ``node``, if it is there."""
    node.path(spec.disk_path).unlink(missing_ok=True)


def _compare(raw: pathlib.Path, spec: guest_spec.GuestSpec) -> None:
    with raw.open('rb') as file:
        for mib, written in enumerate(content(spec)):
            if file.read(MIB) != written.ljust(MIB, b'\0'):
                raise GuestDiskError(
                    f'The disk of {spec.name} differs from what was created '
                    f'in its MiB {mib} of {spec.disk_mib}'
                )
        if file.read(1):
            raise GuestDiskError(
                f'The disk of {spec.name} is longer than the '
                f'{spec.disk_mib} MiB that were created'
            )
