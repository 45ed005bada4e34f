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

"""Lines for people, and below them on a terminal what is still running."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import shutil
import sys
import threading
import time


class Screen:
    """Prints whole lines, whoever else prints at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun_s: dict[str, float] = {}
        self._shown = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Screen:
        if sys.stdout.isatty():
            self._thread.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()

    def say(self, *lines: str) -> None:
        """Print lines together."""
        with self._lock:
            self._clear()
            print(*lines, sep='\n', flush=True)

    @contextlib.contextmanager
    def running(self, what: str) -> Iterator[None]:
        """Show for how long this has been running."""
        with self._lock:
            self._begun_s[what] = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                del self._begun_s[what]

    def _tick(self) -> None:
        while not self._over.wait(1):
            with self._lock:
                self._clear()
                now_s = time.monotonic()
                line = ', '.join(
                    f'{what} {now_s - begun_s:.0f} s'
                    for what, begun_s in self._begun_s.items()
                )
                # One that wraps could not be cleared.
                width = shutil.get_terminal_size().columns - 5
                line = f'    {line}'[:width]
                print(line, end='', flush=True)
                self._shown = len(line)

    def _clear(self) -> None:
        if self._shown:
            print('\r' + ' ' * self._shown, end='\r', flush=True)
            self._shown = 0
