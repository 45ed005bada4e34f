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

"""Which private keys are known to work, without keeping any of them."""

from __future__ import annotations

import hashlib
import os
import threading

from nova_native_tls.pki import loaded

#: Many more than one host has certificates at a time.
_REMEMBERED_MAX = 64


class ProvenKeys:
    """What a handshake has shown before, of files that are still the same.

    Only digests are remembered, under a secret of this process: they say
    nothing to whoever has the files or a part of them.
    """

    def __init__(self) -> None:
        self._secret = os.urandom(hashlib.blake2b.MAX_KEY_SIZE)
        self._lock = threading.Lock()
        self._proven: dict[bytes, None] = {}

    def digest(self, host: loaded.Host, priority: str) -> bytes:
        """Stand for everything that decides if a handshake works."""
        passphrase = host.files.passphrase
        parts: list[bytes] = [
            host.loaded.end.encode(),
            str(host.version).encode(),
            priority.encode(),
            b'' if passphrase is None else b'1' + passphrase.encode(),
        ]
        for name, file in sorted(host.files.files.items()):
            if file.content is not None:
                parts += name.encode(), file.content
        state = hashlib.blake2b(key=self._secret)
        for part in parts:
            state.update(len(part).to_bytes(8))
            state.update(part)
        return state.digest()

    def __contains__(self, digest: bytes) -> bool:
        with self._lock:
            return digest in self._proven

    def add(self, digest: bytes) -> None:
        """Remember one; the oldest is forgotten when there are too many."""
        with self._lock:
            self._proven[digest] = None
            while len(self._proven) > _REMEMBERED_MAX:
                del self._proven[next(iter(self._proven))]
