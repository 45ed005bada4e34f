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

"""How are the nodes wired together?

The texts are input of ``ip -batch``. A veth pair is made inside the
namespace of the switch with its other end born in the node's, so at no
moment does a link of the lab exist in the namespace of the machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import subprocess

from tests.lab.harness import errors
from tests.lab.harness.node import addresses
from tests.lab.harness.node import environment
from tests.lab.harness.node import process

#: Seconds; the kernel answers in milliseconds.
IP_TIMEOUT_S = 20


def bridges_batch() -> str:
    """Return the batch that makes the two bridges of the switch."""
    lines = ['link set lo up']
    for network in (addresses.MANAGEMENT, addresses.MIGRATION):
        bridge = network.bridge
        lines += [
            f'link add {bridge} type bridge',
            f'link set {bridge} addrgenmode none',
            f'link set {bridge} up',
        ]
    return '\n'.join(lines) + '\n'


def ports_batch(node: addresses.NodeAddresses, init_pid: int) -> str:
    """Return the batch that plugs a node into the bridges.

    :param init_pid: the node's init, as seen by the ``ip`` that reads this.
    """
    lines = []
    for network in node.networks:
        port = f'{node.name}{network.port_suffix}'
        lines += [
            f'link add {port} type veth '
            f'peer name {network.interface} netns {init_pid}',
            f'link set {port} addrgenmode none master {network.bridge} up',
        ]
    return '\n'.join(lines) + '\n'


def addresses_batch(node: addresses.NodeAddresses) -> str:
    """Return the batch that gives a node its addresses.

    Without duplicate address detection, which would keep the IPv6
    addresses unusable for the first second, and without link-local
    addresses, whose traffic would only clutter captures.
    """
    lines = ['link set lo up']
    for network in node.networks:
        interface = network.interface
        number = node.number
        lines += [
            f'link set {interface} addrgenmode none up',
            f'addr add {network.ipv4(number)}/24 dev {interface}',
            f'addr add {network.ipv6(number)}/64 dev {interface} nodad',
        ]
    return '\n'.join(lines) + '\n'


def wire(
    inits: Mapping[str, process.ProcessIdentity],
    nodes: Sequence[addresses.NodeAddresses],
) -> None:
    """Make the networks and plug every node into its own.

    :param inits: name of a node, ``switch`` among them, -> its init.
    :raises LabError: as ``apply``.
    """
    batch = bridges_batch()
    for node in nodes:
        batch += ports_batch(node, inits[node.name].pid)
    apply(batch, init_pid=inits['switch'].pid)
    for node in nodes:
        apply(addresses_batch(node), init_pid=inits[node.name].pid)


def apply(batch: str, *, init_pid: int) -> None:
    """Run a batch in the network namespace of a node.

    Only the network namespace is entered: the process ids in the batch
    are those that this process sees.

    :raises LabError: ``ip`` refused a line, or did not answer.
    """
    argv = ['nsenter', '--target', str(init_pid), '--net', '--']
    argv += ['ip', '-batch', '-']
    try:
        result = subprocess.run(
            argv,
            input=batch,
            capture_output=True,
            text=True,
            timeout=IP_TIMEOUT_S,
            env=environment.inside_lab(),
            check=False,
        )
    except subprocess.TimeoutExpired as err:
        raise errors.LabError(
            f'ip gave no answer within {IP_TIMEOUT_S} s while the lab '
            'was wired'
        ) from err
    if result.returncode != 0:
        raise errors.LabError(
            f'the lab could not be wired: {result.stderr.strip()}'
        )
