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

"""Which names and addresses does each node have?

Only documentation prefixes are used (RFC 5737, RFC 3849), so that a packet
that escaped from a lab would go nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import re

DOMAIN = 'lab.example'

#: Host 1 has the number 11 in every network, host 2 has 12, and so on.
FIRST_NUMBER = 10

#: The last number of an IPv4 network of this size is 254.
MAX_HOSTS = 200


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """One network of the lab: a bridge in the switch and its prefixes."""

    name: str
    bridge: str
    #: The interface of a host in this network.
    interface: str
    #: The end of the name of the switch's port, at most five characters:
    #: ``controller`` and it have to fit into the kernel's fifteen.
    port_suffix: str
    ipv4_prefix: str
    ipv6_prefix: str

    def ipv4(self, number: int) -> str:
        """Return the IPv4 address with this number in the network."""
        return f'{self.ipv4_prefix}{number}'

    def ipv6(self, number: int) -> str:
        """Return the IPv6 address that *reads* like this number (``::11``)."""
        return f'{self.ipv6_prefix}{number}'


MANAGEMENT = Network(
    name='management',
    bridge='br-mgmt',
    interface='mgmt0',
    port_suffix='-mgmt',
    ipv4_prefix='198.51.100.',
    ipv6_prefix='2001:db8:1::',
)
MIGRATION = Network(
    name='migration',
    bridge='br-migration',
    interface='migration0',
    port_suffix='-migr',
    ipv4_prefix='203.0.113.',
    ipv6_prefix='2001:db8:2::',
)

_HOST_NAME = re.compile(r'host([1-9][0-9]*)\Z')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NodeAddresses:
    """The names of one node and the networks that it is in."""

    name: str
    number: int
    networks: tuple[Network, ...]

    @property
    def fqdn(self) -> str:
        """The name that resolves to the management address."""
        return f'{self.name}.{DOMAIN}'

    @property
    def migration_name(self) -> str:
        """The name that resolves to the migration address."""
        return f'{self.name}-migration.{DOMAIN}'


def of_controller() -> NodeAddresses:
    """Return the addresses of the controller."""
    return NodeAddresses(
        name='controller', number=FIRST_NUMBER, networks=(MANAGEMENT,)
    )


def of_host(number: int) -> NodeAddresses:
    """Return the addresses of the host with this number, from 1."""
    return NodeAddresses(
        name=f'host{number}',
        number=FIRST_NUMBER + number,
        networks=(MANAGEMENT, MIGRATION),
    )


def of_name(name: str) -> NodeAddresses:
    """Return the addresses of the node with this name.

    :raises ValueError: neither ``controller`` nor ``host<number>``.
    """
    if name == 'controller':
        return of_controller()
    matched = _HOST_NAME.match(name)
    if matched is None:
        raise ValueError(f'{name} is not the name of a node with addresses')
    return of_host(int(matched.group(1)))


def hosts_file(nodes: Sequence[NodeAddresses]) -> str:
    """Return the /etc/hosts that every node of the lab has.

    The full name comes first on each line, because that makes it the
    canonical name, which virGetHostname() answers (libvirt 9.0,
    src/util/virutil.c).
    """
    lines = ['127.0.0.1 localhost', '::1 localhost ip6-localhost']
    for node in nodes:
        for network in node.networks:
            fqdn = node.migration_name if network is MIGRATION else node.fqdn
            short = fqdn.partition('.')[0]
            lines.append(f'{network.ipv4(node.number)} {fqdn} {short}')
            lines.append(f'{network.ipv6(node.number)} {fqdn} {short}')
    return '\n'.join(lines) + '\n'
