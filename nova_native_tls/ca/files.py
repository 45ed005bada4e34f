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

"""The directory of a CA: what is where, read and written.

Whatever is not in the journal has not happened: a key that was written before
a crash, and is not named there, is written anew.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import os
import stat
from typing import NoReturn
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography import x509

from nova_native_tls._i18n import _
from nova_native_tls.ca import ledger
from nova_native_tls.ca import record
from nova_native_tls import exception
from nova_native_tls.pki import key_type
from nova_native_tls.store import durable

JOURNAL = 'journal'
CRL = 'ca-crl.pem'
_KEY = 'ca-key-'
_PEM = '.pem'

#: Asked for the passphrase only if a key has one.
AskPassphrase: TypeAlias = Callable[[], bytes]

_ENCRYPTED = (b'-----BEGIN ENCRYPTED ', b'Proc-Type: 4,')
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Files:
    """A CA's directory; nothing is read before it is asked for."""

    def __init__(self, directory: str) -> None:
        self.directory = directory

    def path(self, name: str) -> str:
        """Give the path of a file."""
        return os.path.join(self.directory, name)

    def unusable(
        self, problem: object, cause: Exception | None = None
    ) -> NoReturn:
        """Say why this CA cannot be used.

        :raises CAUnusable: always.
        """
        raise exception.CAUnusable(
            directory=self.directory, problem=problem
        ) from cause

    def read(self, name: str) -> bytes:
        """Read a file.

        :raises CAUnusable: it is not there, or not readable.
        """
        try:
            with open(self.path(name), 'rb') as file:
                return file.read()
        except FileNotFoundError as err:
            if name == JOURNAL:
                self.unusable(
                    _(
                        'there is none; make one with "nova-native-tls ca '
                        'init", or name its directory with --directory'
                    ),
                    err,
                )
            self.unusable(_('%s is missing') % name, err)
        except OSError as err:
            self.unusable(f'{name}: {err.strerror}', err)

    def ledger(self) -> ledger.Ledger:
        """Read the journal; a line that a crash cut off does not count.

        :raises CAUnusable: there is none, or it was damaged.
        """
        lines = self.read(JOURNAL).split(b'\n')
        state = ledger.Ledger()
        for number, line in enumerate(lines[:-1], 1):
            try:
                state.add(record.from_line(line))
            except ValueError as err:
                self.unusable(
                    _(
                        'line %(number)d of %(path)s is damaged (%(problem)s)'
                        ': restore the directory from a backup that is not '
                        'older than the last certificate'
                    )
                    % {
                        'number': number,
                        'path': self.path(JOURNAL),
                        'problem': err,
                    },
                    err,
                )
        if not state.generations:
            self.unusable(_('its journal is empty'))
        return state

    def mend_journal(self) -> None:
        """Remove a line that a crash cut off; for who holds the lock."""
        content = self.read(JOURNAL)
        whole = content[: content.rfind(b'\n') + 1]
        if len(whole) < len(content):
            durable.write(self.path(JOURNAL), whole)

    def append(self, *records: record.Record) -> None:
        """Write records; once this returns, a crash does not undo it."""
        lines = b''.join(record.to_line(one) for one in records)
        if lines:
            durable.append(self.path(JOURNAL), lines)

    def certificate(self, generation: record.Generation) -> x509.Certificate:
        """Read the certificate of a generation.

        :raises CAUnusable: it is not the one that the journal names.
        """
        name = certificate_name(generation.generation)
        try:
            found = x509.load_pem_x509_certificate(self.read(name))
        except ValueError as err:
            self.unusable(_('%s is damaged') % name, err)
        if fingerprint(found) != generation.sha256:
            self.unusable(
                _('%s is not the certificate that the journal names') % name
            )
        return found

    def is_encrypted(self) -> bool:
        """Tell whether the keys have a passphrase; it is one for all."""
        return any(
            mark in self.read(name)
            for name in sorted(os.listdir(self.directory))
            if name.startswith(_KEY) and name.endswith(_PEM)
            for mark in _ENCRYPTED
        )

    def private_key(
        self,
        certificate: x509.Certificate,
        generation: int,
        ask: AskPassphrase,
    ) -> key_type.PrivateKey:
        """Read the private key of a generation.

        :raises CAUnusable: others may read it, or it does not belong to the
            certificate.
        :raises PassphraseUnusable: it is the wrong one, or there is none.
        """
        name = key_name(generation)
        content = self.read(name)
        if os.stat(self.path(name)).st_mode & _OTHERS:
            self.unusable(
                _(
                    'others than its owner may read %(path)s: run "chmod 600 '
                    '%(path)s", and if anybody did read it, make another CA'
                )
                % {'path': self.path(name)}
            )
        encrypted = any(mark in content for mark in _ENCRYPTED)
        passphrase = ask() if encrypted else None
        try:
            key = serialization.load_pem_private_key(content, passphrase)
        except ValueError as err:
            if passphrase is not None:
                raise exception.PassphraseUnusable(
                    problem=_('it does not open %s') % self.path(name)
                ) from err
            self.unusable(_('%s is damaged') % name, err)
        if not isinstance(
            key,
            ec.EllipticCurvePrivateKey
            | rsa.RSAPrivateKey
            | ed25519.Ed25519PrivateKey,
        ) or (key.public_key() != certificate.public_key()):
            self.unusable(_('%s is not the key of the CA certificate') % name)
        return key


def key_name(generation: int) -> str:
    """Give the name of the file with the private key of a generation."""
    return f'{_KEY}{generation}{_PEM}'


def certificate_name(generation: int) -> str:
    """Give the name of the file with the certificate of a generation."""
    return f'ca-cert-{generation}{_PEM}'


def fingerprint(certificate: x509.Certificate) -> str:
    """Give the SHA-256 fingerprint, as the journal has it."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def to_pem(certificate: x509.Certificate) -> bytes:
    """Write a certificate in PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def key_to_pem(key: key_type.PrivateKey, passphrase: bytes | None) -> bytes:
    """Write a private key in PEM, encrypted if there is a passphrase."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()
        if passphrase is None
        else serialization.BestAvailableEncryption(passphrase),
    )


def list_to_pem(crl: x509.CertificateRevocationList) -> bytes:
    """Write a revocation list in PEM."""
    return crl.public_bytes(serialization.Encoding.PEM)


def blocks(content: bytes) -> Iterator[bytes]:
    """Give the PEM blocks of a file, one by one."""
    for part in content.split(b'-----BEGIN ')[1:]:
        yield b'-----BEGIN ' + part
