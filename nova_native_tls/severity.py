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

"""How bad it is, what was found."""

from __future__ import annotations

import enum


class Status(enum.IntEnum):
    """How bad it is; the numbers are also exit statuses."""

    SUCCESS = 0
    #: Migration may go on; an operator should act before it stops working.
    WARNING = 1
    #: Migration must not start.
    FAILURE = 2
