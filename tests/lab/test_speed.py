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

"""Guests arrive whole, and encrypted, however they are made smaller.

The command runs on the source, with the libvirt and QEMU of Debian 13: those
of Debian 12 cannot compress what is sent over parallel connections.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import json
from unittest import mock

import testtools

from tests.lab.bench import hosts as bench_hosts
from tests.lab.harness.guest import guest as lab_guest
from tests.lab.harness.guest import kernel as guest_kernel
from tests.lab.harness.guest import memory_image
from tests.lab.harness.guest import spec as guest_spec
from tests.lab.harness import observed
from tests.lab.harness.wire import capture
from tests.lab.harness.wire import proof as wire

RAM = 49152
IMAGE_MIB = 16
PACKED = {'compression': 'zlib', 'compression.zlib.level': 0}
ZSTD = {'compression': 'zstd', 'compression.zstd.level': 1}


class SpeedTest(testtools.TestCase):
    """What the command chooses by itself."""

    def setUp(self) -> None:
        super().setUp()
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        # The lab of a bench may be there, too.
        stack.enter_context(
            mock.patch.object(bench_hosts, 'NAME', 'test-speed')
        )
        self.pair = stack.enter_context(
            bench_hosts.up('trixie', lambda _line: None)
        )
        self.source, self.destination = self.pair.lab.hosts

    @contextlib.contextmanager
    def _guest(self, fill: str) -> Iterator[lab_guest.Guest]:
        directory = self.pair.lab.controller.directory / 'kernel'
        guest = lab_guest.Guest(
            guest_spec.GuestSpec(name=f'speed-{fill}', fill=fill),
            guest_kernel.build(directory),
            image=memory_image.build(directory, size_mib=IMAGE_MIB)
            if fill == 'image'
            else None,
        )
        try:
            guest.define_and_start(self.source)
            guest.wait_ready(self.source)
            guest.prepare_destination(self.destination)
            yield guest
        finally:
            for host in self.pair.lab.hosts:
                guest.destroy(host)

    def _migrate(
        self, guest: lab_guest.Guest, *options: str
    ) -> observed.Observed:
        path = observed.captures(self.pair.lab) / f'{guest.name}.pcap'
        uri = self.destination.uri('tls')
        with capture.Capture(self.destination, path) as running:
            done = self.source.run(
                self.pair.command(
                    'migrate', *options, guest.name, uri, '-f', 'json'
                ),
                env=self.pair.env,
                timeout_s=observed.TIMEOUT_S,
            )
        return observed.Observed(
            outcome=observed.Outcome(
                exit_status=done.returncode,
                record=json.loads(done.stdout),
                stderr=done.stderr,
            ),
            proof=wire.prove(
                path,
                secrets=[guest.spec.secret.encode()],
                disk_secrets=[],
                dropped_packets=running.result.dropped_packets,
                expected_bytes=None,
            ),
        )

    def test_chosen(self) -> None:
        """The memory is the same at the other end.

        Memory that nobody has had the time to look at is packed.
        """
        for fill, expected in (
            ('image', (PACKED,)),
            ('random', (PACKED, ZSTD)),
            ('pattern', (PACKED, ZSTD)),
        ):
            with self._guest(fill) as guest:
                seen = self._migrate(guest)
                params = seen.outcome.record['params']
                found = {
                    name: value
                    for name, value in params.items()
                    if name.startswith('compression')
                }
                self.assertIn(found, expected, fill)
                self._assert_encrypted(
                    seen.proof, params['parallel.connections']
                )
                guest.verify_memory(self.destination)

    def _assert_encrypted(
        self, proof: wire.WireProof, connections: int
    ) -> None:
        self.assertEqual((), proof.reasons)
        self.assertEqual({}, proof.clear_hits)
        (port,) = (each for each in proof.ports if each.role == wire.DATA)
        # One more leads.
        self.assertEqual((RAM, connections + 1), (port.port, port.connections))
        self.assertEqual(port.connections, port.tls_handshakes)
        self.assertEqual(('TLS 1.3',), port.tls_versions)
