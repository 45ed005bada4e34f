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

"""The line that shows a person how many of many are done."""

from __future__ import annotations

import contextlib
from typing import TextIO

from nova_native_tls._i18n import _


class Counter(contextlib.AbstractContextManager[None]):
    """Redraws one line on a terminal; silent on anything else.

    :param total: how many there are.
    """

    def __init__(self, stream: TextIO, total: int) -> None:
        self._stream = stream
        self._is_shown = stream.isatty()
        self._total = total
        self._done = 0

    def add(self, count: int) -> None:
        """Count some more as done."""
        self._done += count
        if self._is_shown:
            text = _('%(done)d of %(total)d') % {
                'done': self._done,
                'total': self._total,
            }
            self._stream.write(f'\r{text}')
            self._stream.flush()

    def __exit__(self, *_error: object) -> None:
        if self._is_shown and self._done:
            self._stream.write('\n')
