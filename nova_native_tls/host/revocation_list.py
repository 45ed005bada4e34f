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

"""Certificate revocation lists: bytes in, facts out."""

from __future__ import annotations

import dataclasses
import datetime
import re

from cryptography import x509

from nova_native_tls._i18n import _

_BLOCK = re.compile(
    rb'-----BEGIN X509 CRL-----[^-]*-----END X509 CRL-----', re.DOTALL
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RevocationList:
    """One list of one CA.

    :ivar next_update: when it should have been replaced; None for never.
    """

    issuer: str
    next_update: datetime.datetime | None
    parsed: x509.CertificateRevocationList = dataclasses.field(repr=False)

    def revokes(self, pem: bytes) -> bool:
        """Tell whether the first certificate of a file is on it.

        :raises ValueError: there is none.
        """
        certificate = x509.load_pem_x509_certificate(pem)
        return (
            certificate.issuer == self.parsed.issuer
            and self.parsed.get_revoked_certificate_by_serial_number(
                certificate.serial_number
            )
            is not None
        )


def read(pem: bytes) -> tuple[RevocationList, ...]:
    """Read all lists of a file; neither signatures nor dates are judged.

    :raises ValueError: one is malformed.
    """
    try:
        return tuple(
            _described(x509.load_pem_x509_crl(block))
            for block in _BLOCK.findall(pem)
        )
    except Exception as err:
        # Damaged ones make cryptography raise classes of its own as well.
        raise ValueError(
            _('a revocation list is malformed: %s') % err
        ) from err


def _described(parsed: x509.CertificateRevocationList) -> RevocationList:
    return RevocationList(
        issuer=parsed.issuer.rfc4514_string(),
        next_update=parsed.next_update_utc,
        parsed=parsed,
    )
