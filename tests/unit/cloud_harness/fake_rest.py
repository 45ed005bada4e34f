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

"""A cloud's API that is a table of answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.cloud.harness.api import rest


class FakeRest:
    """Answers by method and path, and records what was sent.

    An answer that is a list is given one by one, and its last for ever.
    """

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = dict(answers)
        self.sent: list[tuple[str, Any]] = []
        self.reconnected = 0

    def get(self, service: str, path: str, **_rest: Any) -> Any:
        """Return the body of an answer."""
        return self.request(service, 'GET', path).body

    def post(self, service: str, path: str, body: Any, **_rest: Any) -> Any:
        """Return the body of an answer."""
        return self.request(service, 'POST', path, json=body).body

    def reconnect(self) -> None:
        """Count."""
        self.reconnected += 1

    def request(
        self, service: str, method: str, path: str, **rest_: Any
    ) -> rest.Answer:
        """Return an answer, or raise when it is an error."""
        key = f'{method} {service} {path}'
        self.sent.append((key, rest_.get('json') or rest_.get('file')))
        found = self._answers[key]
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(found, Exception):
            raise found
        return rest.Answer(
            status=200, body=found, headers={'X-OpenStack-Request-Id': 'req-1'}
        )
