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

"""Looks at a guest's memory on the host that it runs on; prints JSON.

Arguments: the guest's name, and the secret that its memory is full of, in
hexadecimal. The limit is long, because a machine that runs tests is busy.
"""

from __future__ import annotations

import dataclasses
import json
import sys

from nova_native_tls.migration import libvirt_api
from nova_native_tls.speed import peek
from nova_native_tls.speed import sample
from nova_native_tls.speed import sample_places

LIMIT_S = 30


def main() -> None:
    """Sample, and read where the secret is in some places."""
    name, secret = sys.argv[1], bytes.fromhex(sys.argv[2])
    with libvirt_api.Connection.open('qemu:///system') as connection:
        domain = connection.domain(name)
        memory = sample_places.memory_of(domain.definition())
        assert memory is not None
        addresses = sample_places.blocks(memory, offset=0.5)
        found = [
            secret in domain.read_memory(address, sample_places.BLOCK_BYTES)
            for address in addresses
        ]
        seen = peek.look(domain, limit_s=LIMIT_S)
    assert isinstance(seen, sample.MemorySample), seen
    print(
        json.dumps(
            {**dataclasses.asdict(seen), 'places_with_secret': sum(found)}
        )
    )


if __name__ == '__main__':
    main()
