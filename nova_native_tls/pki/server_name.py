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

"""Which name of a host's certificate others should verify."""

from __future__ import annotations

import dataclasses

from nova_native_tls._i18n import _
from nova_native_tls.pki import model


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ServerName:
    """The name, or why there is none.

    :ivar found: every host name in the certificate.
    """

    name: str | None
    found: tuple[str, ...]
    problem: str = ''


def choose(certificate: model.CertificateInfo, host_name: str) -> ServerName:
    """Choose the one name in the certificate that is the host's own.

    The whole host name counts most, also under a wildcard that covers it;
    else the one name whose first label is the host's.

    :param host_name: what libvirt on the host calls it, qualified or not.
    """
    found = certificate.host_names
    wanted = host_name.lower().rstrip('.')
    if any(_covers(name.lower(), wanted) for name in found):
        return ServerName(name=wanted, found=found)
    label = wanted.partition('.')[0]
    own = sorted(
        {n.lower() for n in found if n.lower().partition('.')[0] == label}
    )
    if len(own) == 1:
        return ServerName(name=own[0], found=found)
    problem = (
        _('none of the names in the certificate is the host name %s')
        if not own
        else _('several names in the certificate could be the host name %s')
    )
    return ServerName(name=None, found=found, problem=problem % host_name)


def _covers(pattern: str, name: str) -> bool:
    """Match as gnutls_x509_crt_check_hostname does (GnuTLS lib/str.c).

    A wildcard stands only at the beginning, for one label, and the pattern
    must have two dots at least.
    """
    if pattern == name:
        return True
    head, dot, rest = pattern.partition('.')
    return (
        head == '*'
        and dot == '.'
        and '.' in rest
        and name.partition('.')[2] == rest
    )
