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

"""The steps of loading credentials that all versions of QEMU have."""

from __future__ import annotations

from collections.abc import Sequence

from nova_native_tls._i18n import _
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import fault
from nova_native_tls.pki.gnutls import certificate
from nova_native_tls.pki.gnutls import credentials
from nova_native_tls.pki.gnutls import library
from nova_native_tls.pki import loaded
from nova_native_tls.pki import qemu_certificate


def check_certificate(
    loading: loaded.Loading,
    cert: certificate.Certificate,
    name: str,
    *,
    is_ca: bool = False,
) -> None:
    """Hold one certificate against QEMU's own rules."""
    rules = qemu_certificate.Rules(
        end=loading.end,
        path=loading.files.path(name),
        is_ca=is_ca,
        now=loading.now,
        version=loading.version,
    )
    loading.faults.extend(qemu_certificate.broken(cert, rules))


def check_trust(
    loading: loaded.Loading,
    chain: Sequence[certificate.Certificate],
    authorities: Sequence[certificate.Certificate],
    name: str,
) -> None:
    """Let GnuTLS verify a chain: qcrypto_tls_creds_check_cert_pair."""
    path = loading.files.path(name)
    ca_path = loading.files.path(credential_set.CA_CERT)
    try:
        status = certificate.verify(chain, authorities)
    except library.Failed as err:
        sentence = (
            f'Unable to verify {loading.end} certificate {path} against CA '
            f'certificate {ca_path}'
        )
        loading.took(name, 'unverifiable', sentence, err)
        return
    if not status:
        return
    words, kind = fault.reason(status)
    loading.note(
        name,
        {'unknown-issuer': 'foreign-ca', 'weak': 'weak'}.get(
            kind, 'untrusted'
        ),
        f'Our own certificate {path} failed validation against {ca_path}: '
        f'{words}',
        _('"%(subject)s", issued by "%(issuer)s": %(details)s')
        % {
            'subject': chain[0].subject(),
            'issuer': chain[0].issuer(),
            'details': fault.details(status) or words,
        },
        unusable=False,
        status=status,
    )


def pair_refused(
    loading: loaded.Loading,
    cert: str,
    key: str,
    sentence: str,
    error: library.Failed,
) -> None:
    """Note why GnuTLS does not take a certificate with a key."""
    if error.code == library.E_CERTIFICATE_KEY_MISMATCH:
        loading.took(cert, 'key-mismatch', sentence, error)
    elif error.code == library.E_DECRYPTION_FAILED:
        loading.took(key, 'encrypted', sentence, error)
    else:
        loading.took(cert, 'pair-unusable', sentence, error, key)


def load_crl(made: credentials.Credentials, loading: loaded.Loading) -> None:
    """Have GnuTLS read the revocation lists."""
    name = credential_set.CA_CRL
    sentence = f"Cannot load CRL '{loading.files.path(name)}': "
    content = loading.content(name, sentence, 'damaged')
    if content is None:
        return
    try:
        made.revoke(content)
    except library.Failed as err:
        loading.took(name, 'damaged', f'{sentence}{err}', err)


def load_dh_params(
    made: credentials.Credentials, loading: loaded.Loading
) -> None:
    """Have GnuTLS read Diffie-Hellman parameters."""
    name = credential_set.DH_PARAMS
    path = loading.files.path(name)
    content = loading.content(name, '', 'damaged')
    if content is None:
        return
    try:
        made.use_dh_params(content)
    except library.Failed as err:
        sentence = f'Unable to load DH parameters from {path}: {err}'
        loading.took(name, 'damaged', sentence, err)
