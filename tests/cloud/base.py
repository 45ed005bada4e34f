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

"""What the cloud tests share: one cloud, its configuration, checks.

With ``LAB_CLOUD_NAME`` in the environment the cloud of that name is used, is
brought up only when it is not there, and stays.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
import functools
import os
import shutil
from typing import Any
from typing import ClassVar

import testtools

from tests.cloud.harness.cloud import cloud as cloud_cloud
from tests.cloud.harness.guest import observed_move
from tests.cloud.harness.guest import virtual_machine
from tests.cloud.harness.services import shared_storage
from tests.cloud.harness.settings import compute_files
from tests.cloud.harness.settings import ini_file
from tests.cloud.harness.settings import options as cloud_options
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.pki import pki
from tests.lab.harness.wire import clear_text
from tests.lab.harness.wire import proof as wire

NAME = 'test-cloud'
HOSTS = 3
OPTIONS = cloud_options.Options(spare_count=1)

#: [DEFAULT] compute_driver
STOCK = cloud_options.STOCK_DRIVER
PLUGIN = 'native_tls.NativeTLSDriver'

#: The first port of libvirt's range, and the next.
RAM = 49152
DISK = 49153

#: How many connections of TLS each port has for a server with a local disk:
#: as the plugin migrates, and as Nova does by itself. Two of the plugin's
#: carry memory; QEMU reads from a third.
SAFE: Mapping[int, int] = {RAM: 3, DISK: 1}
SINGLE: Mapping[int, int] = {RAM: 1, DISK: 1}

#: An option's value, or what gives it for a host.
Chosen = (
    ini_file.Value | Callable[[lab_host.Host], ini_file.Value | None] | None
)
Sections = dict[str, dict[str, Chosen]]


@functools.cache
def shared_cloud() -> cloud_cloud.Cloud:
    """Bring one cloud up for all tests of this process."""
    kept = os.environ.get('LAB_CLOUD_NAME')
    if kept:
        cloud = cloud_cloud.Cloud.up(kept, HOSTS, options=OPTIONS)
        for compute in (*cloud.computes, *cloud.spares):
            # The next test starts it with the code as it is now.
            compute.stop()
        return cloud
    # What a killed run left behind is not the cloud that this run wants.
    cloud_cloud.Cloud.down(NAME)
    atexit.register(cloud_cloud.Cloud.down, NAME)
    return cloud_cloud.Cloud.up(NAME, HOSTS, options=OPTIONS)


@functools.cache
def shared_authority() -> pki.CertificateAuthority:
    """Make the CA that every host trusts unless a test changes that."""
    authority = pki.CertificateAuthority('QEMU migration CA of the cloud')
    for host in shared_cloud().lab.hosts:
        pki.install_qemu_identity(host, authority)
    return authority


def configure(
    cloud: cloud_cloud.Cloud,
    hosts: Collection[lab_host.Host],
    sections: Sections,
    *,
    program: Collection[str] = (),
) -> None:
    """Bring the nova-computes of hosts up with these options.

    One that runs with all the same is left alone; the others restart, all at
    the same time.

    :param program: what runs in place of nova-compute.
    :raises ServiceError: one did not stop or not start.
    """
    names = {host.name for host in hosts}
    restarted = []
    for compute in (*cloud.computes, *cloud.spares):
        if compute.host.name not in names:
            continue
        chosen = _for_host(compute.host, sections)
        wanted = compute_files.nova_conf(compute.host, cloud.options, chosen)
        found = compute.host.read_file(compute_files.NOVA_CONF)
        compute.use_program(*program)
        if found != wanted or not compute.is_current:
            compute.stop()
            compute.configure(chosen)
            restarted.append(compute)
    for compute in restarted:
        compute.begin()
    for compute in restarted:
        compute.wait_ready()


class CloudTestCase(testtools.TestCase):
    """A test on the cloud; its servers boot on the source.

    Every test begins with what the class says of every nova-compute.
    """

    driver = PLUGIN
    native_tls = True
    #: What runs in place of nova-compute.
    program: tuple[str, ...] = ()

    cloud: cloud_cloud.Cloud
    authority: pki.CertificateAuthority
    source: lab_host.Host
    destination: lab_host.Host
    #: Without nova-compute, unless a test starts one.
    third: lab_host.Host

    def setUp(self) -> None:
        super().setUp()
        self.cloud = shared_cloud()
        self.authority = shared_authority()
        self.source, self.destination, self.third = self.cloud.lab.hosts
        self.set_up_computes()

    def set_up_computes(self) -> None:
        """Configure every nova-compute as the class says.

        A class whose hosts differ does it here, so that nothing restarts
        twice.
        """
        self.configure(driver=self.driver, native_tls=self.native_tls)

    def configure(
        self,
        *,
        driver: Chosen,
        native_tls: bool,
        hosts: Collection[lab_host.Host] | None = None,
        sections: Sections | None = None,
        **libvirt: Chosen,
    ) -> None:
        """Configure nova-computes, until a test wants something else.

        :param driver: as every option it may be a function of the host.
        :param hosts: source and destination by default; the others stay as
            they are.
        :param sections: options of other sections than ``libvirt``.
        :param libvirt: further options of that section.
        :raises ServiceError: one did not stop or not start.
        """
        sections = sections or {}
        wanted: Sections = {
            **sections,
            'DEFAULT': {
                **sections.get('DEFAULT', {}),
                'compute_driver': driver,
            },
            # How many would be the fastest depends on the machine.
            'native_tls': {
                'parallel': 'nova',
                **sections.get('native_tls', {}),
            },
            'libvirt': {
                **libvirt,
                'live_migration_with_native_tls': native_tls,
            },
        }
        configure(
            self.cloud,
            (self.source, self.destination) if hosts is None else hosts,
            wanted,
            program=self.program,
        )

    def share_instances(self) -> None:
        """Give all hosts one directory of instances until the test ends.

        It lies over the local ones, so every path stays the same, and
        nova-compute, which looks anew for every server, need not restart.
        """
        shared = self.cloud.lab.directory / 'shared-instances'
        shared.mkdir(mode=0o755)
        self.addCleanup(shutil.rmtree, shared)
        for host in self.cloud.lab.hosts:
            shared_storage.mount(host, shared, compute_files.INSTANCES)
            self.addCleanup(
                shared_storage.unmount, host, compute_files.INSTANCES
            )

    def boot(self, **spec: Any) -> virtual_machine.VirtualMachine:
        """Boot a server on the source, with the disk secret on its disk."""
        machine = self.boot_to_keep(**spec)
        self.addCleanup(machine.delete)
        return machine

    def boot_to_keep(self, **spec: Any) -> virtual_machine.VirtualMachine:
        """Boot a server as ``boot``, which the caller deletes."""
        name = self.id().rpartition('.')[2].removeprefix('test_')
        machine = virtual_machine.boot(self.cloud, name, **spec)
        machine.write_disk_secret()
        return machine

    def assert_arrived(
        self,
        machine: virtual_machine.VirtualMachine,
        host: lab_host.Host | None = None,
    ) -> None:
        """The server is ACTIVE on the destination, and whole.

        :param host: where it should be; the destination by default.
        """
        self.assert_runs_on(machine, host or self.destination)

    def assert_stayed(self, machine: virtual_machine.VirtualMachine) -> None:
        """The server is ACTIVE on the source, and whole."""
        self.assert_runs_on(machine, self.source)

    def assert_runs_on(
        self, machine: virtual_machine.VirtualMachine, host: lab_host.Host
    ) -> None:
        """Nova and libvirt agree, and memory and disk are what they were."""
        server = machine.show()
        self.assertEqual(
            ('ACTIVE', None, host.name),
            (server.status, server.task_state, server.host),
            server.fault or '',
        )
        self.assertEqual((host.name,), machine.running_on)
        machine.guest.verify_memory(host)
        machine.verify_disk()

    def assert_moved_encrypted(
        self,
        seen: observed_move.ObservedMove,
        *,
        ports: Mapping[int, int] = SAFE,
    ) -> None:
        """Nova says completed; so many connections were all TLS 1.3."""
        self.assertEqual('completed', seen.outcome.status, str(seen.outcome))
        self.assertEqual((), seen.proof.reasons)
        self.assertEqual({}, seen.proof.clear_hits)
        self.assertEqual(
            {port: (n, n, ('TLS 1.3',)) for port, n in ports.items()},
            {
                port.port: (
                    port.connections,
                    port.tls_handshakes,
                    port.tls_versions,
                )
                for port in seen.proof.ports
                if port.role == wire.DATA
            },
        )

    def assert_moved_readable(
        self, seen: observed_move.ObservedMove, *, disk: bool = True
    ) -> None:
        """Nova says completed, and the secrets were found on the wire."""
        self.assertEqual('completed', seen.outcome.status, str(seen.outcome))
        self.assertFalse(seen.proof.encrypted)
        of_disk = (clear_text.DISK_SECRET, clear_text.NBD_REQUEST)
        for kind in (
            clear_text.GUEST_SECRET,
            clear_text.QEMU_STREAM,
            *(of_disk if disk else ()),
        ):
            self.assertGreater(seen.proof.clear_hits.get(kind, 0), 0, kind)


class OneServerTestCase(CloudTestCase):
    """One server for all tests of a class, which each finds on the source.

    After a test that fails, the next one boots another.
    """

    memory_mib = 64

    machine: virtual_machine.VirtualMachine

    #: Of the last test, if that has passed; it may be on either host.
    _kept: ClassVar[virtual_machine.VirtualMachine | None] = None

    @classmethod
    def tearDownClass(cls) -> None:
        """Delete the server that no further test takes."""
        if cls._kept is not None:
            cls._kept.delete()
            cls._kept = None
        super().tearDownClass()

    def setUp(self) -> None:
        super().setUp()
        self._spoilt = False
        self.addOnException(self._spoil)
        kept, type(self)._kept = self._kept, None
        self.machine = kept or self.boot_to_keep(memory_mib=self.memory_mib)
        self.addCleanup(self._give_back)
        if self.machine.host != self.source:
            outcome = self.machine.live_migrate(self.source.name)
            self.assertEqual('completed', outcome.status, str(outcome))

    def _spoil(self, _exc_info: object) -> None:
        self._spoilt = True

    def _give_back(self) -> None:
        if self._spoilt:
            self.machine.delete()
        else:
            type(self)._kept = self.machine


def _for_host(
    host: lab_host.Host, sections: Sections
) -> dict[str, dict[str, ini_file.Value | None]]:
    return {
        name: {
            option: value(host) if callable(value) else value
            for option, value in values.items()
        }
        for name, values in sections.items()
    }
