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

from nova_native_tls.pki.gnutls import library


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
