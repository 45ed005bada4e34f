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

"""How does a whole lab come up, and what is in it?"""

from __future__ import annotations

from collections.abc import Mapping
import pathlib
import shutil

from tests.lab.harness import errors
from tests.lab.harness.lab import bring_up
from tests.lab.harness.lab import requirements
from tests.lab.harness.lab import state
from tests.lab.harness.lab import status as lab_status
from tests.lab.harness.node import addresses
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.node import namespaces
from tests.lab.harness.node import node as lab_node
from tests.lab.harness.node import process

DEFAULT_NAME = 'default'
DEFAULT_HOST_COUNT = 2

Progress = bring_up.Progress


def _silent(line: str) -> None:
    """Take a line of progress and do nothing with it."""


class Lab:
    """A running lab: libvirt hosts, a controller, and a switch."""

    def __init__(self, name: str, *, directory: state.StateDirectory) -> None:
        """Read what a finished lab consists of; ``open`` also checks it.

        :raises LabError: there is no finished lab of this name.
        """
        summary = directory.read_summary()
        if summary is None:
            raise errors.LabError(
                f'The lab {name} is not up: run "lab up --name {name}".'
            )
        self.name = name
        self.directory = directory.path
        #: Name of a host -> its root directory, if not the machine's.
        self.trees = {
            node_name: pathlib.Path(tree)
            for node_name, tree in summary.trees.items()
        }
        nodes = {
            node_name: _node(node_name, directory=directory, init=init)
            for node_name, init in summary.inits.items()
        }
        #: Every node, the switch first.
        self.nodes = tuple(nodes.values())
        self.switch = nodes['switch']
        self.controller = nodes['controller']
        #: The libvirt hosts, host1 first.
        self.hosts = tuple(
            node for node in self.nodes if isinstance(node, lab_host.Host)
        )

    def node(self, name: str) -> lab_node.Node:
        """Return a node by its short name.

        :raises LabError: the lab has none of this name.
        """
        for node in self.nodes:
            if node.name == name:
                return node
        raise errors.LabError(
            f'The lab {self.name} has no {name}, only '
            f'{", ".join(node.name for node in self.nodes)}.'
        )

    def host(self, name: str) -> lab_host.Host:
        """Return a libvirt host by its short name.

        :raises LabError: the lab has no host of this name.
        """
        found = self.node(name)
        if not isinstance(found, lab_host.Host):
            raise errors.LabError(f'{name} is not a libvirt host.')
        return found

    @classmethod
    def up(
        cls,
        name: str = DEFAULT_NAME,
        host_count: int = DEFAULT_HOST_COUNT,
        trees: Mapping[str, pathlib.Path] | None = None,
        progress: Progress = _silent,
    ) -> Lab:
        """Bring a lab up, or return the one that is up already.

        What is left of an unfinished or dead lab of this name is removed
        first. There are no certificates for QEMU yet: see
        ``pki.install_qemu_identity``.

        :param trees: name of a host -> the root directory that it runs from,
            such as ``debian.root`` gives; the machine's own by default.
        :param progress: called with a line at each step.
        :raises RequirementError: no lab can run here.
        :raises LabError: it did not come up. The nodes are gone then, and
            the logs stay until the next ``up`` or ``down``.
        """
        requirements.check()
        trees = trees or {}
        if not 1 <= host_count <= addresses.MAX_HOSTS:
            raise errors.LabError(
                f'A lab has 1 to {addresses.MAX_HOSTS} hosts, not '
                f'{host_count}.'
            )
        with state.locked(state.of_lab(name)) as directory:
            if _is_up(directory):
                lab = cls._already_up(
                    name, directory, host_count=host_count, trees=trees
                )
                progress(f'The lab {name} is up already.')
                return lab
            if any(directory.path.iterdir()):
                progress(f'Removing what is left of an earlier lab {name}.')
                _end_nodes(directory)
                directory.empty()
            _build(directory, host_count, trees, progress)
            return cls(name, directory=directory)

    @classmethod
    def open(cls, name: str = DEFAULT_NAME) -> Lab:
        """Return a lab that is up.

        :raises LabError: it is not, or a node of it has ended.
        """
        directory = state.of_lab(name)
        state.exists(directory)
        lab = cls(name, directory=directory)
        ended = [node.name for node in lab.nodes if not node.alive]
        if ended:
            raise errors.LabError(
                f'{", ".join(ended)} of the lab {name} ended: take the lab '
                'down and up again.'
            )
        return lab

    @staticmethod
    def down(
        name: str = DEFAULT_NAME,
        keep_logs: pathlib.Path | None = None,
        progress: Progress = _silent,
    ) -> None:
        """End every process of a lab and remove all that it left.

        Nothing is wrong with a lab that is not up.

        :param keep_logs: directory to copy the logs of the nodes to.
        :raises LabError: something of the lab would stay.
        """
        requirements.check_root()
        target = state.of_lab(name)
        if not state.exists(target):
            progress(f'The lab {name} is not up.')
            return
        with state.locked(target) as directory:
            # From here on it is an unfinished lab, also if this is killed.
            directory.remove_summary()
            _end_nodes(directory)
            if keep_logs is not None:
                _copy_logs(directory, keep_logs)
                progress(f'The logs are in {keep_logs}.')
            directory.remove()
        progress(f'The lab {name} is down.')

    @staticmethod
    def status(name: str = DEFAULT_NAME) -> lab_status.LabStatus:
        """Return what there is of a lab of this name, up or not."""
        directory = state.of_lab(name)
        if not state.exists(directory):
            return lab_status.absent(name, path=directory.path)
        if directory.read_summary() is None:
            return lab_status.unfinished(name, path=directory.path)
        lab = Lab(name, directory=directory)
        return lab_status.of_nodes(name, path=directory.path, nodes=lab.nodes)

    @classmethod
    def _already_up(
        cls,
        name: str,
        directory: state.StateDirectory,
        *,
        host_count: int,
        trees: Mapping[str, pathlib.Path],
    ) -> Lab:
        lab = cls(name, directory=directory)
        if len(lab.hosts) != host_count:
            raise errors.LabError(
                f'The lab {name} is up with {len(lab.hosts)} hosts, not '
                f'{host_count}: take it down first, or choose another name.'
            )
        if lab.trees != trees:
            raise errors.LabError(
                f'The hosts of the lab {name} run from other root directories '
                'than is wanted: take it down first, or choose another name.'
            )
        return lab


def _build(
    directory: state.StateDirectory,
    host_count: int,
    trees: Mapping[str, pathlib.Path],
    progress: Progress,
) -> None:
    """Bring the lab up or leave none of its nodes."""
    try:
        bring_up.build(directory, host_count, trees, progress)
    except errors.LabError as err:
        _end_nodes(directory)
        raise errors.LabError(
            f'{err}\nThe lab did not come up; its logs are in '
            f'{directory.path}.'
        ) from err
    except BaseException:
        # Interrupted, or a defect of the harness.
        _end_nodes(directory)
        raise


def _node(
    name: str,
    *,
    directory: state.StateDirectory,
    init: process.ProcessIdentity,
) -> lab_node.Node:
    is_host = bring_up.is_libvirt_host(name)
    kind = lab_host.Host if is_host else lab_node.Node
    return kind(name, directory=directory.node(name), init=init)


def _is_up(directory: state.StateDirectory) -> bool:
    summary = directory.read_summary()
    return summary is not None and all(
        init.is_alive() for init in summary.inits.values()
    )


def _end_nodes(directory: state.StateDirectory) -> None:
    for path in directory.nodes():
        namespaces.end(path)


def _copy_logs(directory: state.StateDirectory, target: pathlib.Path) -> None:
    for path in directory.nodes():
        kept = target / path.name
        kept.mkdir(parents=True, exist_ok=True)
        init_log = path / namespaces.INIT_LOG
        if init_log.exists():
            shutil.copy2(init_log, kept)
        if (path / 'log').is_dir():
            shutil.copytree(path / 'log', kept, dirs_exist_ok=True)
