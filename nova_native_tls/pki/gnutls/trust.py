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

"""Which certificates of a chain are revoked."""

from __future__ import annotations

from collections.abc import Sequence
import ctypes

from nova_native_tls.pki.gnutls import certificate
from nova_native_tls.pki.gnutls import library

#: Time is somebody else's question.
_FLAGS = 1 << 6  # GNUTLS_VERIFY_DISABLE_TIME_CHECKS


def revoked(
    chain: Sequence[certificate.Certificate], ca_pem: bytes, crl_pem: bytes
) -> bool:
    """Tell whether a certificate of a chain is on a revocation list.

    It does not say whether the chain is trusted otherwise, and as with QEMU
    it does not look at the list's own signature or age.

    :raises library.Failed: a file is malformed.
    """
    handle = library.new_handle('x509_trust_list_init', 0)
    try:
        cas, crls = library.datum(ca_pem), library.datum(crl_pem)
        library.call(
            'x509_trust_list_add_trust_mem',
            handle,
            ctypes.byref(cas),
            ctypes.byref(crls),
            library.PEM,
            0,
            0,
        )
        status = ctypes.c_uint()
        library.call(
            'x509_trust_list_verify_crt',
            handle,
            certificate.array(chain),
            len(chain),
            _FLAGS,
            ctypes.byref(status),
            None,
        )
    finally:
        library.function('x509_trust_list_deinit')(handle, 1)
    return bool(status.value & library.CERT_REVOKED)
