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

"""Ways of migrating a guest that sends much, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import enum

from nova_native_tls.migration import rekey
from tests.lab.harness.guest import guest as lab_guest
from tests.lab.harness.lab import lab as lab_lab
from tests.lab.harness.node import node_process
from tests.lab.harness import observed

WATCHED = '/etc/watched.conf'
CONFIGURATION = (
    '[libvirt]\nlive_migration_with_native_tls = true\n'
    f'[native_tls]\nrekey_crash = {rekey.Choice.WATCH}\n'
)


class End(enum.StrEnum):
    """Where a guest is afterwards."""

    LOST = 'lost on both hosts'
    ARRIVED = 'alive on the destination, memory intact'
    STAYED = 'alive on the source, memory intact'


Start = Callable[[lab_lab.Lab, lab_guest.Guest], node_process.NodeProcess]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way of migrating.

    :ivar name: of the guest, too.
    :ivar start: asks for the migration.
    :ivar switches_over: or it ends by itself before that.
    """

    name: str
    title: str
    start: Start
    end: End
    switches_over: bool = True


def _as_nova(
    lab: lab_lab.Lab, guest: lab_guest.Guest
) -> node_process.NodeProcess:
    """Have libvirt asked with the flags of Nova, and nothing else."""
    source, destination = lab.hosts
    return source.popen(
        [
            *('virsh', 'migrate', '--live', '--p2p', '--tls'),
            *('--persistent', '--undefinesource'),
            *(guest.name, destination.uri('tls')),
        ]
    )


def _by_command(*options: str) -> Start:
    def start(
        lab: lab_lab.Lab, guest: lab_guest.Guest
    ) -> node_process.NodeProcess:
        source, destination = lab.hosts
        return lab.controller.popen(
            observed.arguments(guest, source, destination, *options)
        )

    return start


WAYS = (
    Way(
        name='nova',
        title='as Nova asks for it, 1 TLS connection',
        start=_as_nova,
        end=End.LOST,
    ),
    Way(
        name='safe',
        title='as this project does, 2 TLS connections',
        # Where it has more each one carries less.
        start=_by_command('--parallel', '2'),
        end=End.ARRIVED,
    ),
    Way(
        name='watched',
        title='1 TLS connection that is watched',
        start=_by_command('--config-file', WATCHED),
        end=End.STAYED,
        switches_over=False,
    ),
)
