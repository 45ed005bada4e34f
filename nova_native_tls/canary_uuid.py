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

"""UUIDs by which a canary is told from any other guest.

A canary is the throw-away guest of ``canary/``. Whoever lists guests leaves it
out: it has ended before anybody could look at it.
"""

from __future__ import annotations

import secrets

#: The version is 8, which is for what an application makes by its own rules
#: (RFC 9562); Nova's instances have version 4.
_BEGINNING = 'c0a1ca7a-5e8d-8f4e-b1d5-'
_REST_BYTES = 6


def new() -> str:
    """Make up the UUID of a canary."""
    return f'{_BEGINNING}{secrets.token_hex(_REST_BYTES)}'


def is_canary(uuid: str) -> bool:
    """Tell the UUID of a canary from that of anything else."""
    return uuid.startswith(_BEGINNING)
