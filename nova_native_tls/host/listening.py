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

"""On which TCP ports somebody listens."""

from __future__ import annotations

import dataclasses
import ipaddress
import sys

from nova_native_tls.host import process
from nova_native_tls.host import socket_diagnosis

_LISTEN = '0A'

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclasses.dataclass(frozen=True, slots=True)
class Listener:
    """One address and port; :: stands for all of IPv6, often of IPv4 too."""

    address: Address
    port: int

    @property
    def is_reachable(self) -> bool:
        """Other hosts could connect, as far as the address goes."""
        mapped = getattr(self.address, 'ipv4_mapped', None)
        return not (mapped or self.address).is_loopback


def read(pid: int | None = None) -> frozenset[Listener]:
    """Look as a process sees it, by default this one.

    :raises OSError: there is no such process.
    """
    try:
        if pid is None or process.same_network(pid):
            return frozenset(
                Listener(ipaddress.ip_address(packed), port)
                for packed, port in socket_diagnosis.listening()
            )
    except OSError:
        # A kernel without that module, or a process that this one may not
        # look at; the tables are always there.
        pass
    return read_tables(pid)


def read_tables(pid: int | None = None) -> frozenset[Listener]:
    """Read /proc/PID/net/tcp and tcp6.

    The kernel walks through every connection there might be for that, which
    takes it tens of milliseconds on a large machine.

    :raises OSError: there is no such process.
    """
    found: list[Listener] = []
    for table in ('tcp', 'tcp6'):
        path = f'/proc/{"self" if pid is None else pid}/net/{table}'
        try:
            with open(path, encoding='ascii') as content:
                found += parse(content.read())
        except FileNotFoundError:
            # Without IPv6 there is no such table; IPv4 is always there.
            if table == 'tcp':
                raise
    return frozenset(found)


def parse(table: str) -> list[Listener]:
    """Take the listeners out of a table."""
    found = []
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 3 and fields[3] == _LISTEN:
            address, _colon, port = fields[1].partition(':')
            found.append(Listener(_address(address), int(port, 16)))
    return found


def _address(written: str) -> Address:
    # Words of 32 bits as this machine has them, written as numbers.
    words = bytes.fromhex(written)
    packed = b''.join(
        int.from_bytes(words[i : i + 4]).to_bytes(4, sys.byteorder)
        for i in range(0, len(words), 4)
    )
    return ipaddress.ip_address(packed)
