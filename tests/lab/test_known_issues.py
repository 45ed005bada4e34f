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


"""Known issues, shown by the libvirt and QEMU of the lab.

Asked as by any program that does not know of them. Whether they have an issue
is what the releases in the table say.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import functools
import os
import signal
import subprocess
import time

from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration.known_issues import memory
from nova_native_tls.migration.known_issues import rules
from nova_native_tls.migration import versions
from tests.lab import base
from tests.lab.bench import job as bench_job
from tests.lab.harness.guest import guest as lab_guest
from tests.lab.harness.lab import lab as lab_lab
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.node import qemu_thread
from tests.lab.versions import stand

#: For what takes half a minute.
LIMIT_S = 120

#: A thread may wait for the end of a piece of memory, and not for a
#: connection, when it is looked at.
LOOKS = 20

#: Of a processor; a thread that sleeps takes nothing.
BUSY = 0.1

#: Between two looks at what a thread does.
LOOK_S = 0.3

#: Of a guest in two halves.
FAILED = 'post-copy failed'

#: Libvirt 9.0 may ask the destination how a resume ended when QEMU there has
#: not said yet that it resumes, and takes the old state for a new failure.
TOO_SOON = "job 'migration in' failed in post-copy phase"


class KnownIssuesTest(base.LabTestCase):
    """What becomes of a guest that meets one."""

    def _migrate(
        self, guest: lab_guest.Guest, *options: str
    ) -> subprocess.CompletedProcess[str]:
        return self.source.virsh(
            *self._arguments(guest, *options), check=False
        )

    def _arguments(
        self, guest: lab_guest.Guest, *options: str
    ) -> tuple[str, ...]:
        return (
            *('migrate', '--live', '--p2p', '--tls', '--persistent'),
            *('--undefinesource', *options, guest.name),
            self.destination.uri('tcp'),
        )

    def _met(self, *flags: str) -> set[str]:
        """Give the issues that such a call meets between these hosts."""
        host = stand.ask(self.source)
        return {
            met.known.id
            for met in rules.find(
                migration_call.MigrateCall(
                    flags=frozenset({'LIVE', 'TLS', *flags}), params={}
                ),
                migration_call.MigrationRequest(iothreads=False),
                versions.Context(source=host, destination=host),
            )
        }

    def test_disks_without_name(self) -> None:
        """Over parallel connections libvirt has to be told the name."""
        guest = self.start_guest(disk_mib=32)
        options = ('--parallel', '--copy-storage-all')
        done = self._migrate(guest, *options)
        mismatch = 'Certificate does not match the hostname'
        self.assertEqual(
            'disks-without-name' in self._met('PARALLEL', 'NON_SHARED_DISK'),
            mismatch in done.stderr,
            done.stderr,
        )
        if done.returncode:
            self.assert_stayed(guest)
            done = self._migrate(
                guest, *options, '--tls-destination', self.destination.fqdn
            )
        self.assertEqual((0, ''), (done.returncode, done.stderr.strip()))
        self.assert_arrived(guest)
        guest.verify_disk(self.destination)

    def test_zero_copy(self) -> None:
        """QEMU finds out, when the destination runs already."""
        guest = self.start_guest()
        self.assertIn('tls-zerocopy', self._met('PARALLEL', 'ZEROCOPY'))
        done = self._migrate(guest, '--parallel', '--zerocopy')
        self.assertNotEqual(0, done.returncode)
        self.assertIn('non-TLS multifd migration', done.stderr)
        self.assert_stayed(guest)

    def test_tunnelled(self) -> None:
        """Nobody refuses it; libvirt stumbles over a name that is none."""
        guest = self.start_guest()
        self.assertIn('tls-tunnelled', self._met('TUNNELLED', 'PEER2PEER'))
        done = self._migrate(guest, '--tunnelled')
        self.assertNotEqual(0, done.returncode)
        self.assertNotIn('mutually exclusive', done.stderr)
        # 11.3 crashes; its guests do not notice.
        self._revive(self.source)
        self.assert_stayed(guest)

    def test_busy_wait(self) -> None:
        """While all connections are busy QEMU sleeps, or asks all the time."""
        # It writes more than is sent, so that it does not go meanwhile. A
        # limit would have QEMU wait for it rather than for a connection.
        guest = self.start_guest(
            memory_mib=320, working_set_mib=256, dirty_mib_s='max'
        )
        argv = self._arguments(guest, '--parallel')
        with self.source.popen(['virsh', *argv]) as running:
            self._wait_for_memory(guest)
            leader = qemu_thread.find(guest.name, qemu_thread.LEADER)
            shares: list[float] = []
            while len(shares) < LOOKS and max(shares, default=0) < BUSY:
                shares.append(self._share(guest, leader))
            self.source.virsh('suspend', guest.name)
            _stdout, stderr = running.communicate(timeout_s=LIMIT_S)
        self.assertEqual('', stderr.strip())
        qemu = stand.ask(self.source).qemu
        assert qemu is not None
        self.assertEqual(
            memory.BUSY_WAIT.include(qemu), max(shares) >= BUSY, shares
        )
        self.assert_arrived(guest)

    def _share(
        self, guest: lab_guest.Guest, leader: qemu_thread.Thread
    ) -> float:
        """Tell what it takes of a processor while nobody receives."""
        # What was held goes on its way first.
        time.sleep(LOOK_S)
        with self._nobody_receives(guest):
            before_s = leader.running_s()
            time.sleep(LOOK_S)
            return (leader.running_s() - before_s) / LOOK_S

    def _wait_for_memory(self, guest: lab_guest.Guest) -> None:
        """Wait until some was sent, so that all threads are at work."""
        deadline = time.monotonic() + LIMIT_S
        while bench_job.Job.running(self.source, guest.name).carried < 2**24:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)

    @contextlib.contextmanager
    def _nobody_receives(self, guest: lab_guest.Guest) -> Iterator[None]:
        """Stop who receives, and wait until who sends cannot go on."""
        find = functools.partial(qemu_thread.find, guest.name)
        senders = [find(role) for role in qemu_thread.SENDERS]
        destination = find(qemu_thread.RECEIVER).pid
        # One that gets less than the other would be waited for by itself.
        os.kill(destination, signal.SIGSTOP)
        try:
            self._wait_at_rest(*senders)
            yield
        finally:
            os.kill(destination, signal.SIGCONT)

    def _wait_at_rest(self, *threads: qemu_thread.Thread) -> None:
        """Wait until none of them runs any more."""
        deadline = time.monotonic() + LIMIT_S
        before_s = -1.0
        while (now_s := sum(each.running_s() for each in threads)) > before_s:
            self.assertLess(time.monotonic(), deadline)
            before_s = now_s
            time.sleep(LOOK_S)

    def test_resume(self) -> None:
        """A post-copy that was broken off goes on, or the daemon crashes."""
        hosts = (self.source, self.destination)
        for host in hosts:
            # userfaultfd is root's alone.
            host.configure_qemu(
                user='root', group='root', clear_emulator_capabilities=0
            )
            self.addCleanup(host.configure_qemu)
        guest = self.start_guest(working_set_mib=64, dirty_mib_s=200)
        self._break_off_post_copy(guest)
        resumed = self._resume(guest)
        crashed = [host for host in hosts if self._revive(host)]
        self.assertEqual(
            'post-copy-resume-crash' in self._met('POSTCOPY_RESUME'),
            bool(crashed),
            resumed.stderr,
        )
        if not crashed:
            if TOO_SOON in resumed.stderr:
                self._resume_until_there(guest)
            else:
                self.assertEqual(0, resumed.returncode, resumed.stderr)
                self.assertEqual(lab_guest.ABSENT, guest.state(self.source))
            guest.verify_memory(self.destination)

    def _resume(
        self, guest: lab_guest.Guest
    ) -> subprocess.CompletedProcess[str]:
        return self._migrate(guest, '--postcopy', '--postcopy-resume')

    def _resume_until_there(self, guest: lab_guest.Guest) -> None:
        """Do what the docs say to do about a resume that came too soon."""
        deadline = time.monotonic() + LIMIT_S
        while (reason := self._reason(guest, self.destination)) != 'migrated':
            self.assertLess(time.monotonic(), deadline, reason)
            # Or it goes on by itself.
            if reason == FAILED:
                self._resume(guest)
            time.sleep(1)
        # To undefine it there was the part of who gave up.
        self.assertIn(guest.state(self.source), (lab_guest.ABSENT, 'shut off'))

    def _break_off_post_copy(self, guest: lab_guest.Guest) -> None:
        """Leave a guest half here and half there, and stopped."""
        argv = self._arguments(
            guest,
            *('--postcopy', '--bandwidth', '20', '--postcopy-bandwidth', '5'),
            *('--timeout', '2', '--timeout-postcopy'),
        )
        with self.source.popen(['virsh', *argv]) as running:
            self._wait_for_reason(guest, self.destination, 'post-copy')
            self.source.virsh('domjobabort', guest.name, '--postcopy')
            running.communicate(timeout_s=60)
        for host in (self.source, self.destination):
            self._wait_for_reason(guest, host, FAILED)

    def _revive(self, host: lab_host.Host) -> bool:
        """Start libvirtd again if it has crashed, and tell whether it has."""
        # It may be there still, at its end.
        crashed = host.virsh('version', check=False).returncode != 0
        if crashed:
            host.restart_libvirtd()
        return crashed

    def _wait_for_reason(
        self, guest: lab_guest.Guest, host: lab_host.Host, reason: str
    ) -> None:
        """Wait until libvirt says why the guest is in its state there."""
        deadline = time.monotonic() + LIMIT_S
        while True:
            said = self._reason(guest, host)
            if said == reason:
                return
            self.assertLess(time.monotonic(), deadline, said)
            time.sleep(0.1)

    def _reason(self, guest: lab_guest.Guest, host: lab_host.Host) -> str:
        argv = ('domstate', guest.name, '--reason')
        said = host.virsh(*argv, check=False).stdout
        return said.strip().rpartition('(')[2].removesuffix(')')


class DebianThirteenTest(KnownIssuesTest):
    """The same with libvirt and QEMU of Debian 13."""

    def find_hosts(
        self,
    ) -> tuple[lab_lab.Lab, tuple[lab_host.Host, lab_host.Host]]:
        """Give two of the hosts between which versions are compared."""
        found = stand.bring_up(stand.SUITES)
        return found.lab, found.pair('trixie', 'trixie')

    def test_post_copy_parallel(self) -> None:
        """QEMU refuses, when the destination runs already."""
        guest = self.start_guest()
        self.assertIn('post-copy-parallel', self._met('POSTCOPY', 'PARALLEL'))
        done = self._migrate(guest, '--postcopy', '--parallel')
        self.assertNotEqual(0, done.returncode)
        self.assertIn('Postcopy is not yet compatible', done.stderr)
        self.assert_stayed(guest)
