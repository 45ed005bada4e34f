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

"""What the lab tests share: one lab, guests that are cleaned up, checks."""

from __future__ import annotations

import atexit
from collections.abc import Mapping
import functools
import os
import pathlib
from typing import Any

import testtools

from tests.lab.harness.guest import guest as lab_guest
from tests.lab.harness.guest import kernel as guest_kernel
from tests.lab.harness.guest import memory_image
from tests.lab.harness.guest import spec as guest_spec
from tests.lab.harness.lab import lab as lab_lab
from tests.lab.harness.node import host as lab_host
from tests.lab.harness import observed
from tests.lab.harness.pki import pki
from tests.lab.harness.wire import proof as wire
from tests.lab import nova_conf

NAME = os.environ.get('LAB_TEST_NAME', 'test')
#: Of what a guest with ordinary memory is made of.
IMAGE_MIB = 16


@functools.cache
def _lab() -> lab_lab.Lab:
    """Bring one lab up for all tests of this process."""
    # What a killed run left behind is not the lab that this run wants.
    lab_lab.Lab.down(NAME)
    atexit.register(lab_lab.Lab.down, NAME)
    lab = lab_lab.Lab.up(name=NAME, host_count=2)
    authority = pki.CertificateAuthority('QEMU migration CA of the lab')
    for host in lab.hosts:
        pki.install_qemu_identity(host, authority)
    return lab


def image(lab: lab_lab.Lab) -> pathlib.Path:
    """Give what guests with ordinary memory are made of, in a lab."""
    return memory_image.build(
        lab.controller.directory / 'kernel', size_mib=IMAGE_MIB
    )


class LabTestCase(testtools.TestCase):
    """A test on two real hosts, ``source`` and ``destination``."""

    lab: lab_lab.Lab
    source: lab_host.Host
    destination: lab_host.Host

    def setUp(self) -> None:
        super().setUp()
        self.lab, (self.source, self.destination) = self.find_hosts()

    def find_hosts(
        self,
    ) -> tuple[lab_lab.Lab, tuple[lab_host.Host, lab_host.Host]]:
        """Give a lab that is up, and source and destination in it."""
        lab = _lab()
        source, destination = lab.hosts
        return lab, (source, destination)

    def start_guest(
        self, *, paused: bool = False, **spec: Any
    ) -> lab_guest.Guest:
        """Start a guest on the source and wait until its memory is full."""
        directory = self.lab.controller.directory / 'kernel'
        made_of = guest_spec.GuestSpec(name=f'guest-{self._number()}', **spec)
        guest = lab_guest.Guest(
            made_of,
            guest_kernel.build(directory),
            image=image(self.lab) if made_of.fill == 'image' else None,
        )
        for host in self.lab.hosts:
            self.addCleanup(guest.destroy, host)
        guest.define_and_start(self.source)
        guest.wait_ready(self.source)
        guest.verify_alive(self.source, beats=1)
        if paused:
            self.source.virsh('suspend', guest.name)
        guest.prepare_destination(self.destination)
        return guest

    def migrate(
        self, guest: lab_guest.Guest, *options: str, scheme: str = 'tls'
    ) -> observed.Observed:
        """Migrate from source to destination with the wire captured."""
        return observed.migrate(
            self.lab,
            guest,
            self.source,
            self.destination,
            *options,
            scheme=scheme,
        )

    def command(
        self, guest: lab_guest.Guest, *options: str, scheme: str = 'tls'
    ) -> observed.Outcome:
        """Migrate from source to destination without looking at the wire."""
        argv = observed.arguments(
            guest, self.source, self.destination, *options, scheme=scheme
        )
        return observed.run(self.lab.controller, argv)

    def assert_arrived(self, guest: lab_guest.Guest) -> None:
        """The guest runs on the destination only, its memory whole."""
        guest.verify_memory(self.destination)
        self.assertEqual(lab_guest.ABSENT, guest.state(self.source))

    def assert_stayed(self, guest: lab_guest.Guest) -> None:
        """The guest runs on the source only, its memory whole."""
        guest.verify_memory(self.source)
        self.assertEqual(lab_guest.ABSENT, guest.state(self.destination))

    def assert_encrypted(
        self, proof: wire.WireProof, *, ports: dict[int, int]
    ) -> None:
        """All was TLS 1.3, with this many connections on each data port."""
        self.assertEqual((), proof.reasons)
        self.assertEqual({}, proof.clear_hits)
        seen = [port for port in proof.ports if port.role == wire.DATA]
        self.assertEqual(ports, {p.port: p.connections for p in seen})
        for port in seen:
            self.assertEqual(port.connections, port.tls_handshakes)
            self.assertEqual(('TLS 1.3',), port.tls_versions)

    def nova_conf(
        self, *, native_tls: Mapping[str, object] | None = None, **options: Any
    ) -> tuple[str, str]:
        """Write a nova.conf on the controller; give the option to read it.

        :param native_tls: options of that group; the others are libvirt's.
        """
        return nova_conf.write(
            self.lab.controller,
            self._number(),
            libvirt=options,
            native_tls=native_tls,
        )

    def _number(self) -> str:
        return self.id().rpartition('.')[2].removeprefix('test_')[:40]
