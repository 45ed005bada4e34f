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

"""PEM files as QEMU and GnuTLS see them, as bytes."""

from __future__ import annotations

import re

# From its BEGIN to its END; what is between them holds no hyphen.
_BLOCK = re.compile(
    rb'-----BEGIN [A-Z0-9 ]{1,64}-----[^-\0]*-----END [A-Z0-9 ]{1,64}-----'
)
_BEGIN = re.compile(rb'-----BEGIN ([A-Z0-9 ]{1,64})-----')


def c_string(content: bytes) -> bytes:
    """Cut at the first NUL, as QEMU's own checks do, though not GnuTLS."""
    return content.partition(b'\0')[0]


def pack(content: bytes | bytearray, *, at_most: int) -> bytes:
    """Keep the PEM blocks of a large file, and where its first NUL is.

    :param at_most: bytes; the blocks that are too many are left out.
    """
    end = content.find(b'\0')
    if end < 0:
        return _blocks(content, 0, len(content), at_most)
    head = _blocks(content, 0, end, at_most)
    tail = _blocks(content, end, len(content), at_most - len(head))
    return head + b'\0\n' + tail


def _blocks(
    content: bytes | bytearray, begin: int, end: int, at_most: int
) -> bytes:
    kept: list[bytes] = []
    for found in _BLOCK.finditer(content, begin, end):
        at_most -= found.end() - found.start() + 1
        if at_most < 0:
            break
        kept.append(bytes(found.group()))
    return b''.join(block + b'\n' for block in kept)


def count(content: bytes, label: str) -> int:
    """Count the blocks that begin with a label, such as CERTIFICATE."""
    return content.count(b'-----BEGIN %b' % label.encode())


def labels(content: bytes) -> list[str]:
    """Name the kinds of blocks that begin in a file, each once."""
    found = (label.decode() for label in _BEGIN.findall(c_string(content)))
    return list(dict.fromkeys(found))


def holds_private_key(content: bytes) -> bool:
    """Tell whether there is a private key among other things."""
    return any(
        b'PRIVATE KEY' in line
        for line in content.split(b'\n')
        if line.lstrip().startswith(b'-----BEGIN ')
    )
