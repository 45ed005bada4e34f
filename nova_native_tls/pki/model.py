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

"""What is in a certificate, without the certificate."""

from __future__ import annotations

import dataclasses
import datetime


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CertificateInfo:
    """One X.509 certificate; public facts only.

    :ivar dns_names: subjectAltName entries of type DNS, as written.
    :ivar ip_addresses: subjectAltName entries of type IP, as text.
    :ivar uris: subjectAltName entries of type URI.
    :ivar for_servers: its extended key usage permits TLS servers; without
        that extension everything is permitted.
    :ivar common_names: the subject's CNs, in order.
    :ivar serial: serial number.
    :ivar sha256: fingerprint of the DER form, lower-case hexadecimal.
    """

    subject: str
    issuer: str
    common_names: tuple[str, ...]
    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    not_valid_before_utc: datetime.datetime
    not_valid_after_utc: datetime.datetime
    serial: int
    sha256: str
    uris: tuple[str, ...] = ()
    for_servers: bool = True

    @property
    def host_names(self) -> tuple[str, ...]:
        """The host names that GnuTLS would look at.

        The common name counts only where it is the only one, there is no
        subjectAltName of type DNS, IP or URI, and the certificate is for
        servers (lib/x509/hostname-verify.c, GnuTLS 3.7.9-2+deb12u7).
        """
        if self.dns_names or self.ip_addresses or self.uris:
            return self.dns_names
        counts = self.for_servers and len(self.common_names) == 1
        return self.common_names if counts else ()
