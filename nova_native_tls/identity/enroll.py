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

"""Makes the key of this host, and the request to have it certified."""

from __future__ import annotations

from collections.abc import Sequence

from nova_native_tls.identity import install
from nova_native_tls.identity import pending
from nova_native_tls.identity import place as identity_place
from nova_native_tls.identity import request
from nova_native_tls.pki import key_type
from nova_native_tls.store import directory_lock


def enroll(
    where: identity_place.Place,
    *,
    names: Sequence[str] = (),
    kind: key_type.KeyType = key_type.DEFAULT,
    replace: bool = False,
) -> pending.Pending:
    """Make a key and a request, which wait for their certificate.

    What is installed goes on being used.

    :param names: the host's own by default.
    :param replace: forget a request that is waiting already.
    :raises RequestPending: there is one, and it is not to be replaced.
    :raises InvalidHost: a name can be in no certificate.
    :raises WriteFailed: nothing was kept.
    """
    wanted = request.canonical(names or request.own_names(where.host_name))
    install.make_directory(where)
    with directory_lock.hold(where.directory):
        if not replace:
            waiting = pending.read(where.directory)
            if waiting is not None:
                raise pending.RequestPending(
                    since=waiting.since,
                    names=', '.join(waiting.request.names),
                    csr=waiting.csr_path,
                )
        return pending.write(where.directory, request.make(wanted, kind))
