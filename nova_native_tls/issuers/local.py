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

"""The CA of this project, in a directory of this very host."""

from __future__ import annotations

import datetime

from cryptography import x509
from oslo_config import cfg

from nova_native_tls.ca import allowed_names
from nova_native_tls.ca import authority
from nova_native_tls.ca import passphrase
from nova_native_tls.ca import request
from nova_native_tls import exception
from nova_native_tls.issuers import base
from nova_native_tls.pki import profile

#: New revocation lists are made when the last ones are this old.
_LIST_AGE = profile.CRL_VALIDITY / 3


class LocalIssuer(base.Issuer):
    """Signs with the key in ``[native_tls] ca_directory``."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        super().__init__(conf)
        self._directory = conf.native_tls.ca_directory

    def issue(
        self,
        csr_pem: bytes,
        *,
        names: tuple[str, ...],
        replaces: bytes | None = None,
    ) -> base.Issued:
        """Sign a request; the journal of the CA knows of it."""
        replacement = _replacement(replaces)
        now = datetime.datetime.now(datetime.UTC)
        with authority.working(self._directory, self._passphrase) as ca:
            chain = ca.sign(
                csr_pem,
                terms=authority.Terms(
                    allowed=allowed_names.AllowedNames(names=names),
                    replacement=replacement,
                ),
                now=now,
            )
            soon = now + profile.CRL_VALIDITY - _LIST_AGE
            if ca.lists_outdated(soon):
                ca.make_lists(now=now)
            return base.Issued(
                chain_pem=chain,
                ca_pem=ca.bundle(now),
                crl_pem=ca.revocation_lists(),
            )

    def _passphrase(self) -> bytes:
        path = self.conf.native_tls.ca_passphrase_file
        return passphrase.find(path) or passphrase.absent()


def _replacement(replaces: bytes | None) -> authority.Replacement:
    """Let the host that renews replace its own key, and nobody else's.

    :raises IssueFailed: what it has is no certificate.
    """
    if replaces is None:
        return authority.NO_REPLACEMENT
    try:
        key = x509.load_pem_x509_certificate(replaces).public_key()
        return authority.Replacement(key_sha256=request.key_sha256(key))
    except Exception as err:
        # As ``inspect.first_certificate``: damaged ones raise many classes.
        raise exception.IssueFailed(
            name='local', problem=f'{type(err).__name__}: {err}'
        ) from err
