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

"""Which states does a server go through, when one asks all the time?"""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from tests.cloud.harness.api import rest as cloud_rest
from tests.cloud.harness.api import servers as cloud_servers
from tests.lab.harness.node import node as lab_node

#: Short beside what Nova needs for any step, and no load by itself.
PAUSE_S = 0.01


class ServerWatch:
    """Asks as long as the ``with`` block lasts, with a client of its own."""

    def __init__(self, controller: lab_node.Node, server_id: str) -> None:
        self._rest = cloud_rest.Rest(controller)
        self._servers = cloud_servers.Servers(self._rest)
        self._server_id = server_id
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._error: Exception | None = None
        self._asked = 0
        self._seen: list[cloud_servers.Server] = []

    def __enter__(self) -> Self:
        # The first answer takes the client's start.
        self._look()
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end.set()
        self._thread.join()
        self._rest.close()
        if self._error is not None and exc is None:
            raise self._error

    @property
    def asked(self) -> int:
        """How often Nova was asked."""
        return self._asked

    @property
    def seen(self) -> tuple[cloud_servers.Server, ...]:
        """Every state that differs from the one before it."""
        return tuple(self._seen)

    def _watch(self) -> None:
        try:
            while not self._end.is_set():
                self._look()
                time.sleep(PAUSE_S)
            self._look()
        except Exception as err:
            # Raised where the block ends.
            self._error = err

    def _look(self) -> None:
        now = self._servers.show(self._server_id)
        self._asked += 1
        if not self._seen or self._seen[-1] != now:
            self._seen.append(now)
