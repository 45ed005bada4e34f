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

"""How does a whole cloud come up, and what is in it?"""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import json
import pathlib
import time
from typing import Any

from tests.cloud.harness.api import images
from tests.cloud.harness.api import instance_actions
from tests.cloud.harness.api import live_migrations
from tests.cloud.harness.api import rest as cloud_rest
from tests.cloud.harness.api import servers
from tests.cloud.harness.cloud import bring_up
from tests.cloud.harness.cloud import requirements
from tests.cloud.harness.services import compute as cloud_compute
from tests.cloud.harness.services import message_queue
from tests.cloud.harness.services import scheduler
from tests.cloud.harness.services import service
from tests.cloud.harness.settings import ini_file
from tests.cloud.harness.settings import options as cloud_options
from tests.lab.harness import errors
from tests.lab.harness.lab import lab as lab_lab
from tests.lab.harness.lab import state
from tests.lab.harness.node import namespaces

DEFAULT_NAME = 'cloud'

Progress = bring_up.Progress

_SUMMARY = 'cloud.json'


class Cloud:
    """A running OpenStack whose compute nodes are a lab's hosts."""

    def __init__(
        self, lab: lab_lab.Lab, options: cloud_options.Options
    ) -> None:
        #: The nodes and hosts under the cloud.
        self.lab = lab
        self.options = options
        self.rest = cloud_rest.Rest(lab.controller)
        every = tuple(
            cloud_compute.Compute(host, options=options, rest=self.rest)
            for host in lab.hosts
        )
        used = len(every) - options.spare_count
        #: Every nova-compute that runs as a rule, of host1 first.
        self.computes = every[:used]
        #: Those that run only where a test starts them.
        self.spares = every[used:]
        self.images = images.Images(self.rest)
        self.servers = servers.Servers(self.rest)
        self.migrations = live_migrations.LiveMigrations(self.rest)
        self.actions = instance_actions.InstanceActions(self.rest)

    @property
    def name(self) -> str:
        """The name of the cloud, and of its lab."""
        return self.lab.name

    def compute(self, host_name: str) -> cloud_compute.Compute:
        """Return the nova-compute of a host.

        :raises LabError: the cloud has no such host.
        """
        for compute in (*self.computes, *self.spares):
            if compute.host.name == host_name:
                return compute
        raise errors.LabError(f'The cloud {self.name} has no {host_name}.')

    @property
    def daemons(self) -> dict[str, service.Service]:
        """nova-conductor and nova-scheduler, by name."""
        return bring_up.nova_daemons(self.lab)

    def reconfigure(
        self, **sections: Mapping[str, ini_file.Value | None]
    ) -> None:
        """Reconfigure every nova-compute, all at the same time.

        As ``Compute.reconfigure`` of each.

        :raises ServiceError: one did not stop or not start.
        """
        for compute in self.computes:
            compute.stop()
            compute.configure(sections)
        for compute in self.computes:
            compute.begin()
        for compute in self.computes:
            compute.wait_ready()

    def reconfigure_scheduler(
        self, **sections: Mapping[str, ini_file.Value | None]
    ) -> None:
        """Restart nova-scheduler with these options over the controller's.

        nova-api and nova-conductor do not read them. Without any section it
        is back to what the cloud came up with.

        :raises ServiceError: it did not start; the end of its log is shown.
        """
        scheduler.reconfigure(
            self.daemons['nova-scheduler'], self.options, sections
        )

    def wait_discovered(self, *host_names: str) -> None:
        """Wait until Nova can schedule to hosts, which it finds by itself.

        :raises LabError: it does not in time.
        """
        bring_up.wait_discovered(self.rest, host_names)

    def restart_message_queue(self) -> None:
        """Restart RabbitMQ and wait until it listens.

        It does not wait until the services have connected again; see
        ``wait_connected``.
        """
        message_queue.restart(message_queue.daemon(self.lab.controller))

    def wait_connected(self) -> None:
        """Wait until every service of Nova takes requests from RabbitMQ.

        :raises ServiceError: one does not in time.
        """
        queues = [
            'conductor',
            'scheduler',
            *(f'compute.{each.host.name}' for each in self.computes),
        ]
        message_queue.wait_consumers(
            message_queue.daemon(self.lab.controller), queues
        )

    @classmethod
    def up(
        cls,
        name: str = DEFAULT_NAME,
        host_count: int = 2,
        driver: str = cloud_options.STOCK_DRIVER,
        *,
        options: cloud_options.Options | None = None,
        progress: Progress = print,
    ) -> Cloud:
        """Bring a cloud up, or return the one that is up with all the same.

        Whatever else is there of this name is taken down first. There are
        no certificates for QEMU yet: see ``pki.install_qemu_identity``.

        :param options: what else is chosen; ``host_count`` and ``driver``
            are put into it.
        :param progress: called with a line at each step.
        :raises RequirementError: no cloud can run here.
        :raises LabError: it did not come up. The nodes are gone then, and
            the logs stay until the next ``up`` or ``down``.
        """
        chosen = dataclasses.replace(
            options or cloud_options.Options(),
            host_count=host_count,
            driver=driver,
        )
        requirements.check()
        if _read_summary(name) == _plain(chosen) and _is_up(name):
            progress(f'The cloud {name} is up already.')
            return cls.open(name)
        started = time.monotonic()
        lab_lab.Lab.down(name, progress=progress)
        cloud = cls(
            lab_lab.Lab.up(name, host_count, progress=progress), chosen
        )
        try:
            cloud._bring_up(progress)
        except BaseException as err:
            _end(name)
            if not isinstance(err, errors.LabError):
                raise
            raise errors.LabError(
                f'{err}\nThe cloud did not come up; its logs are in '
                f'{cloud.lab.directory}, in the folders "log".'
            ) from err
        taken_s = time.monotonic() - started
        progress(f'The cloud {name} is up, after {taken_s:.0f} s.')
        return cloud

    @classmethod
    def open(cls, name: str = DEFAULT_NAME) -> Cloud:
        """Return a cloud that is up.

        :raises LabError: it is not, or a node of it has ended.
        """
        summary = _read_summary(name)
        if summary is None:
            raise errors.LabError(f'The cloud {name} is not up.')
        return cls(lab_lab.Lab.open(name), cloud_options.Options(**summary))

    @staticmethod
    def down(
        name: str = DEFAULT_NAME,
        keep_logs: pathlib.Path | None = None,
        progress: Progress = print,
    ) -> None:
        """End every process of a cloud and remove all that it left.

        :param keep_logs: directory to copy the logs to.
        :raises LabError: something of it would stay.
        """
        lab_lab.Lab.down(name, keep_logs=keep_logs, progress=progress)

    def _bring_up(self, progress: Progress) -> None:
        for compute in self.spares:
            compute.configure({})
        bring_up.BringUp(
            self.lab,
            options=self.options,
            rest=self.rest,
            computes=self.computes,
            progress=progress,
        ).run()
        # Written last: a cloud without it is known to be unfinished.
        new = self.lab.directory / f'{_SUMMARY}.new'
        new.write_text(json.dumps(_plain(self.options), indent=2) + '\n')
        new.rename(self.lab.directory / _SUMMARY)


def _plain(options: cloud_options.Options) -> dict[str, Any]:
    """Return the options as JSON gives them back."""
    plain: dict[str, Any] = json.loads(json.dumps(options.to_dict()))
    return plain


def _read_summary(name: str) -> dict[str, Any] | None:
    path = state.of_lab(name).path / _SUMMARY
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except ValueError as err:
        raise errors.LabError(
            f'{path} cannot be understood: take the cloud down.'
        ) from err
    return found


def _is_up(name: str) -> bool:
    return lab_lab.Lab.status(name).state == 'up'


def _end(name: str) -> None:
    """End the nodes and keep the logs."""
    with state.locked(state.of_lab(name)) as directory:
        directory.remove_summary()
        for path in directory.nodes():
            namespaces.end(path)
