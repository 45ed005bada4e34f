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

"""Which TLS versions, ciphers and keys are good enough."""

from __future__ import annotations

import ctypes

from nova_native_tls.pki.gnutls import library

TLS_1_3 = 'TLS1.3'
#: Endings of what there is in TLS 1.3 besides CHACHA20-POLY1305, the only
#: cipher whose key GnuTLS leaves as it is (lib/algorithms/ciphers.c,
#: GNUTLS_CIPHER_FLAG_NO_REKEY).
_CHANGING = ('-GCM', '-CCM', '-CCM-8')


def is_known(priority: str) -> bool:
    """Tell whether GnuTLS takes a priority, also one that names the system's.

    :raises library.LibraryMissing: GnuTLS cannot be asked.
    """
    handle = library.new_handle('init', library.CLIENT)
    try:
        library.call('priority_set_direct', handle, priority.encode(), None)
    except library.Failed:
        return False
    finally:
        library.function('deinit')(handle)
    return True


def changes_keys(priority: str) -> bool:
    """Tell whether GnuTLS may change a connection's key by itself.

    It does so in TLS 1.3 only.

    :raises library.LibraryMissing: GnuTLS cannot be asked.
    :raises library.Failed: the priority is none.
    """
    handle = library.new_handle('priority_init', priority.encode(), None)
    try:
        if TLS_1_3 not in _names(handle, 'protocol'):
            return False
        return any(
            name.endswith(_CHANGING) for name in _names(handle, 'cipher')
        )
    finally:
        library.function('priority_deinit')(handle)


def _names(handle: ctypes.c_void_p, kind: str) -> list[str]:
    numbers = ctypes.POINTER(ctypes.c_uint)()
    count = library.call(
        f'priority_{kind}_list', handle, ctypes.byref(numbers)
    )
    name = library.function(f'{kind}_get_name')
    return [name(number).decode() for number in numbers[:count]]
