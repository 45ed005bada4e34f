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

"""Was this host's certificate issued for our organisation?"""

from __future__ import annotations

from collections.abc import Iterator

from cryptography import x509
from cryptography.x509 import oid

from nova_native_tls.checks import host_check
from nova_native_tls.host import unseen

ORGANISATION = 'Example Ltd'


class OrganisationCheck(host_check.HostCheck):
    """A rule of this site; QEMU itself does not mind."""

    def judge(self, host: host_check.Host) -> Iterator[host_check.Finding]:
        """Refuse a host whose certificate is somebody else's."""
        content = host.seen.server_cert
        if isinstance(content, unseen.Unseen):
            yield host.unseen('organisation.not-looked-at', content)
            return
        found = _organisations(content or b'')
        if ORGANISATION in found:
            yield host.success('organisation.ours', f'O={ORGANISATION}')
        else:
            yield host.failure(
                'organisation.other',
                f'it was issued for {", ".join(found) or "nobody"}',
                wanted=f'O={ORGANISATION}',
                remedy='request one from our own CA',
                file='server-cert.pem',
            )


def _organisations(pem: bytes) -> list[str]:
    try:
        subject = x509.load_pem_x509_certificate(pem).subject
    except ValueError:
        # What is wrong with the file, other checks say.
        return []
    names = subject.get_attributes_for_oid(oid.NameOID.ORGANIZATION_NAME)
    return [str(each.value) for each in names]
