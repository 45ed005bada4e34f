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

"""Just enough DER to write certificates that no library would."""

from __future__ import annotations

from collections.abc import Iterable
import datetime


def tlv(tag: int, *parts: bytes) -> bytes:
    """Put a tag and a length before contents."""
    content = b''.join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(octets))) + octets + content


def sequence(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def set_of(*parts: bytes) -> bytes:
    return tlv(0x31, *parts)


def integer(value: int) -> bytes:
    """Positive or negative."""
    size = (value if value >= 0 else ~value).bit_length() // 8 + 1
    return tlv(0x02, value.to_bytes(size, signed=True))


def boolean(value: bool) -> bytes:
    return tlv(0x01, b'\xff' if value else b'\0')


def bits(value: bytes, unused: int = 0) -> bytes:
    return tlv(0x03, bytes((unused,)), value)


def octets(value: bytes) -> bytes:
    return tlv(0x04, value)


def null() -> bytes:
    return tlv(0x05)


def text(value: str) -> bytes:
    """A UTF8String."""
    return tlv(0x0C, value.encode())


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    first, second, *rest = (int(part) for part in dotted.split('.'))
    content = b''
    for number in (first * 40 + second, *rest):
        chunk = bytes((number & 0x7F,))
        while number := number >> 7:
            chunk = bytes((0x80 | number & 0x7F,)) + chunk
        content += chunk
    return tlv(0x06, content)


def time(value: datetime.datetime) -> bytes:
    """UTCTime until 2049, GeneralizedTime from then on, as X.509 wants."""
    if 1950 <= value.year < 2050:
        return tlv(0x17, f'{value:%y%m%d%H%M%SZ}'.encode())
    return tlv(0x18, f'{value:%Y%m%d%H%M%SZ}'.encode())


def explicit(number: int, *parts: bytes) -> bytes:
    """[number] EXPLICIT, or a constructed [number] IMPLICIT."""
    return tlv(0xA0 | number, *parts)


def implicit(number: int, content: bytes) -> bytes:
    """A primitive [number] IMPLICIT."""
    return tlv(0x80 | number, content)


def named_bits(numbers: Iterable[int]) -> bytes:
    """A BIT STRING of a list of bits, such as KeyUsage."""
    wanted = set(numbers)
    if not wanted:
        return bits(b'')
    highest = max(wanted)
    value = sum(1 << (highest - number) for number in wanted)
    unused = 7 - highest % 8
    size = highest // 8 + 1
    return bits((value << unused).to_bytes(size), unused)
