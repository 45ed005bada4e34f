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

"""What may be in a file or a message in place of what should be there."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
import re
from typing import Any

from hypothesis import strategies

from tests.functional.fidelity import world

_BLOCK = re.compile(rb'-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END [^-]*-----')
#: A few MiB at the most.
_HUGE = 3 * 1024 * 1024
_EDITS_MAX = 4
#: Bytes that mean something in DER, in PEM, or at the end of a string.
_TELLING = (
    b'\0', b'\n', b'\r\n', b'-', b'-----', b'=', b'\x30\x80', b'\xff' * 4,
    b'\x02\x01\x00', b'\x30\x84\x7f\xff\xff\xff', b'\x05\x00', b'\xef\xbb\xbf',
    b'-----BEGIN CERTIFICATE-----\n', b'-----END CERTIFICATE-----\n',
    b'-----BEGIN X509 CRL-----\n', b'-----BEGIN ' b'PRIVATE KEY-----\n',
    b'Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n',
)  # fmt: skip


@strategies.composite
def edited(draw: Any, good: bytes) -> bytes:
    """Something that was good before a few places were changed."""
    content = bytearray(good)
    for _ in range(draw(strategies.integers(1, _EDITS_MAX))):
        begin = draw(strategies.integers(0, max(0, len(content) - 1)))
        length = draw(strategies.sampled_from((0, 1, 1, 2, 16, 300)))
        piece = bytes(content[begin : begin + length])
        content[begin : begin + length] = draw(
            strategies.one_of(
                strategies.just(b''),
                strategies.just(piece + piece),
                strategies.binary(min_size=1, max_size=4),
                strategies.sampled_from(_TELLING),
                strategies.sampled_from(
                    [_flipped(piece, bit) for bit in range(8)]
                ),
            )
        )
    return bytes(content)


def _flipped(piece: bytes, bit: int) -> bytes:
    return bytes(byte ^ 1 << bit for byte in piece)


def cut(good: bytes) -> strategies.SearchStrategy[bytes]:
    """Only the beginning of it."""
    return strategies.integers(0, len(good)).map(lambda end: good[:end])


def is_pem(content: bytes) -> bool:
    """Tell whether something can be taken out of it."""
    try:
        return bool(_BLOCK.search(content) and inside(content)[1])
    except binascii.Error:
        return False


def inside(good: bytes) -> tuple[str, bytes]:
    """Give the label of a PEM file and what is in it, in DER."""
    found = _BLOCK.search(good)
    assert found is not None
    return found[1].decode('ascii'), base64.b64decode(found[2])


def edited_inside(good: bytes) -> strategies.SearchStrategy[bytes]:
    """The same for what is in a PEM file, in sound PEM."""
    label, der = inside(good)
    return edited(der).map(lambda changed: world.pem(label, changed))


def huge(good: bytes) -> strategies.SearchStrategy[bytes]:
    """The same again and again, or with much before it."""
    return strategies.sampled_from(
        (
            good * (_HUGE // max(1, len(good))),
            b'-' * _HUGE + b'\n' + good,
            b'-----BEGIN ' * (_HUGE // 11) + good,
            bytes(_HUGE) + good,
            good + b'x' * _HUGE,
        )
    )


def file_content(
    good: bytes, others: Sequence[bytes]
) -> strategies.SearchStrategy[bytes]:
    """Anything that may be in the place of a PEM file.

    :param others: what is in files beside it.
    """
    return strategies.one_of(
        edited(good),
        edited_inside(good),
        edited_inside(good),
        cut(good),
        strategies.binary(max_size=400),
        strategies.sampled_from(tuple(others)),
        strategies.sampled_from((1, 2, 17)).map(lambda n: good * n),
        strategies.integers(0, 15).flatmap(
            lambda n: strategies.just(good) if n else huge(good)
        ),
    )
