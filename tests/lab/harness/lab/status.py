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

"""What is there of a lab right now?"""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import pathlib

from tests.lab.harness.node import addresses
from tests.lab.harness.node import host
from tests.lab.harness.node import node as lab_node

#: Every node lives.
UP = 'up'
#: There is nothing.
DOWN = 'down'
#: An ``up`` or a ``down`` did not finish, or is at work.
UNFINISHED = 'unfinished'
#: It was up, and a node has ended since.
BROKEN = 'broken'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NodeStatus:
    """One node of a lab."""

    name: str
    alive: bool
    #: Process id of the node's init, seen from outside.
    init_pid: int
    #: Whether libvirtd runs; None on a node that has none.
    libvirtd: bool | None
    #: Network -> IPv4 and IPv6 address.
    addresses: dict[str, tuple[str, str]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LabStatus:
    """A lab, whether it is up or not."""

    name: str
    #: One of the constants of this module.
    state: str
    directory: str
    nodes: tuple[NodeStatus, ...] = ()


def absent(name: str, *, path: pathlib.Path) -> LabStatus:
    """Return the status of a lab that does not exist."""
    return LabStatus(name=name, state=DOWN, directory=str(path))


def unfinished(name: str, *, path: pathlib.Path) -> LabStatus:
    """Return the status of a lab that has no summary."""
    return LabStatus(name=name, state=UNFINISHED, directory=str(path))


def of_nodes(
    name: str, *, path: pathlib.Path, nodes: Sequence[lab_node.Node]
) -> LabStatus:
    """Return the status of a finished lab from its nodes."""
    found = tuple(_of_node(node) for node in nodes)
    # A lab without a node is not up.
    alive = bool(found) and all(node.alive for node in found)
    return LabStatus(
        name=name,
        state=UP if alive else BROKEN,
        directory=str(path),
        nodes=found,
    )


def _of_node(node: lab_node.Node) -> NodeStatus:
    alive = node.alive
    libvirtd = None
    if isinstance(node, host.Host):
        libvirtd = alive and node.libvirtd_pid is not None
    return NodeStatus(
        name=node.name,
        alive=alive,
        init_pid=node.init.pid,
        libvirtd=libvirtd,
        addresses=_addresses(node.name),
    )


def _addresses(name: str) -> dict[str, tuple[str, str]]:
    if name == 'switch':
        return {}
    plan = addresses.of_name(name)
    return {
        network.name: (network.ipv4(plan.number), network.ipv6(plan.number))
        for network in plan.networks
    }
