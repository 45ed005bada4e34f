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

"""What one end of a TLS connection trusts, and shows."""

from __future__ import annotations

from collections.abc import Sequence
import ctypes
import functools
import weakref

from nova_native_tls.pki.gnutls import certificate
from nova_native_tls.pki.gnutls import library


class PrivateKey:
    """A private key; it never leaves the library."""

    def __init__(self) -> None:
        self.handle = library.new_handle('x509_privkey_init')
        weakref.finalize(
            self, library.function('x509_privkey_deinit'), self.handle
        )

    @classmethod
    def from_pem(
        cls, pem: bytes, *, passphrase: str | None = None
    ) -> PrivateKey:
        """Read one.

        :raises library.Failed: it is none, or is encrypted otherwise.
        """
        key = cls()
        lent = library.datum(pem)
        library.call(
            'x509_privkey_import2',
            key.handle,
            ctypes.byref(lent),
            library.PEM,
            _text(passphrase),
            0,
        )
        return key

    @classmethod
    def generated(cls, algorithm: int, bits: int) -> PrivateKey:
        """Make one.

        :raises library.Failed: GnuTLS cannot make such a key.
        """
        key = cls()
        library.call('x509_privkey_generate', key.handle, algorithm, bits, 0)
        return key


class Credentials:
    """gnutls_certificate_credentials_t.

    Every method takes the bytes of a file, which QEMU gives by its path.
    Those that fail raise library.Failed.
    """

    def __init__(self) -> None:
        self.handle = library.new_handle('certificate_allocate_credentials')
        weakref.finalize(
            self, library.function('certificate_free_credentials'), self.handle
        )
        self._dh_params: ctypes.c_void_p | None = None

    def trust(self, pem: bytes) -> None:
        """Trust every CA of a file; none at all is no error."""
        lent = library.datum(pem)
        library.call(
            'certificate_set_x509_trust_mem',
            self.handle,
            ctypes.byref(lent),
            library.PEM,
        )

    def trust_list(
        self, authorities: Sequence[certificate.Certificate]
    ) -> None:
        """Trust every CA of a list."""
        library.call(
            'certificate_set_x509_trust',
            self.handle,
            certificate.array(authorities),
            len(authorities),
        )

    def show(
        self, cert_pem: bytes, key_pem: bytes, *, passphrase: str | None = None
    ) -> None:
        """Show a certificate, its chain behind it, and prove it by the key."""
        cert, key = library.datum(cert_pem), library.datum(key_pem)
        library.call(
            'certificate_set_x509_key_mem2',
            self.handle,
            ctypes.byref(cert),
            ctypes.byref(key),
            library.PEM,
            _text(passphrase),
            0,
        )

    def show_list(
        self, chain: Sequence[certificate.Certificate], key: PrivateKey
    ) -> None:
        """Show a chain and prove it by the key."""
        library.call(
            'certificate_set_x509_key',
            self.handle,
            certificate.array(chain),
            len(chain),
            key.handle,
        )

    def pretend(self, chain: Sequence[certificate.Certificate]) -> None:
        """Show a chain of somebody else, whose private key is not here.

        The handshake goes as it would with the key, up to the signature,
        which is wrong: the other end fails with E_PK_SIG_VERIFY_FAILED.
        """
        library.function('certificate_set_flags')(
            self.handle, library.CERTIFICATE_SKIP_KEY_CERT_MATCH
        )
        self.show_list(chain, _stand_in(*chain[0].key_algorithm()))

    def shown(self) -> tuple[bytes, ...]:
        """The chain that is sent to the other end, in DER."""
        found: list[bytes] = []
        lent = library.Datum()
        get = library.function('certificate_get_crt_raw')
        while get(self.handle, 0, len(found), ctypes.byref(lent)) >= 0:
            found.append(ctypes.string_at(lent.data, lent.size))
        return tuple(found)

    def revoke(self, crl_pem: bytes) -> None:
        """Trust nothing that is on these revocation lists."""
        lent = library.datum(crl_pem)
        library.call(
            'certificate_set_x509_crl_mem',
            self.handle,
            ctypes.byref(lent),
            library.PEM,
        )

    def use_dh_params(self, pem: bytes) -> None:
        """Use Diffie-Hellman parameters of a file."""
        handle = library.new_handle('dh_params_init')
        lent = library.datum(pem)
        try:
            library.call(
                'dh_params_import_pkcs3',
                handle,
                ctypes.byref(lent),
                library.PEM,
            )
        except library.Failed:
            library.function('dh_params_deinit')(handle)
            raise
        # The credentials only point to them.
        weakref.finalize(self, library.function('dh_params_deinit'), handle)
        self._dh_params = handle
        library.function('certificate_set_dh_params')(self.handle, handle)

    def use_any_dh_params(self) -> None:
        """Use a group of RFC 7919 in place of one that QEMU would make."""
        library.call(
            'certificate_set_known_dh_params',
            self.handle,
            library.SEC_PARAM_MEDIUM,
        )


def _text(passphrase: str | None) -> bytes | None:
    return None if passphrase is None else passphrase.encode()


@functools.cache
def _stand_in(algorithm: int, bits: int) -> PrivateKey:
    """A key of that kind; an RSA key takes some tens of ms, once."""
    if algorithm in (library.PK_RSA, library.PK_RSA_PSS):
        # Enough for any signature; a longer one only takes longer.
        bits = 1280
    return PrivateKey.generated(algorithm, bits)
