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

"""Which kind of guest can both hosts run?"""

from __future__ import annotations

from collections.abc import Iterator

from nova_native_tls._i18n import _
from nova_native_tls.canary import definition
from nova_native_tls import exception
from nova_native_tls.migration import libvirt_api

#: As fast as the host can.
VIRT_TYPES = ('kvm', 'qemu')


class NoCommonKind(exception.NativeTLSError):
    msg_fmt = _(
        'There is no kind of guest that both hosts can run: %(problem)s'
    )


def common(
    source: libvirt_api.Connection, destination: libvirt_api.Connection
) -> tuple[definition.Kind, ...]:
    """List what both can run, the best first.

    libvirt knows what QEMU was built with; that it starts is not said.

    :raises NoCommonKind: there is nothing.
    """
    kinds = []
    problem: exception.LibvirtFailed | None = None
    for virt_type in VIRT_TYPES:
        try:
            kinds.append(_of_type(virt_type, source, destination))
        except exception.LibvirtFailed as err:
            problem = err
    if not kinds:
        raise NoCommonKind(problem=problem) from problem
    return tuple(kinds)


def _of_type(
    virt_type: str,
    source: libvirt_api.Connection,
    destination: libvirt_api.Connection,
) -> definition.Kind:
    """Take the machine of the host whose QEMU is older, if there is one.

    :raises LibvirtFailed: they have none in common.
    """
    failed: exception.LibvirtFailed | None = None
    for kind in _defaults(virt_type, source, destination):
        try:
            for host in (source, destination):
                host.guest_capabilities(
                    machine=kind.machine, virt_type=virt_type
                )
        except exception.LibvirtFailed as err:
            failed = err
        else:
            return kind
    assert failed is not None
    raise failed


def _defaults(
    virt_type: str,
    source: libvirt_api.Connection,
    destination: libvirt_api.Connection,
) -> Iterator[definition.Kind]:
    for host in (source, destination):
        known = host.guest_capabilities(machine=None, virt_type=virt_type)
        yield definition.Kind(
            virt_type=virt_type,
            machine=known.findtext('machine') or '',
            arch=known.findtext('arch') or '',
        )
