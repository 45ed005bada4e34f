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

"""A group for Diffie-Hellman, so that QEMU need not look for one.

Without ``dh-params.pem`` QEMU up to 10.1 searches for a large prime whenever
a destination loads its credentials, which takes some 200 ms. TLS 1.3 does not
use what it finds.
"""

from __future__ import annotations

import base64
import functools

_BITS = 3072
#: RFC 7919, section A.2: p = 2^3072 - 2^3008 + (e' + 2625351) * 2^64 - 1,
#: e' being the integer part of 2^2942 * e.
_E_BITS, _OFFSET = 2942, 2625351
_GENERATOR = b'\x02\x01\x02'


@functools.cache
def ffdhe3072() -> bytes:
    """The group ffdhe3072 of RFC 7919 as a PEM file."""
    prime = (
        2**_BITS
        - 2 ** (_BITS - 64)
        + ((_e() >> (_BITS - _E_BITS)) + _OFFSET << 64)
        - 1
    )
    # A SEQUENCE of two INTEGERs; the zero says that it is not negative.
    digits = b'\0' + prime.to_bytes(_BITS // 8)
    integer = b'\x02\x82' + len(digits).to_bytes(2) + digits
    body = integer + _GENERATOR
    der = b'\x30\x82' + len(body).to_bytes(2) + body
    text = base64.encodebytes(der).replace(b'\n', b'')
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return b'\n'.join(
        [
            b'-----BEGIN DH PARAMETERS-----',
            *lines,
            b'-----END DH PARAMETERS-----',
            b'',
        ]
    )


def _e() -> int:
    """The number e times 2^3072, from its series, cut behind the last bit."""
    spare = 64
    term = total = 1 << (_BITS + spare)
    divisor = 1
    while term:
        term //= divisor
        total += term
        divisor += 1
    return total >> spare
