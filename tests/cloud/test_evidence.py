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

"""The record of a migration says what the wire, Nova and libvirt say of it."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import datetime
import ipaddress
import json
import pathlib
import struct
import sys
import time
from typing import Any

from cryptography.hazmat.primitives import hashes

from cryptography import x509

from nova_native_tls.cmd import exit_status
from tests.cloud import base
from tests.cloud.harness.api import instance_actions
from tests.cloud.harness.api import live_migrations
from tests.cloud.harness.guest import observed_move
from tests.cloud.harness.guest import virtual_machine
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.pki import pki
from tests.lab.harness.wire import pcap_file
from tests.lab.harness.wire import proof as wire
from tests.lab.harness.wire import tcp_streams

COMMAND = (sys.executable, '-m', 'nova_native_tls.cmd.main', 'evidence')
#: In a directory that each host has for itself.
FILE = '/var/log/libvirt/native-tls-evidence.jsonl'
EVENT = 'compute_native_tls_evidence'
#: QEMU writes its own words between those of the guest, and TLS its own
#: between QEMU's.
OVERHEAD = 1.1
#: The clock of the log and that of the capture are one; QEMU connects after
#: nova-compute has begun, and closes before libvirt answers.
SLACK_S = 0.5

WAIT_S = 60
POLL_S = 0.5


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A migration, and what the wire showed.

    :ivar addresses: of the data connections: the source's and the
        destination's.
    :ivar first_s: when the first data byte was seen, in seconds since 1970.
    """

    outcome: live_migrations.Outcome
    proof: wire.WireProof
    addresses: frozenset[tuple[str, str]]
    first_s: float
    last_s: float

    def port(self, number: int) -> wire.PortReport:
        """What was seen of one port."""
        (found,) = (each for each in self.proof.ports if each.port == number)
        return found


def watched_move(
    machine: virtual_machine.VirtualMachine, destination: lab_host.Host
) -> Seen:
    """Move a server while the destination's wire is captured."""
    data: list[tuple[frozenset[tuple[str, str]], Sequence[float]]] = []
    seen = observed_move.move(
        machine, destination, read=lambda path: data.append(_data(path))
    )
    ((addresses, times),) = data
    return Seen(
        outcome=seen.outcome,
        proof=seen.proof,
        addresses=addresses,
        first_s=min(times),
        last_s=max(times),
    )


def _data(
    path: pathlib.Path,
) -> tuple[frozenset[tuple[str, str]], Sequence[float]]:
    addresses, times = set(), []
    for packet in pcap_file.packets(path):
        segment = packet.segment
        if segment is None or not segment.payload:
            continue
        for client, server in (
            (segment.source, segment.destination),
            (segment.destination, segment.source),
        ):
            if tcp_streams.role_of(server.port) == wire.DATA:
                addresses.add((_text(client.address), _text(server.address)))
                seconds, micros = struct.unpack_from('=II', packet.record)
                times.append(seconds + micros / 1e6)
    return frozenset(addresses), times


def _text(address: bytes) -> str:
    return str(ipaddress.ip_address(address))


def installed(host: lab_host.Host, name: str) -> dict[str, str]:
    """What is recorded of a certificate that a host has."""
    found = x509.load_pem_x509_certificate(
        host.read_file(f'{pki.QEMU_DIRECTORY}/{name}').encode()
    )
    digits = f'{found.serial_number:X}'
    return {
        'subject': found.subject.rfc4514_string(),
        'serial': digits.zfill(len(digits) + len(digits) % 2),
        'sha256': found.fingerprint(hashes.SHA256()).hex(),
        'not_after': found.not_valid_after_utc.isoformat(),
    }


class EvidenceTest(base.CloudTestCase):
    """A server with a local disk goes there and back."""

    def set_up_computes(self) -> None:
        """Let nova-compute write to a file, and notifications into its log."""
        self.configure(
            driver=self.driver,
            native_tls=self.native_tls,
            sections={
                'native_tls': {'evidence_file': FILE},
                'notifications': {'notification_format': 'versioned'},
                'oslo_messaging_notifications': {'driver': 'log'},
            },
        )

    def setUp(self) -> None:
        super().setUp()
        for host in (self.source, self.destination):
            host.run(['rm', '-f', FILE])
            self.addCleanup(host.run, ['rm', '-f', FILE])

    def evidence(
        self, host: lab_host.Host, *argv: str, status: int = 0
    ) -> Any:
        """Run ``nova-native-tls evidence`` on a host, as an operator."""
        done = host.run(
            [*COMMAND, *argv, '--file', FILE, '-f', 'json'], check=False
        )
        self.assertEqual(status, done.returncode, done.stderr)
        return json.loads(done.stdout)

    def test_there_and_back(self) -> None:
        """Every record agrees with the capture of that very migration."""
        machine = self.boot()
        for source, destination in (
            (self.source, self.destination),
            (self.destination, self.source),
        ):
            seen = watched_move(machine, destination)
            self.assertEqual(
                'completed', seen.outcome.status, str(seen.outcome)
            )
            (row,) = self.evidence(source, 'list', '--vm', machine.id)
            found = self.evidence(source, 'show', str(row['number']))
            self.assert_of(found, machine, source, destination)
            self.assert_agrees(found, seen)
            self.assert_certificates(found, source, destination)
            self.assert_told(found, self._action(machine, seen), source)
        self.assert_changes_show(self.source)

    def assert_of(
        self,
        found: dict[str, Any],
        machine: virtual_machine.VirtualMachine,
        source: lab_host.Host,
        destination: lab_host.Host,
    ) -> None:
        """It is of this server, these hosts and this rule."""
        self.assertEqual(
            {
                'uuid': machine.id,
                'source': source.name,
                'destination': destination.name,
                'encryption': 'required',
                'rule': '[libvirt] live_migration_with_native_tls',
                'mode': 'tls',
                'verified_name': destination.fqdn,
                'priority': 'NORMAL',
                'result': 'completed',
                'cause': '',
            },
            {
                name: found[name]
                for name in (
                    *('uuid', 'source', 'destination', 'encryption', 'rule'),
                    *('mode', 'verified_name', 'priority', 'result', 'cause'),
                )
            },
        )

    def assert_agrees(self, found: dict[str, Any], seen: Seen) -> None:
        """Channels, endpoints, bytes and times are those of the capture."""
        # TLS on every channel, and nothing readable.
        self.assertEqual((), seen.proof.reasons)
        self.assertEqual({}, seen.proof.clear_hits)
        memory, disk = seen.port(base.RAM), seen.port(base.DISK)
        for port in (memory, disk):
            self.assertEqual(port.connections, port.tls_handshakes)
            self.assertEqual(('TLS 1.3',), port.tls_versions)
        # With parallel connections QEMU has one more, which leads.
        self.assertEqual(
            (2, True), (found['channels'], 'PARALLEL' in found['flags'])
        )
        self.assertEqual(found['channels'] + 1, memory.connections)
        self.assertIs(True, found['nbd'])
        self.assertEqual(
            len(found['params']['migrate_disks']), disk.connections
        )
        ((client, server),) = seen.addresses
        self.assertIn(client, self._addresses(found['source']))
        self.assertIn(server, self._addresses(found['destination']))
        self.assertLessEqual(found['memory_bytes'], memory.to_server_bytes)
        self.assertLess(
            memory.to_server_bytes, OVERHEAD * found['memory_bytes']
        )
        self.assertGreater(found['disk_bytes'], 0)
        began = datetime.datetime.fromisoformat(found['began']).timestamp()
        self.assertLess(began, seen.first_s)
        self.assertLess(seen.last_s, began + found['duration_s'] + SLACK_S)
        self.assertGreater(
            found['duration_s'], seen.last_s - seen.first_s - SLACK_S
        )
        self.assertLess(
            found['downtime_ms'] / 1000, seen.last_s - seen.first_s
        )
        self.assertGreaterEqual(found['downtime_ms'], 0)

    def _addresses(self, name: str) -> tuple[str, str]:
        """Those that the names of a host resolve to."""
        (host,) = (each for each in self.cloud.lab.hosts if each.name == name)
        return host.management_ipv4, host.management_ipv6

    def assert_certificates(
        self,
        found: dict[str, Any],
        source: lab_host.Host,
        destination: lab_host.Host,
    ) -> None:
        """They are those that are installed on the two hosts."""
        for end, host, name in (
            ('source', source, 'client-cert.pem'),
            ('destination', destination, 'server-cert.pem'),
        ):
            self.assertEqual(
                {
                    'certificate': installed(host, name),
                    'ca': installed(host, 'ca-cert.pem'),
                },
                found[f'{end}_identity'],
            )

    def assert_told(
        self,
        found: dict[str, Any],
        action: instance_actions.Action,
        source: lab_host.Host,
    ) -> None:
        """The event, the log line and the notification have its anchor."""
        anchor = found['anchor']
        number, digits = anchor.split(':')
        (event,) = (each for each in action.events if each.name == EVENT)
        self.assertEqual(('Success', source.name), (event.result, event.host))
        self.assertIsNone(action.message)
        details = event.details or ''
        self.assertLessEqual(len(details), 255)
        self.assertTrue(
            details.endswith(f'evidence {number}:{digits[:16]}'), details
        )
        for end in ('source', 'destination'):
            certificate = found[f'{end}_identity']['certificate']
            self.assertIn(certificate['sha256'][:16], details)
        verified = self.evidence(
            source, 'verify', '--expect', details.rpartition(' ')[2]
        )
        self.assertEqual(anchor, verified['last'])
        log = self._log(source, anchor)
        self.assertIn(f'evidence {anchor}', log)
        self.assertIn('"event_type": "native_tls.migration"', log)

    def _action(
        self, machine: virtual_machine.VirtualMachine, seen: Seen
    ) -> instance_actions.Action:
        """The action once it has the event, which is written last."""
        request_id = seen.outcome.action.request_id
        deadline = time.monotonic() + WAIT_S
        while True:
            action = self.cloud.actions.show(machine.id, request_id)
            names = [each.name for each in action.events]
            if EVENT in names or time.monotonic() > deadline:
                return action
            time.sleep(POLL_S)

    def _log(self, host: lab_host.Host, anchor: str) -> str:
        """The lines with that anchor, once both are there."""
        (compute,) = (
            each for each in self.cloud.computes if each.host == host
        )
        deadline = time.monotonic() + WAIT_S
        while True:
            lines = [
                line for line in compute.log().splitlines() if anchor in line
            ]
            if len(lines) > 1 or time.monotonic() > deadline:
                return '\n'.join(lines)
            time.sleep(POLL_S)

    def assert_changes_show(self, host: lab_host.Host) -> None:
        """An entry that says something else than before is found."""
        self.evidence(host, 'verify')
        host.run(['sed', '-i', 's/"mode":"tls"/"mode":"plaintext"/', FILE])
        (problem,) = self.evidence(
            host, 'verify', status=exit_status.ExitStatus.FAILURE
        )['problems']
        self.assertIn(f'{FILE}, line 1: entry 1 was edited', problem)
