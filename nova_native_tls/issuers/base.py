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

"""What an issuer of certificates is."""

from __future__ import annotations

import abc
import dataclasses

from oslo_config import cfg

NAMESPACE = 'nova_native_tls.issuers'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What a host installs, all of it in PEM.

    :ivar chain_pem: the host's certificate, then intermediates if there are
        any.
    :ivar ca_pem: whom hosts are to trust.
    :ivar crl_pem: revocation lists; None if the issuer has none.
    """

    chain_pem: bytes
    ca_pem: bytes
    crl_pem: bytes | None = None


class Issuer(abc.ABC):
    """Gets certificates for the hosts of one CA.

    Found by its entry point in the namespace ``nova_native_tls.issuers``.

    :param conf: with the options of ``[native_tls]``.
    :raises IssuerUnusable: an option that it needs is not set.
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self.conf = conf

    @abc.abstractmethod
    def issue(
        self,
        csr_pem: bytes,
        *,
        names: tuple[str, ...],
        replaces: bytes | None = None,
    ) -> Issued:
        """Get a certificate for a request.

        Whoever installs it has to look at it first: an issuer does not
        promise that QEMU loads it.

        :param names: host names and addresses that the request asks for, and
            may.
        :param replaces: the certificate in PEM that the host has now, if it
            renews it; its key may lose the names to the new one.
        :raises NativeTLSError: there is none, and why.
        """
