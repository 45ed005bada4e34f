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

"""Asks one thing after another, and leaves behind what does not answer."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import threading
import time
from typing import Generic
from typing import TypeVar

T = TypeVar('T')


class Questioner(Generic[T]):
    """One thread for all questions: a thread for each would take longer.

    What cannot be interrupted is left behind in this thread, which ends with
    it, or with the process.
    """

    def __init__(self, questions: Sequence[Callable[[], T]]) -> None:
        """Begin to ask.

        :param questions: none of them raises.
        """
        self._questions = questions
        self._answers: list[T] = []
        self._given_up = False
        self._changed = threading.Condition()
        self._asked_at = time.monotonic()
        threading.Thread(target=self._ask, daemon=True).start()

    def answers(self, time_limit_s: float) -> tuple[T, ...]:
        """Wait, for each answer no longer than so many seconds.

        :returns: the answers in the order of the questions; if there are
            fewer, the question that is next was not answered in time, and
            those behind it were not asked.
        """
        with self._changed:
            while len(self._answers) < len(self._questions):
                left_s = self._asked_at + time_limit_s - time.monotonic()
                if left_s <= 0:
                    self._given_up = True
                    break
                # Only the last answer wakes this up.
                self._changed.wait(left_s)
            return tuple(self._answers)

    def _ask(self) -> None:
        for question in self._questions:
            answer = question()
            with self._changed:
                if self._given_up:
                    return
                self._answers.append(answer)
                self._asked_at = time.monotonic()
        with self._changed:
            self._changed.notify()
