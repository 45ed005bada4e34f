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

"""How QEMU loads credentials, up to 10.1.

crypto/tlscredsx509.c and crypto/tlscreds.c of QEMU 7.2.22 and 10.0.13:
qcrypto_tls_creds_x509_load, which checks first and has GnuTLS read the files
again afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence

from nova_native_tls.pki import credential_set
from nova_native_tls.pki.gnutls import certificate
from nova_native_tls.pki.gnutls import credentials
from nova_native_tls.pki.gnutls import library
from nova_native_tls.pki import loaded
from nova_native_tls.pki import loading_steps
from nova_native_tls.pki import pem

#: MAX_CERTS: of more in ca-cert.pem only the first are looked at by QEMU;
#: GnuTLS trusts all of them.
BUNDLE_MAX = 16


def fill(made: credentials.Credentials, loading: loaded.Loading) -> None:
    """Do what QEMU up to 10.1 does, and go on where it stops.

    :raises loaded.Stopped: nothing more can be learned.
    """
    end, is_server = loading.end, loading.is_server
    ca = loading.find(credential_set.CA_CERT, required=True)
    crl = is_server and loading.find(credential_set.CA_CRL, required=False)
    cert = loading.find(end.cert(), required=is_server)
    key = loading.find(end.key(), required=is_server)
    dh_params = is_server and loading.find(
        credential_set.DH_PARAMS, required=False
    )
    _check(loading, ca=ca, cert=cert)
    if ca:
        _trust(made, loading)
    if cert and key:
        _show(made, loading)
    if crl:
        loading_steps.load_crl(made, loading)
    if dh_params:
        loading_steps.load_dh_params(made, loading)
    elif is_server:
        made.use_any_dh_params()


def _check(loading: loaded.Loading, *, ca: bool, cert: bool) -> None:
    """qcrypto_tls_creds_x509_sanity_check."""
    authorities: Sequence[certificate.Certificate] = ()
    # What may not be read is skipped here and fails later.
    if cert and loading.files.file(loading.end.cert()).permitted:
        loading.leaf = _first(loading)
    if ca and loading.files.file(credential_set.CA_CERT).permitted:
        authorities = _authorities(loading)
    if loading.leaf is not None:
        loading_steps.check_certificate(
            loading, loading.leaf, loading.end.cert()
        )
    for authority in authorities:
        loading_steps.check_certificate(
            loading, authority, credential_set.CA_CERT, is_ca=True
        )
    if loading.leaf is not None and authorities:
        loading_steps.check_trust(
            loading, [loading.leaf], authorities, loading.end.cert()
        )


def _first(loading: loaded.Loading) -> certificate.Certificate | None:
    name = loading.end.cert()
    path = loading.files.path(name)
    content = loading.content(
        name, f'Cannot load CA cert list {path}: ', 'damaged'
    )
    if content is None:
        return None
    try:
        return certificate.Certificate.from_pem(pem.c_string(content))
    except library.Failed as err:
        sentence = f'Unable to import {loading.end} certificate {path}: {err}'
        loading.took(name, 'damaged', sentence, err)
        return None


def _authorities(
    loading: loaded.Loading,
) -> tuple[certificate.Certificate, ...]:
    name = credential_set.CA_CERT
    path = loading.files.path(name)
    content = loading.content(
        name, f'Cannot load CA cert list {path}: ', 'damaged'
    )
    if content is None:
        return ()
    try:
        return certificate.read_list(pem.c_string(content), at_most=BUNDLE_MAX)
    except library.Failed as err:
        sentence = f'Unable to import CA certificate list {path}'
        loading.took(name, 'damaged-list', sentence, err)
        return ()


def _trust(made: credentials.Credentials, loading: loaded.Loading) -> None:
    name = credential_set.CA_CERT
    sentence = f"Cannot load CA certificate '{loading.files.path(name)}': "
    content = loading.content(name, sentence, 'damaged')
    if content is None:
        return
    try:
        made.trust(content)
    except library.Failed as err:
        loading.took(name, 'damaged', f'{sentence}{err}', err)


def _show(made: credentials.Credentials, loading: loaded.Loading) -> None:
    cert, key = loading.end.cert(), loading.end.key()
    sentence = (
        f"Cannot load certificate '{loading.files.path(cert)}' & key "
        f"'{loading.files.path(key)}': "
    )
    # In GnuTLS's order.
    key_pem = loading.content(key, sentence, 'unusable')
    cert_pem = loading.content(cert, sentence, 'damaged')
    if key_pem is None or cert_pem is None:
        return
    try:
        made.show(cert_pem, key_pem, passphrase=loading.files.passphrase)
    except library.Failed as err:
        loading_steps.pair_refused(loading, cert, key, f'{sentence}{err}', err)
