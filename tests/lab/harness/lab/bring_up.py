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

"""In which steps does a lab come up?"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from concurrent import futures
import pathlib
import time

from tests.lab.harness.lab import initial_files
from tests.lab.harness.lab import state
from tests.lab.harness.node import addresses
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.node import namespaces
from tests.lab.harness.node import network
from tests.lab.harness.node import process
from tests.lab.harness.pki import pki

Progress = Callable[[str], None]

_MACHINE = pathlib.Path('/')
_NSSWITCH = 'etc/nsswitch.conf'

#: Nodes that start at the same time.
_PARALLEL = 8


def is_libvirt_host(name: str) -> bool:
    """Tell whether the node of this name runs libvirtd."""
    return name not in ('switch', 'controller')


def build(
    directory: state.StateDirectory,
    host_count: int,
    trees: Mapping[str, pathlib.Path],
    progress: Progress,
) -> None:
    """Bring up a lab in its empty and locked directory.

    :param trees: name of a host -> its root directory, if that is not the
        machine's.
    :raises LabError: a step failed; the nodes that have started are left
        as they are.
    """
    started = time.monotonic()
    plans = [addresses.of_controller()]
    plans += [addresses.of_host(n + 1) for n in range(host_count)]
    names = ['switch', *(plan.name for plan in plans)]
    _lay_out(directory, names, plans, trees)
    with futures.ThreadPoolExecutor(max_workers=_PARALLEL) as pool:
        progress(f'Starting {len(names)} nodes: {", ".join(names)}.')
        inits = _start(directory, names, pool)
        progress('Wiring the management and the migration network.')
        network.wire(inits, plans)
        progress('Starting libvirtd on every host.')
        hosts = [
            lab_host.Host(
                name, directory=directory.node(name), init=inits[name]
            )
            for name in names
            if is_libvirt_host(name)
        ]
        # Exhausting the results is what raises the errors.
        list(pool.map(lab_host.Host.start_libvirtd, hosts))
    directory.write_summary(
        state.Summary(
            host_count=host_count,
            inits=inits,
            trees={name: str(tree) for name, tree in trees.items()},
        )
    )
    taken_s = time.monotonic() - started
    progress(f'The lab {directory.path.name} is up, after {taken_s:.1f} s.')


def _lay_out(
    directory: state.StateDirectory,
    names: Sequence[str],
    plans: Sequence[addresses.NodeAddresses],
    trees: Mapping[str, pathlib.Path],
) -> None:
    libvirt_ca = pki.CertificateAuthority('nova-native-tls lab libvirt CA')
    for name in names:
        tree = trees.get(name)
        files = initial_files.of_node(
            name,
            all_nodes=plans,
            nsswitch=_nsswitch(tree or _MACHINE),
            libvirt_ca=libvirt_ca,
        )
        initial_files.lay_out(
            directory.node(name),
            files,
            is_libvirt_host=is_libvirt_host(name),
            tree=tree,
        )


def _nsswitch(root: pathlib.Path) -> str:
    try:
        return (root / _NSSWITCH).read_text()
    except FileNotFoundError:
        return ''


def _start(
    directory: state.StateDirectory,
    names: Sequence[str],
    pool: futures.Executor,
) -> dict[str, process.ProcessIdentity]:
    def start(name: str) -> process.ProcessIdentity:
        path = directory.node(name)
        return namespaces.start(path, lock_fd=directory.lock_fd)

    return dict(zip(names, pool.map(start, names), strict=True))
