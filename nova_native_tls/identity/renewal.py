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

"""A new key and a new certificate in place of those that are installed."""

from __future__ import annotations

from collections.abc import Sequence
import os

from nova_native_tls import exception
from nova_native_tls.identity import candidate
from nova_native_tls.identity import enroll
from nova_native_tls.identity import pending
from nova_native_tls.identity import place as identity_place
from nova_native_tls.identity import report
from nova_native_tls.identity import request
from nova_native_tls.issuers import base
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import key_type
from nova_native_tls.store import set_directory

_SERVER_CERT = credential_set.Endpoint.SERVER.cert()


def certify(
    where: identity_place.Place,
    issuer: base.Issuer,
    *,
    names: Sequence[str] = (),
    kind: key_type.KeyType = key_type.DEFAULT,
) -> candidate.Given:
    """Make a key and have it certified; what comes of it is to be installed.

    A request that waits already and has the same names is used: its key may
    be certified by now, by a run that was interrupted.

    :param names: those of the installed certificate by default, or the
        host's own.
    :raises NativeTLSError: there is no certificate.
    """
    old = installed_certificate(where)
    wanted = request.canonical(names or _names(old, where))
    waiting = _waiting(where, wanted) or enroll.enroll(
        where, names=wanted, kind=kind, replace=True
    )
    issued = issuer.issue(waiting.request.csr_pem, names=wanted, replaces=old)
    return candidate.Given(
        cert=issued.chain_pem, ca=issued.ca_pem, crl=issued.crl_pem
    )


def installed_certificate(where: identity_place.Place) -> bytes | None:
    """Give what this host shows when a guest arrives; None: nothing.

    :raises NotAFile: it cannot be read.
    """
    if not os.path.isdir(where.directory):
        return None
    found = set_directory.SetDirectory(where.directory).seen([_SERVER_CERT])
    return found[_SERVER_CERT][0] if found else None


def _names(old: bytes | None, where: identity_place.Place) -> tuple[str, ...]:
    if old is not None:
        leaf = report.certificate(old)
        if has := (*leaf.host_names, *leaf.ip_addresses):
            return has
    return request.own_names(where.host_name)


def _waiting(
    where: identity_place.Place, names: tuple[str, ...]
) -> pending.Pending | None:
    try:
        found = pending.read(where.directory)
    except exception.NativeTLSError:
        # A new one takes its place.
        return None
    if found is None or set(found.request.names) != set(names):
        return None
    return found
