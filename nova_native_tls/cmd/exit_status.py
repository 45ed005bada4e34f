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

"""What the exit status of every command means."""

from __future__ import annotations

import enum


class ExitStatus(enum.IntEnum):
    """As in oslo.upgradecheck, so that scripts can treat both alike."""

    SUCCESS = 0
    #: It worked, and an operator should act before it stops working.
    WARNING = 1
    #: It did not work, or must not be done; the reason was printed.
    FAILURE = 2
    #: The tool itself broke.
    BROKEN = 255
