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

"""Would QEMU load these credentials?"""

from __future__ import annotations

from nova_native_tls.migration import versions
from nova_native_tls.pki import credential_set
from nova_native_tls.pki.gnutls import credentials
from nova_native_tls.pki import loaded
from nova_native_tls.pki import qemu_loading_from_10_2
from nova_native_tls.pki import qemu_loading_to_10_1
from nova_native_tls.pki import qemu_releases


def load(
    files: credential_set.CredentialSet,
    end: credential_set.Endpoint,
    *,
    now: int,
    version: versions.Version,
) -> loaded.Loaded:
    """Load one end's credentials and tell what QEMU would object to.

    :param now: seconds since 1970, UTC.
    :raises library.LibraryMissing: GnuTLS cannot be asked.
    """
    loading = loaded.Loading(files=files, end=end, version=version, now=now)
    made = credentials.Credentials()
    try:
        if qemu_releases.WHOLE_CHAIN.include(version):
            qemu_loading_from_10_2.fill(made, loading)
        else:
            qemu_loading_to_10_1.fill(made, loading)
    except loaded.Stopped:
        loading.usable = False
    return loading.result(made)
