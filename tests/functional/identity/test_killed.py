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

"""An installation that is killed anywhere leaves a whole set."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import traceback

from nova_native_tls.identity import candidate
from nova_native_tls.identity import install
from nova_native_tls.store import directory_lock
from tests.functional import credentials
from tests.functional.identity import world

KILLS = 200


class KilledTest(world.IdentityTestCase):
    """SIGKILL at random moments of an installation."""

    def setUp(self) -> None:
        super().setUp()
        self.random = random.Random(5)

    def install_in_child(self, given: candidate.Given) -> int:
        """Begin an installation in a process of its own."""
        child = os.fork()
        if child == 0:
            try:
                install.install(given, self.place, world.PATIENCE)
            except BaseException:
                traceback.print_exc(file=sys.stderr)
                os._exit(1)
            os._exit(0)
        return child

    def kill_at(self, child: int, moment_s: float) -> bool:
        """Kill it; False if it had ended, which it may only with success."""
        time.sleep(moment_s)
        os.kill(child, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        self.assertIn(status, (0, -signal.SIGKILL))
        return status != 0

    def duration_s(self, given: candidate.Given) -> float:
        """How long it takes, undisturbed."""
        begun = time.monotonic()
        os.waitpid(self.install_in_child(given), 0)
        return time.monotonic() - begun

    def test_replacing(self) -> None:
        """QEMU loads the old set or the new one, 200 times."""
        lasts_s = max(self.duration_s(self.signed()) for _time in range(3))
        outcomes = {'old': 0, 'new': 0}
        for _time in range(KILLS):
            given = self.signed()
            before = self.content()
            child = self.install_in_child(given)
            self.kill_at(child, self.random.uniform(0, 1.1 * lasts_s))

            after = self.content()
            if after == before:
                outcomes['old'] += 1
            else:
                outcomes['new'] += 1
                self.assertEqual(given.cert, after['server-cert.pem'])
                self.assertEqual(given.cert, after['client-cert.pem'])
            self.assert_qemu_loads()
        # Or the moments were not random enough to tell anything.
        self.assertGreater(min(outcomes.values()), KILLS // 20, outcomes)
        self.assert_works_on()

    def test_taking_over_plain_files(self) -> None:
        """Also while files that were put there by hand become links."""
        plain = credentials.Files(self.directory, self.ca)
        for name in self.content():
            (self.directory / name).chmod(0o644)
        before = self.content()
        lasts_s = None
        for _time in range(KILLS // 10):
            given = self.signed()
            child = self.install_in_child(given)
            # Of what is done first, which is most of the changes here.
            self.kill_at(child, self.random.uniform(0, lasts_s or 0.05))
            lasts_s = 0.2
            after = self.content()
            if after != before:
                self.assertEqual(given.cert, after['server-cert.pem'])
            self.assert_qemu_loads()
            self.put_back(plain, before)
        self.assert_works_on()

    def put_back(
        self, plain: credentials.Files, content: dict[str, bytes]
    ) -> None:
        """Put plain files in place of links."""
        for name in content:
            plain.remove(name)
            plain.write(name, content[name])
            (self.directory / name).chmod(0o644)

    def assert_works_on(self) -> None:
        """The lock is free, and the next installation cleans up."""
        with directory_lock.hold(str(self.directory), limit_s=0):
            pass
        install.install(self.signed(), self.place, world.PATIENCE)
        self.assert_qemu_loads()
        self.assertEqual(2, len(os.listdir(self.directory / '.sets')))
        self.assertEqual(
            [],
            [
                name
                for name in os.listdir(self.directory)
                if name.startswith('.unfinished')
            ],
        )
