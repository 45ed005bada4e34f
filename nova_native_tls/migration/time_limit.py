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

"""How long to wait for what cannot be interrupted?"""

from __future__ import annotations

from collections.abc import Callable
import threading
import time
from typing import TypeVar

from nova_native_tls._i18n import _

T = TypeVar('T')

#: How soon a wish to cancel is noticed.
CANCEL_INTERVAL_S = 0.2


def within(
    timeout_s: float,
    work: Callable[[], T],
    cancel: threading.Event | None = None,
) -> T:
    """Run ``work``, and stop waiting for it after ``timeout_s`` seconds.

    What cannot be interrupted, such as libvirt while it connects, is left
    behind in its thread; that ends with the work, or with the process.

    :raises TimeoutError: it is not done in time, or nobody wants it any more.
    """
    done: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as err:
            failed.append(err)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    deadline = time.monotonic() + timeout_s
    while thread.is_alive() and time.monotonic() < deadline:
        thread.join(min(CANCEL_INTERVAL_S, timeout_s))
        if cancel is not None and cancel.is_set():
            raise TimeoutError(_('cancelled'))
    if failed:
        raise failed[0]
    if not done:
        raise TimeoutError(_('no answer within %d seconds') % timeout_s)
    return done[0]
