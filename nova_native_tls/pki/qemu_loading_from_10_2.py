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

"""How QEMU loads credentials, from 10.2 on.

crypto/tlscredsx509.c of QEMU 10.2.2: the whole file of a certificate counts
as its chain, which has to lead to a self-signed certificate; of ca-cert.pem
only the CAs of that chain are looked at; there may be several identities.
"""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import errno
import itertools

from nova_native_tls._i18n import _
from nova_native_tls.pki import credential_set
from nova_native_tls.pki.gnutls import certificate
from nova_native_tls.pki.gnutls import credentials
from nova_native_tls.pki.gnutls import library
from nova_native_tls.pki import loaded
from nova_native_tls.pki import loading_steps
from nova_native_tls.pki import pem

Chain = tuple[certificate.Certificate, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Identity:
    """A certificate file with its key; None for what cannot be read."""

    cert: str
    chain: Chain | None


def fill(made: credentials.Credentials, loading: loaded.Loading) -> None:
    """Do what QEMU does, and go on where it stops.

    :raises loaded.Stopped: nothing more can be learned.
    """
    authorities: Chain = ()
    if loading.find(credential_set.CA_CERT, required=True):
        authorities = _read_chain(loading, credential_set.CA_CERT) or ()
        if authorities:
            made.trust_list(authorities)
    identities = _identities(made, loading)
    crl = loading.is_server and loading.find(
        credential_set.CA_CRL, required=False
    )
    dh_params = loading.is_server and loading.find(
        credential_set.DH_PARAMS, required=False
    )
    for identity in identities:
        if identity.chain is not None:
            loading.leaf = loading.leaf or identity.chain[0]
            _check(loading, identity.cert, identity.chain, authorities)
    if crl:
        loading_steps.load_crl(made, loading)
    if dh_params:
        loading_steps.load_dh_params(made, loading)


def _identities(
    made: credentials.Credentials, loading: loaded.Loading
) -> list[_Identity]:
    end = loading.end
    found = []
    first = _identity(made, loading, end.cert(), end.key())
    if first is not None:
        found.append(first)
    if loading.files.file(end.cert()).stat_error not in (0, errno.ENOENT):
        # All the others lie in the same directory.
        return found
    for number in range(credential_set.IDENTITIES_MAX):
        another = _identity(made, loading, end.cert(number), end.key(number))
        if another is None:
            break
        found.append(another)
    if not found and loading.is_server:
        path = loading.files.path(end.cert())
        key_path = loading.files.path(end.key())
        loading.note(
            end.cert(),
            'missing',
            f"Missing server cert '{path}' & key '{key_path}'",
            _('there is no %s') % path,
        )
    return found


def _identity(
    made: credentials.Credentials, loading: loaded.Loading, cert: str, key: str
) -> _Identity | None:
    faults = len(loading.faults)
    has_cert = loading.find(cert, required=False)
    has_key = loading.find(key, required=False)
    cert_path = loading.files.path(cert)
    key_path = loading.files.path(key)
    if not has_cert and not has_key:
        inaccessible = len(loading.faults) > faults
        return _Identity(cert=cert, chain=None) if inaccessible else None
    if not has_cert or not has_key:
        if len(loading.faults) == faults:
            loading.note(
                *(
                    (
                        key,
                        'missing',
                        f"Cert '{cert_path}' without corresponding key "
                        f"'{key_path}'",
                    )
                    if has_cert
                    else (
                        cert,
                        'missing',
                        f"Key '{key_path}' without corresponding cert "
                        f"'{cert_path}'",
                    )
                ),
                _('there is no %s') % (key_path if has_cert else cert_path),
            )
        return _Identity(cert=cert, chain=None)
    chain = _read_chain(loading, cert)
    private = _read_key(loading, key)
    if chain is not None and private is not None:
        try:
            made.show_list(chain, private)
        except library.Failed as err:
            sentence = (
                f"Cannot set certificate '{cert_path}' & key '{key_path}': "
                f'{err}'
            )
            loading_steps.pair_refused(loading, cert, key, sentence, err)
    return _Identity(cert=cert, chain=chain)


def _read_chain(loading: loaded.Loading, name: str) -> Chain | None:
    path = loading.files.path(name)
    content = loading.content(
        name, f'Cannot load CA cert list {path}: ', 'damaged'
    )
    if content is None:
        return None
    try:
        return certificate.read_list(pem.c_string(content))
    except library.Failed as err:
        sentence = f'Unable to import certificate {path}: {err}'
        loading.took(name, 'damaged', sentence, err)
        return None


def _read_key(
    loading: loaded.Loading, name: str
) -> credentials.PrivateKey | None:
    path = loading.files.path(name)
    content = loading.content(
        name, f'Cannot load private key {path}: ', 'unusable'
    )
    if content is None:
        return None
    try:
        return credentials.PrivateKey.from_pem(
            pem.c_string(content), passphrase=loading.files.passphrase
        )
    except library.Failed as err:
        encrypted = err.code == library.E_DECRYPTION_FAILED
        sentence = f'Unable to import private key {path}'
        kind = 'encrypted' if encrypted else 'unusable'
        loading.took(name, kind, sentence, err)
        return None


def _check(
    loading: loaded.Loading, name: str, chain: Chain, authorities: Chain
) -> None:
    """qcrypto_tls_creds_x509_sanity_check_identity."""
    for number, cert in enumerate(chain):
        loading_steps.check_certificate(loading, cert, name, is_ca=number != 0)
    if not authorities:
        # There is a fault already, and everything would follow from it.
        return
    for cert, issuer in itertools.pairwise(chain):
        if not cert.issued_by(issuer):
            _unordered(loading, name, cert, issuer)
            break
    else:
        _check_authorities(loading, name, chain[-1], authorities)
    loading_steps.check_trust(loading, chain, authorities, name)


def _unordered(
    loading: loaded.Loading,
    name: str,
    cert: certificate.Certificate,
    other: certificate.Certificate,
) -> None:
    loading.note(
        name,
        'unordered',
        f"Cert '{other.subject()}' does not match issuer of cert "
        f"'{cert.subject()}'",
        _('"%(other)s" follows "%(subject)s", but did not issue it')
        % {'other': other.subject(), 'subject': cert.subject()},
        unusable=False,
    )


def _check_authorities(
    loading: loaded.Loading,
    name: str,
    last: certificate.Certificate,
    authorities: Sequence[certificate.Certificate],
) -> None:
    """Go from issuer to issuer, up to a self-signed certificate."""
    for _step in range(len(authorities) + 1):
        if last.issued_by(last):
            loading_steps.check_certificate(
                loading, last, credential_set.CA_CERT, is_ca=True
            )
            return
        issuer = next((ca for ca in authorities if last.issued_by(ca)), None)
        if issuer is None:
            loading.note(
                credential_set.CA_CERT,
                'incomplete',
                f"Cert '{last.subject()}' has no issuer in CA chain",
                _('"%(issuer)s", the issuer of "%(subject)s", is not there')
                % {'issuer': last.issuer(), 'subject': last.subject()},
                unusable=False,
            )
            return
        loading_steps.check_certificate(
            loading, issuer, credential_set.CA_CERT, is_ca=True
        )
        last = issuer
    loading.note(
        credential_set.CA_CERT,
        'circular',
        '',
        _(
            'the CAs issued each other in a circle, which QEMU follows for '
            'ever'
        ),
        unusable=False,
    )
