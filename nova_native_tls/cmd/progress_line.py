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

"""The line that shows a person how far a migration is."""

from __future__ import annotations

from typing import TextIO

from oslo_utils import units

from nova_native_tls._i18n import _
from nova_native_tls.migration import progress

BAR_WIDTH = 24


def render(seen: progress.Progress) -> str:
    """Draw the bar, the bytes, the rate, what is left and the downtime."""
    done = 0.0
    if seen.total:
        done = min(1.0, max(0.0, 1 - seen.remaining / seen.total))
    filled = round(done * BAR_WIDTH)
    bar = '#' * filled + '.' * (BAR_WIDTH - filled)
    downtime = '?' if seen.downtime_ms is None else seen.downtime_ms
    return _(
        '[%(bar)s] %(sent).0f MiB sent, %(rate).0f MiB/s, %(left).0f MiB '
        'left, pass %(iteration)d, downtime %(downtime)s ms'
    ) % {
        'bar': bar,
        'sent': seen.sent / units.Mi,
        'rate': seen.rate_bytes_s / units.Mi,
        'left': seen.remaining / units.Mi,
        'iteration': seen.iteration,
        'downtime': downtime,
    }


class ProgressLine:
    """Redraws one line on a terminal; silent on anything else."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._length = 0

    def show(self, seen: progress.Progress) -> None:
        """Draw over what was there."""
        if self._is_terminal:
            text = render(seen)
            self._stream.write('\r' + text.ljust(self._length))
            self._stream.flush()
            self._length = len(text)

    def end(self) -> None:
        """Leave the line, so that what follows stands on its own."""
        if self._length:
            self._stream.write('\n')
            self._length = 0
