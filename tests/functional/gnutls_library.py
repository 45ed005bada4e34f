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

"""Asks libgnutls, the library that QEMU verifies with."""

from __future__ import annotations

import ctypes

LIBRARY = 'libgnutls.so.30'

#: gnutls_x509_crt_fmt_t and gnutls_digest_algorithm_t (gnutls/gnutls.h).
PEM, SHA256 = 1, 6


class _Datum(ctypes.Structure):
    """gnutls_datum_t."""

    _fields_ = [('data', ctypes.c_char_p), ('size', ctypes.c_uint)]


class Certificate:
    """The certificate that QEMU would take from a PEM file."""

    def __init__(self, pem: bytes) -> None:
        self._library = ctypes.CDLL(LIBRARY)
        self._handle = ctypes.c_void_p()
        self._call('init', ctypes.byref(self._handle))
        datum = _Datum(pem, len(pem))
        self._call('import', self._handle, ctypes.byref(datum), PEM)

    def _call(self, function: str, *arguments: object) -> None:
        code = self._library[f'gnutls_x509_crt_{function}'](*arguments)
        if code < 0:
            raise ValueError(f'gnutls_x509_crt_{function}: {code}')

    def covers(self, name: str) -> bool:
        """Tell whether a peer of this name may show the certificate."""
        return bool(
            self._library.gnutls_x509_crt_check_hostname(
                self._handle, name.encode()
            )
        )

    def sha256(self) -> str:
        """The fingerprint, in hexadecimal."""
        digest = ctypes.create_string_buffer(32)
        size = ctypes.c_size_t(len(digest))
        self._call(
            'get_fingerprint', self._handle, SHA256, digest, ctypes.byref(size)
        )
        return digest.raw.hex()
