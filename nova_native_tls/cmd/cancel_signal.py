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

"""How Ctrl-C reaches a migration that is under way."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import signal
import threading


@contextlib.contextmanager
def cancel_on_signal() -> Iterator[threading.Event]:
    """Turn Ctrl-C and SIGTERM into a wish to cancel."""
    cancel = threading.Event()
    before = {
        number: signal.signal(number, lambda _n, _f: cancel.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield cancel
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
