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

"""What is in a file that is not what QEMU looks for there?"""

from __future__ import annotations

from nova_native_tls._i18n import _
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import pem

#: How the labels of a file's PEM blocks end.
_LABELS = {
    credential_set.CA_CRL: 'CRL',
    credential_set.DH_PARAMS: 'DH PARAMETERS',
}
_SHOWN_MAX = 3


def describe(name: str, content: bytes) -> str:
    """Say what is there; empty if the file has what its name promises.

    It says nothing about whether that is whole.

    :param name: of the file, such as server-key.pem.
    """
    wanted = _LABELS.get(
        name, 'PRIVATE KEY' if '-key' in name else 'CERTIFICATE'
    )
    labels = pem.labels(content)
    if any(label.endswith(wanted) for label in labels):
        return ''
    if labels:
        found = ', '.join(labels[:_SHOWN_MAX])
        return _('has no %(wanted)s in it, but %(found)s') % {
            'wanted': wanted,
            'found': found,
        }
    if not content.strip():
        return _('is empty')
    if _is_der(content):
        return _('is in DER, not in PEM')
    return _('has nothing in PEM in it')


def _is_der(content: bytes) -> bool:
    """Tell if it is one SEQUENCE, which any certificate, key or list is."""
    if content[:1] != b'\x30' or len(content) < 2:
        return False
    length = content[1]
    if length < 0x80:
        return len(content) == 2 + length
    end = 2 + (length & 0x7F)
    return len(content) == end + int.from_bytes(content[2:end])
