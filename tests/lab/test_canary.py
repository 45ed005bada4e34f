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

"""A canary tells what an instance would meet, and leaves nothing behind."""

from __future__ import annotations

import dataclasses
import datetime
import signal
import sys
import time
from typing import Any

from nova_native_tls.canary import definition

from tests.lab import base
from tests.lab.harness.node import host as lab_host
from tests.lab.harness import observed
from tests.lab.harness.pki import pki
from tests.lab.harness.wire import capture
from tests.lab.harness.wire import proof as wire

PROGRAM = (sys.executable, '-m', 'nova_native_tls.cmd.main')
COMMAND = (*PROGRAM, 'pair', 'check')
#: The same program, but nobody has to wait a minute for its canary's end.
SHORT_LIVED = (
    sys.executable,
    '-c',
    'from nova_native_tls.canary import definition\n'
    'from nova_native_tls.cmd import main\n'
    'definition.LIFETIME_S = 15\n'
    'raise SystemExit(main.main())',
)
DAY = datetime.timedelta(days=1)

#: Longer than anything takes; reached only when something hangs.
HANGS_AFTER_S = 180
POLL_INTERVAL_S = 0.05


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """What there is of canaries on a host.

    :ivar guests: that libvirt knows, running or not.
    :ivar programs: QEMUs that run.
    """

    guests: tuple[str, ...]
    programs: tuple[str, ...]


NOTHING = Remains(guests=(), programs=())


def remains(host: lab_host.Host) -> Remains:
    """Look for canaries on a host, in two ways."""
    names = host.virsh('list', '--all', '--name').stdout.split()
    # Hosts share their process ids: a QEMU is its host's by the host's root.
    script = (
        'for p in /proc/[0-9]*; do '
        '[ "$(readlink $p/ns/mnt)" = "$(readlink /proc/self/ns/mnt)" ] && '
        'tr "\\0" " " < $p/cmdline && echo; done; true'
    )
    lines = host.run(['sh', '-c', script]).stdout.splitlines()
    return Remains(
        guests=tuple(n for n in names if n.startswith(definition.PREFIX)),
        programs=tuple(
            line
            for line in lines
            if 'qemu-system' in line.partition(' ')[0]
            and f'guest={definition.PREFIX}' in line
        ),
    )


class CanaryTestCase(base.LabTestCase):
    """Certificates that may be broken, and a look at what is left."""

    def setUp(self) -> None:
        super().setUp()
        self.authority = pki.CertificateAuthority('CA of the canaries')
        self.other = pki.CertificateAuthority('CA of others')
        for host in self.lab.hosts:
            pki.install_qemu_identity(host, self.authority)
            self.addCleanup(self._end_canaries, host)

    def _end_canaries(self, host: lab_host.Host) -> None:
        for name in remains(host).guests:
            host.virsh('destroy', name, check=False)

    def arguments(self, *options: str) -> list[str]:
        """The command line on the source."""
        uri = self.destination.uri('tls')
        argv = [*COMMAND, uri, '--depth', 'canary', *options]
        return [*argv, '-f', 'json']

    def check(self, *options: str) -> observed.Outcome:
        """Send a canary from the source to the destination."""
        return observed.run(self.source, self.arguments(*options))

    def assert_nothing_left(self) -> None:
        """No guest and no program of a canary is on either host."""
        for host in self.lab.hosts:
            self.assertEqual(NOTHING, remains(host), host.name)

    def failures(self, outcome: observed.Outcome) -> list[str]:
        """The codes of all failures."""
        return [
            each['code']
            for each in outcome.record['findings']
            if each['status'] == 'failure'
        ]


class VerdictTest(CanaryTestCase):
    """One fault each, and what a canary makes of it."""

    def test_good_hosts(self) -> None:
        """Between good hosts it arrives, encrypted, and is ended."""
        outcome = self.check()
        self.assertEqual(0, outcome.exit_status, str(outcome))
        self.assertEqual('yes', outcome.record['qemu_verdict'])
        self.assertEqual('success', outcome.record['status'])
        codes = [each['code'] for each in outcome.record['findings']]
        self.assertIn('canary.arrived', codes)
        log = self.destination.qemu_log(definition.name(self.source.name, 1))
        self.assertIn('shutting down, reason=destroyed', log)
        self.assert_nothing_left()

    def _connections(self, config: str) -> tuple[observed.Outcome, int]:
        """Send a canary as this nova.conf says; count what carries it."""
        path = '/etc/nova-canary.conf'
        self.source.write_file(
            path,
            '[libvirt]\nlive_migration_with_native_tls = true\n'
            'live_migration_scheme = tls\n' + config,
        )
        pcap = observed.captures(self.lab) / 'canary.pcap'
        with capture.Capture(self.destination, pcap) as running:
            outcome = self.check('--config-file', path)
        proof = wire.prove(
            pcap,
            # Nothing in a canary is secret.
            secrets=[b'no secret of anybody'],
            dropped_packets=running.result.dropped_packets,
        )
        pcap.unlink()
        self.assertEqual('yes', outcome.record['qemu_verdict'], str(outcome))
        self.assertEqual((), proof.reasons)
        self.assert_nothing_left()
        (port,) = (each for each in proof.ports if each.role == wire.DATA)
        return outcome, port.connections

    def test_connections(self) -> None:
        """It has those that a guest would have, and each of them is TLS."""
        for config, connections, status in (
            # QEMU 7.2 waits busily, so it has four of them, and its first.
            ('', 5, 'success'),
            ('live_migration_parallel_connections = 2\n', 3, 'success'),
            ('[native_tls]\nrekey_crash = watch\n', 1, 'warning'),
        ):
            outcome, seen = self._connections(config)
            self.assertEqual(
                (connections, status),
                (seen, outcome.record['status']),
                str(outcome),
            )

    def _assert_refused(
        self, outcome: observed.Outcome, code: str, *, subject: str
    ) -> None:
        self.assertEqual(2, outcome.exit_status, str(outcome))
        self.assertEqual('no', outcome.record['qemu_verdict'])
        self.assertEqual('failure', outcome.record['status'])
        self.assertIn(code, self.failures(outcome))
        (found,) = (
            each for each in outcome.record['findings'] if each['code'] == code
        )
        self.assertIn(subject, found['subject'])
        self.assertNotEqual('', found['remedy'])
        self.assert_nothing_left()

    def test_missing(self) -> None:
        """The destination has no server certificate."""
        self.destination.path('/etc/pki/qemu/server-cert.pem').unlink()
        self._assert_refused(
            self.check(), 'server-cert.missing', subject=self.destination.fqdn
        )

    def test_foreign(self) -> None:
        """The destination has another CA."""
        pki.install_qemu_identity(self.destination, self.other)
        self._assert_refused(
            self.check(), 'peer.unknown-issuer', subject=self.destination.fqdn
        )

    def test_expired(self) -> None:
        """The destination's certificate has expired."""
        now = datetime.datetime.now(datetime.UTC)
        pki.write_qemu_identity(
            self.destination,
            ca_pem=self.authority.cert_pem,
            issued=self.authority.issue(
                (self.destination.fqdn,),
                not_before=now - 3 * DAY,
                not_after=now - DAY,
            ),
        )
        self._assert_refused(
            self.check(), 'server-cert.expired', subject=self.destination.fqdn
        )

    def test_wrong_name(self) -> None:
        """The destination's certificate is for another name."""
        self._assert_refused(
            self.check('--tls-destination', 'other.lab.example'),
            'name.mismatch',
            subject=self.destination.fqdn,
        )

    def test_foreign_client(self) -> None:
        """The destination does not accept the source: it alone knows why."""
        issued = self.other.issue((self.source.fqdn,))
        both = self.authority.cert_pem + self.other.cert_pem
        pki.write_qemu_identity(self.source, ca_pem=both, issued=issued)
        outcome = self.check()
        self._assert_refused(
            outcome, 'connection.lost', subject=self.destination.fqdn
        )
        (lost,) = (
            each
            for each in outcome.record['findings']
            if each['code'] == 'connection.lost'
        )
        log = definition.name(self.source.name, 1) + '.log'
        self.assertIn(log, lost['remedy'])
        self.assertIn(
            'Verify failed: No certificate was found.',
            self.destination.qemu_log(log.removesuffix('.log')),
        )

    def test_no_client_key(self) -> None:
        """What the destination does not tell is found on the source."""
        self.source.path('/etc/pki/qemu/client-key.pem').unlink()
        outcome = self.check()
        self._assert_refused(
            outcome, 'connection.lost', subject=self.destination.fqdn
        )
        self.assertIn('client-cert.not-sent', self.failures(outcome))

    def test_unreachable(self) -> None:
        """Without the destination's libvirt nothing is started at all."""
        self.addCleanup(self.destination.start_libvirtd)
        self.destination.stop_libvirtd()
        before = self.source.qemu_log(definition.name(self.source.name, 1))
        outcome = self.check()
        self.assertEqual(2, outcome.exit_status, str(outcome))
        self.assertEqual('unknown', outcome.record['qemu_verdict'])
        self.assertEqual(['destination.unreachable'], self.failures(outcome))
        after = self.source.qemu_log(definition.name(self.source.name, 1))
        self.assertEqual(before, after)
        self.assertEqual(NOTHING, remains(self.source))

    def test_predict(self) -> None:
        """Without a canary it is not called good, and nothing is started."""
        before = self.source.qemu_log(definition.name(self.source.name, 1))
        argv = [*COMMAND, self.destination.uri('tls'), '-f', 'json']
        outcome = observed.run(self.source, argv)
        self.assertEqual(1, outcome.exit_status, str(outcome))
        self.assertEqual('unknown', outcome.record['qemu_verdict'])
        self.assertEqual('warning', outcome.record['status'])
        after = self.source.qemu_log(definition.name(self.source.name, 1))
        self.assertEqual(before, after)

    def test_prove(self) -> None:
        """Proof is of the source only: the same, and one thing more."""
        argv = [*COMMAND, self.destination.uri('tls'), '--depth', 'prove']
        outcome = observed.run(self.source, [*argv, '-f', 'json'])
        self.assertEqual(1, outcome.exit_status, str(outcome))
        self.assertEqual('unknown', outcome.record['qemu_verdict'])
        codes = [each['code'] for each in outcome.record['findings']]
        self.assertIn('own-handshake.accepted', codes)
        self.assertIn('destination.not-seen', codes)


class EndTest(CanaryTestCase):
    """Whatever happens to us, a canary ends."""

    def _start_by_hand(
        self, host: lab_host.Host, name: str, *, age_s: float, **more: Any
    ) -> None:
        """Start what looks like a canary; it stands still, so it lives on."""
        kind = definition.Kind(virt_type='qemu', machine='pc', arch='x86_64')
        xml = definition.build(name, kind, started=time.time() - age_s)
        for old, new in more.items():
            xml = xml.replace(old, new)
        path = f'/tmp/{name}.xml'
        host.write_file(path, xml)
        host.virsh('create', path, '--paused')
        self.addCleanup(host.virsh, 'destroy', name, check=False)

    def test_looks_find_a_canary(self) -> None:
        """A control: what looks for remains would find them."""
        name = definition.name('control', 1)
        self._start_by_hand(self.destination, name, age_s=0)
        found = remains(self.destination)
        self.assertEqual((name,), found.guests)
        self.assertEqual(1, len(found.programs))
        self.assertEqual(NOTHING, remains(self.source))

    def test_leftovers(self) -> None:
        """Old canaries are ended by the next one, on both hosts.

        Young ones may be another's, and what is no canary is never touched.
        """
        old = definition.name('old', 1)
        young = definition.name('young', 1)
        larger = definition.name('larger', 1)
        for host in self.lab.hosts:
            self._start_by_hand(host, old, age_s=3600)
            self._start_by_hand(host, young, age_s=10)
            self._start_by_hand(
                host,
                larger,
                age_s=3600,
                **{str(definition.MEMORY_KIB): '32768'},
            )
        outcome = self.check()
        self.assertEqual('yes', outcome.record['qemu_verdict'], str(outcome))
        for host in self.lab.hosts:
            self.assertEqual({young, larger}, set(remains(host).guests))

    def test_several_at_once(self) -> None:
        """Two from one host and one against them do not meet."""
        back = [
            self.source.uri('tls')
            if word == self.destination.uri('tls')
            else word
            for word in self.arguments()
        ]
        with (
            self.source.popen(self.arguments()) as first,
            self.source.popen(self.arguments()) as second,
            self.destination.popen(back) as third,
        ):
            for running in (first, second, third):
                out, err = running.communicate(timeout_s=HANGS_AFTER_S)
                self.assertEqual(0, running.poll(), out + err)
        self.assert_nothing_left()

    def _wait_until_started(self) -> None:
        deadline = time.monotonic() + HANGS_AFTER_S
        while not remains(self.source).guests:
            self.assertLess(time.monotonic(), deadline, 'nothing started')
            time.sleep(POLL_INTERVAL_S)

    def test_terminated(self) -> None:
        """SIGTERM ends the canary before the command."""
        with self.source.popen(self.arguments()) as running:
            self._wait_until_started()
            running.signal(signal.SIGTERM)
            running.communicate(timeout_s=HANGS_AFTER_S)
        self.assert_nothing_left()

    def test_killed(self) -> None:
        """After SIGKILL others can be sent, and it ends by itself."""
        argv = [*SHORT_LIVED, *self.arguments()[len(PROGRAM) :]]
        with self.source.popen(argv) as running:
            self._wait_until_started()
            running.signal(signal.SIGKILL)
            running.communicate(timeout_s=HANGS_AFTER_S)
        left = [name for h in self.lab.hosts for name in remains(h).guests]
        self.assertIn(definition.name(self.source.name, 1), left)

        outcome = self.check()
        self.assertEqual('yes', outcome.record['qemu_verdict'], str(outcome))
        deadline = time.monotonic() + HANGS_AFTER_S
        while any(remains(host) != NOTHING for host in self.lab.hosts):
            self.assertLess(time.monotonic(), deadline, 'it did not end')
            time.sleep(1)
