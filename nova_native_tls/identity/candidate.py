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

"""Which files this host would have: put together, nothing is judged yet."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses

from cryptography.hazmat.primitives import serialization
from cryptography import x509

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls.identity import dh_parameters
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import pem

Endpoint = credential_set.Endpoint

#: What a set may have. Names with numbers, which only QEMU from 10.2 on
#: reads, are taken over from plain files and not made.
NAMES = (
    credential_set.CA_CERT,
    credential_set.CA_CRL,
    credential_set.DH_PARAMS,
    *(name() for end in Endpoint for name in (end.cert, end.key)),
)
_OWN = tuple(
    name for name in credential_set.NAMES if name.startswith(tuple(Endpoint))
)


class InstallRefused(exception.NativeTLSError):
    msg_fmt = _('Refused, nothing was replaced: %(reasons)s')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What an operator or an issuer hands over, in PEM; None: as it was.

    :ivar cert: this host's certificate, and those of CAs between.
    :ivar ca: the CAs to trust.
    :ivar crl: what they have revoked.
    """

    cert: bytes | None = None
    ca: bytes | None = None
    crl: bytes | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """All files, as QEMU would read them.

    Private keys are among them: never logged or printed.

    :ivar uses_pending: the key of the pending request is in it.
    """

    files: Mapping[str, bytes] = dataclasses.field(repr=False)
    uses_pending: bool = False

    def credential_set(
        self, directory: str, passphrase: str | None
    ) -> credential_set.CredentialSet:
        """As everything that judges credentials wants them."""
        return credential_set.CredentialSet(
            directory=directory,
            files={
                name: credential_set.File(content=content)
                for name, content in self.files.items()
            },
            passphrase=passphrase,
        )


def build(
    given: Given,
    installed: Mapping[str, bytes],
    *,
    pending_key: bytes | None,
    earlier_keys: Sequence[bytes] = (),
    passphrase: str | None,
) -> Candidate:
    """Put together what is given and what is there.

    :param installed: what is there, by name.
    :param earlier_keys: of the set before, to which one may go back.
    :param passphrase: of the installed keys, if they are encrypted.
    :raises InstallRefused: the certificate is for no key of this host.
    """
    files = {
        name: content
        for name, content in installed.items()
        if name in credential_set.NAMES
    }
    files.setdefault(credential_set.DH_PARAMS, dh_parameters.ffdhe3072())
    if given.ca is not None:
        files[credential_set.CA_CERT] = given.ca
    if given.crl is not None:
        files[credential_set.CA_CRL] = given.crl
    if given.cert is None:
        return Candidate(files=files)
    keys = [
        key
        for key in (
            pending_key,
            *(installed.get(end.key()) for end in Endpoint),
            *earlier_keys,
        )
        if key is not None
    ]
    key = _matching(given.cert, keys, passphrase)
    for name in _OWN:
        files.pop(name, None)
    for end in Endpoint:
        # Both ends have their own names for one and the same.
        files[end.cert()], files[end.key()] = given.cert, key
    return Candidate(files=files, uses_pending=key == pending_key)


def certificates(content: bytes, what: str) -> list[x509.Certificate]:
    """Read all certificates of a file.

    :param what: how to call the file.
    :raises InstallRefused: there is none, a damaged one, or a private key.
    """
    if pem.holds_private_key(content):
        raise InstallRefused(
            reasons=_(
                'there is a private key in %s; if it was on another host, or '
                'others could read it, it is no longer secret'
            )
            % what
        )
    try:
        return x509.load_pem_x509_certificates(content)
    except Exception as err:
        # Damaged ones make cryptography raise more than ValueError.
        raise InstallRefused(
            reasons=_('there is no usable certificate in %(what)s (%(why)s)')
            % {'what': what, 'why': err}
        ) from err


def _matching(
    cert: bytes, keys: Sequence[bytes], passphrase: str | None
) -> bytes:
    wanted = _spki(certificates(cert, _('the certificate'))[0].public_key())
    for key in keys:
        if _spki_of_private(key, passphrase) == wanted:
            return key
    raise InstallRefused(
        reasons=_(
            'the certificate is for the key of another host, or for an '
            'older one of this host: have the request signed that '
            '"nova-native-tls host enroll" makes here'
        )
    )


def _spki(key: object) -> bytes:
    try:
        return key.public_bytes(  # type: ignore[attr-defined, no-any-return]
            serialization.Encoding.DER,
            serialization.PublicFormat.SubjectPublicKeyInfo,
        )
    except Exception as err:
        raise InstallRefused(
            reasons=_('the key of the certificate is not usable (%s)') % err
        ) from err


def _spki_of_private(content: bytes, passphrase: str | None) -> bytes | None:
    """Give the public part; None if it cannot be told, so it does not fit."""
    for phrase in (None, passphrase.encode() if passphrase else None):
        try:
            key = serialization.load_pem_private_key(content, phrase)
        except Exception:  # noqa: S112
            # An installed key may be of any kind, and damaged.
            continue
        return _spki(key.public_key())
    return None
