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

"""A CA that is killed, or whose disk is full, is what it was, or a step on."""

from __future__ import annotations

from collections.abc import Callable
import itertools
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time
from typing import BinaryIO

from cryptography import x509

from nova_native_tls.ca import authority
from nova_native_tls.ca import ledger
from nova_native_tls.ca import reading
from tests.functional.ca import hosts
from tests.functional.ca import work
from tests.unit.ca import authorities

KILLS = 60
LONGEST_S = 0.15
HANGS_AFTER_S = 120


class TestKilled(hosts.HostsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.init()
        #: The serial numbers of all certificates that were given out.
        self.given: set[int] = set()

    def fork(self, job: Callable[[int], None]) -> tuple[int, BinaryIO]:
        """Let a child do something, and write to a pipe."""
        read, write = os.pipe()
        child = os.fork()
        if not child:
            # Nothing of this process is to go on in the child.
            try:
                job(write)
                os._exit(0)
            finally:
                os._exit(1)
        os.close(write)
        return child, os.fdopen(read, 'rb')

    def ended(self, child: int, pipe: BinaryIO) -> bool:
        """Wait for a child, and tell whether it was killed."""
        _child, status = os.waitpid(child, 0)
        with pipe:
            new = {int(line) for line in pipe.read().split(b'\n')[:-1]}
        self.assertEqual(set(), self.given & new)
        self.given |= new
        if os.WIFSIGNALED(status):
            self.assertEqual(signal.SIGKILL, os.WTERMSIG(status))
            return True
        self.assertEqual(0, os.waitstatus_to_exitcode(status))
        return False

    def check(self) -> None:
        """See that nothing that was given out is lost, and that it works."""
        state = reading.Reading(self.directory)
        for serial in self.given:
            self.assertTrue(state.ledger.is_used(serial))
        bundle = x509.load_pem_x509_certificates(state.bundle(self.now))
        self.assertEqual(len(state.ledger.trusted), len(bundle))
        # By a key that fits, and which the lists fit again, too.
        with authority.working(
            self.directory, authorities.no_passphrase
        ) as ca:
            serial = work.sign(ca, work.NAME)
            ca.make_lists()
        self.assertNotIn(serial, self.given)
        self.given.add(serial)
        state = reading.Reading(self.directory)
        self.assertFalse(state.lists_outdated(self.now))
        left = {path.name for path in pathlib.Path(self.directory).iterdir()}
        self.assertEqual(set(), {n for n in left if '.unfinished' in n})

    def test_killed_at_any_moment(self):
        """Whenever it is."""
        chance = random.Random(5)
        for number in range(KILLS):
            child, pipe = self.fork(
                lambda output, seed=number: work.forever(
                    self.directory, output, seed
                )
            )
            time.sleep(chance.uniform(0, LONGEST_S))
            os.kill(child, signal.SIGKILL)
            self.assertTrue(self.ended(child, pipe))
            self.check()

    def test_killed_between_system_calls(self):
        """Before each that changes something, and in the middle of a write.

        A whole rotation long, so that every step is begun in every way.
        """
        copy = self.root / 'copy'
        steps = []
        kills = 0
        for job in (work.sign_one, *3 * [work.rotate_one]):
            shutil.copytree(self.directory, copy)
            for count in itertools.count(1):
                shutil.rmtree(self.directory)
                shutil.copytree(copy, self.directory)
                self.given = set()
                child, pipe = self.fork(
                    lambda output, job=job, count=count: work.killed_at(
                        count, lambda: job(self.directory, output)
                    )
                )
                if not self.ended(child, pipe):
                    break
                kills += 1
                self.check()
            shutil.rmtree(copy)
            steps.append(reading.Reading(self.directory).ledger.step)

        self.assertEqual(
            [
                ledger.Step.STEADY,
                ledger.Step.STARTED,
                ledger.Step.SWITCHED,
                ledger.Step.STEADY,
            ],
            steps,
        )
        self.assertLess(60, kills)
        keys = pathlib.Path(self.directory).glob('ca-key-*')
        self.assertEqual(['ca-key-2.pem'], [path.name for path in keys])


class TestFullDisk(hosts.HostsTestCase):
    def test_full_disk(self):
        """Nothing is given out that could not be written down."""
        done = subprocess.run(
            [
                *('unshare', '--mount', '--propagation', 'private'),
                *('sh', '-c'),
                'mount -t tmpfs -o size=128k ca "$0" && exec "$@"',
                str(self.root),
                *(sys.executable, '-m', work.__name__, self.directory),
            ],
            capture_output=True,
            encoding='utf-8',
            timeout=HANGS_AFTER_S,
        )

        self.assertEqual('all of it was refused\n', done.stdout, done.stderr)
