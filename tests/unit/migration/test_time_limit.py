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

"""Tests of migration/time_limit.py."""

from __future__ import annotations

import threading

import fixtures
import testtools

from nova_native_tls.migration import time_limit

#: A test that waits so long fails.
HANGS_AFTER_S = 60


class WithinTest(testtools.TestCase):
    """A limit on what cannot be interrupted."""

    def test_result(self) -> None:
        """What the work gives is given on, None too."""
        self.assertEqual(42, time_limit.within(60, lambda: 42))
        self.assertIsNone(time_limit.within(60, lambda: None))

    def test_slow_result(self) -> None:
        """Work is waited for."""
        release = threading.Event()
        timer = threading.Timer(0.02, release.set)
        timer.start()
        self.addCleanup(timer.join)
        self.assertTrue(time_limit.within(60, lambda: release.wait(60)))

    def test_error(self) -> None:
        """What the work raises is raised, in the caller's thread."""

        def work() -> None:
            raise ValueError('why')

        err = self.assertRaises(ValueError, time_limit.within, 60, work)
        self.assertEqual('why', str(err))

    def test_no_answer(self) -> None:
        """Nobody waits for longer than was said."""
        release = threading.Event()
        self.addCleanup(release.set)
        self.assertRaises(TimeoutError, time_limit.within, 0.001, release.wait)

    def test_cancelled_before(self) -> None:
        """Nor for what was never wanted."""
        release = threading.Event()
        self.addCleanup(release.set)
        cancel = threading.Event()
        cancel.set()
        err = self.assertRaises(
            TimeoutError,
            time_limit.within,
            HANGS_AFTER_S,
            release.wait,
            cancel,
        )
        self.assertEqual('cancelled', str(err))

    def test_not_cancelled(self) -> None:
        """A result is waited for as long as nobody minds."""
        release = threading.Event()
        timer = threading.Timer(0.02, release.set)
        timer.start()
        self.addCleanup(timer.join)
        self.useFixture(
            fixtures.MockPatchObject(time_limit, 'CANCEL_INTERVAL_S', 0.001)
        )
        self.assertTrue(
            time_limit.within(60, lambda: release.wait(60), threading.Event())
        )
