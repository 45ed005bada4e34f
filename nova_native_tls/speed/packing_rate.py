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

"""How much CPU time it takes to put pages together for large records."""

from __future__ import annotations

import os
import time

from nova_native_tls.speed import compressors
from nova_native_tls.speed import costs

_PACKET_BYTES = costs.PACKET_PAGES * costs.PAGE_BYTES
#: The cheapest of them counts; the first few still ask for memory.
_ROUNDS = 12


def measure() -> costs.Cost:
    """Put pages together and take them apart; takes some ms."""
    packing = compressors.Packing()
    # What is in them does not matter: nothing is compressed.
    pages = os.urandom(costs.PAGE_BYTES) * costs.PACKET_PAGES
    taken = [_round(packing, pages) for _number in range(_ROUNDS)]
    return costs.Cost(
        send_s_per_gib=costs.per_gib(
            min(pack for pack, _unpack in taken), _PACKET_BYTES
        ),
        receive_s_per_gib=costs.per_gib(
            min(unpack for _pack, unpack in taken), _PACKET_BYTES
        ),
    )


def _round(packing: compressors.Packing, pages: bytes) -> tuple[float, float]:
    began = time.thread_time()
    packed = packing.pack(pages)
    between = time.thread_time()
    packing.unpack(packed)
    return between - began, time.thread_time() - between
