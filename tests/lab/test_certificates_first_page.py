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

"""The commands of the first page lead to an encrypted migration."""

from __future__ import annotations

import testtools

from tests.lab.certificates import doc_commands
from tests.lab.certificates import stand
from tests.lab.harness.guest import guest as lab_guest
from tests.lab.harness import observed
from tests.lab.harness.wire import capture
from tests.lab.harness.wire import proof as wire

PREFIX = 'nova-native-tls migrate '


class FirstPageTest(testtools.TestCase):
    """Two hosts without a certificate, and a page of commands."""

    def test_from_nothing(self) -> None:
        """All commands work, and the wire shows TLS and nothing else."""
        one = stand.get()
        source, destination = one.lab.hosts
        one.from_nothing()
        guest = one.start_guest(source)
        self.addCleanup(guest.destroy, destination)
        page = doc_commands.sections(stand.FIRST_PAGE)
        *before, migrate = page[stand.MIGRATE]
        self.assertEqual(
            f'{PREFIX}{guest.name} qemu+tls://host2.example.org/system',
            migrate.text,
        )
        one.run(*before)
        path = observed.captures(one.lab) / 'first-page.pcap'
        with capture.Capture(destination, path) as running:
            one.run(migrate)
        proof = wire.prove(
            path,
            secrets=[guest.spec.secret.encode()],
            dropped_packets=running.result.dropped_packets,
            expected_bytes=guest.spec.working_set_mib * 2**20,
        )
        self.assertEqual((), proof.reasons)
        guest.verify_memory(destination)
        self.assertEqual(lab_guest.ABSENT, guest.state(source))
