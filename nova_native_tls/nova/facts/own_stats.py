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


"""What this host publishes of itself, from what was seen of it.

Runs in Nova's privileged helper. Public facts only.
"""

from __future__ import annotations

from collections.abc import Sequence
import datetime

from cryptography.hazmat.primitives import serialization

from cryptography import x509

from nova_native_tls.host import observation
from nova_native_tls.host import unseen
from nova_native_tls.identity import dated
from nova_native_tls.migration import versions
from nova_native_tls.peer import facts
from nova_native_tls.peer import host_stats
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import vouching


def of(
    seen: observation.HostObservation,
    *,
    server: facts.Chain,
    client: facts.Chain,
    known: versions.HostVersions,
) -> host_stats.HostStats:
    """Put it together; whether the host is ready, others know.

    :param server: what it shows as a destination.
    :param client: what it shows as a source.
    """
    bundle = _bundle(seen)
    as_server, as_client = _certificates(server), _certificates(client)
    return host_stats.HostStats(
        ready=False,
        trusted=vouching.trusted(bundle),
        server_issuers=vouching.issuers(as_server, bundle),
        client_issuers=vouching.issuers(as_client, bundle),
        server_not_after=_not_after(as_server),
        client_not_after=_not_after(as_client),
        versions=known,
    )


def ca(seen: observation.HostObservation, shown: facts.Chain) -> bytes | None:
    """Find the CA that what this host shows comes from, in DER."""
    found = vouching.root(_certificates(shown), _bundle(seen))
    if found is None:
        return None
    return found.public_bytes(serialization.Encoding.DER)


def _bundle(seen: observation.HostObservation) -> list[x509.Certificate]:
    if isinstance(seen.credentials, unseen.Unseen):
        return []
    file = seen.credentials.file(credential_set.CA_CERT)
    return dated.certificates(file.content or b'')


def _certificates(chain: facts.Chain) -> list[x509.Certificate]:
    try:
        return [x509.load_der_x509_certificate(der) for der in chain or ()]
    except Exception:
        # GnuTLS takes what cryptography does not; it raises many classes.
        return []


def _not_after(chain: Sequence[x509.Certificate]) -> datetime.datetime | None:
    return min((each.not_valid_after_utc for each in chain), default=None)
