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

"""Ways of moving a guest that are compared."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import json
from typing import Any

from tests.lab.bench import hosts as bench_hosts
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.pki import pki

CLEAR = 'clear text'
STOCK = 'TLS, as Nova asks for it'
TUNED = 'TLS, as this project does'
TWO_CONNECTIONS = 'TLS, 2 connections'

_TUNNELLED = '--tunnelled'
_VIRSH = (
    *('virsh', '--connect', 'qemu:///system', 'migrate'),
    *('--live', '--p2p', '--persistent', '--undefinesource'),
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way of asking the source for a migration.

    :ivar flags: of virsh; None where our own command asks, with its defaults.
    :ivar scheme: how the daemons talk.
    """

    title: str
    flags: tuple[str, ...] | None = ()
    scheme: str = 'tcp'

    @property
    def tunnelled(self) -> bool:
        """Whether the daemons carry the data."""
        return self.flags is not None and _TUNNELLED in self.flags

    def argv(
        self,
        pair: bench_hosts.Pair,
        name: str,
        destination: lab_host.Host,
        *,
        disk: bool,
    ) -> list[str]:
        """Return the command that runs on the source."""
        uri = destination.uri(self.scheme)
        if self.flags is None:
            one = ['--copy-storage', 'vda'] if disk else []
            return pair.command('migrate', *one, name, uri, '-f', 'json')
        every = ['--copy-storage-all'] if disk else []
        return [*_VIRSH, *self.flags, *every, name, uri]

    def prepare(self, destination: lab_host.Host) -> None:
        """Leave on the destination what "host install" would add, or not."""
        if self.flags is None:
            pki.write_dh_parameters(destination)
        else:
            destination.path(pki.DH_PARAMETERS).unlink(missing_ok=True)

    def env(self, pair: bench_hosts.Pair) -> Mapping[str, str]:
        """Return the variables that the command needs."""
        return pair.env if self.flags is None else {}

    def chosen(self, stdout: str) -> str:
        """Say what our own command has chosen; nothing of virsh."""
        if self.flags is not None or not stdout.strip():
            return ''
        told: dict[str, Any] = json.loads(stdout)
        params: dict[str, Any] = told.get('params', {})
        count = params.get('parallel.connections')
        said = [f'{count} connections' if count else '1 connection']
        compression = params.get('compression')
        if compression:
            level = params.get(f'compression.{_word(compression)}.level')
            said.append(f'{_word(compression)} level {level}')
        return ', '.join(said)


def _word(compression: object) -> str:
    if isinstance(compression, list | tuple):
        return ','.join(map(str, compression))
    return str(compression)


#: The first is what the others are compared with.
WAYS = (
    Way(title=CLEAR),
    Way(title=STOCK, flags=('--tls',)),
    Way(title=TUNED, flags=None),
    Way(
        title=TWO_CONNECTIONS,
        flags=('--tls', '--parallel', '--parallel-connections', '2'),
    ),
    Way(title='tunnelled over tls', flags=(_TUNNELLED,), scheme='tls'),
    Way(title='tunnelled over ssh', flags=(_TUNNELLED,), scheme='ssh'),
)
