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

"""What nova-compute asks its helper about this host, on its way there."""

from __future__ import annotations

import dataclasses
from typing import Any

from nova_native_tls.checks import base
from nova_native_tls.host import guests
from nova_native_tls.host import libvirt_view
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import versions
from nova_native_tls.peer import facts


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What nova-compute knows, and wants to know.

    :ivar host: how Nova calls this host.
    :ivar libvirt: what libvirt says; or why it does not, as a text.
    :ivar checks: by name, those that are asked.
    :ivar guest: the one that is to migrate; None if none is.
    :ivar address: at which this host receives migrations; None if no option
        says so.
    """

    host: str
    libvirt: libvirt_view.LibvirtView | str
    tls_destination: str | None
    settings: migration_settings.MigrationSettings
    stage: base.Stage = base.Stage.HOST
    checks: tuple[str, ...] = ()
    peer: facts.HostFacts | None = None
    block: bool | None = None
    guest: guests.Known | None = None
    address: str | None = None


def to_primitives(question: Question) -> dict[str, Any]:
    """Write it in types that go through a socket."""
    libvirt, guest = question.libvirt, question.guest
    return {
        'host': question.host,
        'libvirt': libvirt
        if isinstance(libvirt, str)
        else {
            'host_name': libvirt.host_name,
            'libvirt': _text(libvirt.versions.libvirt),
            'qemu': _text(libvirt.versions.qemu),
            'capabilities': libvirt.capabilities,
            'running': [dataclasses.asdict(each) for each in libvirt.running],
        },
        'tls_destination': question.tls_destination,
        'settings': dataclasses.asdict(question.settings),
        'stage': question.stage.value,
        'checks': list(question.checks),
        'peer': question.peer and facts.dumps(question.peer),
        'block': question.block,
        'guest': guest and dataclasses.asdict(guest),
        'address': question.address,
    }


def from_primitives(asked: dict[str, Any]) -> Question:
    """Read what ``to_primitives`` wrote."""
    libvirt = asked['libvirt']
    return Question(
        host=asked['host'],
        libvirt=libvirt
        if isinstance(libvirt, str)
        else libvirt_view.LibvirtView(
            host_name=libvirt['host_name'],
            versions=versions.HostVersions(
                libvirt=_version(libvirt['libvirt']),
                qemu=_version(libvirt['qemu']),
            ),
            capabilities=libvirt['capabilities'],
            running=tuple(guests.Known(**one) for one in libvirt['running']),
        ),
        tls_destination=asked['tls_destination'],
        settings=migration_settings.MigrationSettings(**asked['settings']),
        stage=base.Stage(asked['stage']),
        checks=tuple(asked['checks']),
        peer=asked['peer'] and facts.loads(asked['peer']),
        block=asked['block'],
        guest=asked['guest'] and guests.Known(**asked['guest']),
        address=asked['address'],
    )


def _text(version: versions.Version | None) -> str | None:
    return None if version is None else str(version)


def _version(text: str | None) -> versions.Version | None:
    return None if text is None else versions.Version.parse(text)
