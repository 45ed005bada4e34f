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

"""A migration that is waited for, but not for ever."""

from __future__ import annotations

from collections.abc import Callable
import threading
import time

POLL_INTERVAL_S = 0.05


class Attempt:
    """A migration in a thread that can be left behind.

    :ivar succeeded: it is over, and without an error.
    """

    def __init__(self, work: Callable[[], object]) -> None:
        """Start it."""
        self.succeeded = False
        self._error: BaseException | None = None
        self._work = work
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work()
            self.succeeded = True
        except BaseException as err:
            self._error = err

    def over_within(
        self, wait_s: float, cancel: threading.Event | None = None
    ) -> bool:
        """Wait for the end, or until nobody wants it any more."""
        end = time.monotonic() + wait_s
        while self._thread.is_alive() and time.monotonic() < end:
            if cancel is not None and cancel.is_set():
                return False
            self._thread.join(POLL_INTERVAL_S)
        return not self._thread.is_alive()

    def result(self) -> None:
        """Raise what was raised."""
        if self._error is not None:
            raise self._error
