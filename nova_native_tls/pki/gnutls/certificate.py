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

"""One certificate, as GnuTLS reads it."""

from __future__ import annotations

from collections.abc import Sequence
import ctypes
import hashlib
import weakref

from nova_native_tls.pki.gnutls import library

#: gnutls_x509_crt_list_import2 begins with as many.
_LIST_MAX = 1024


class Certificate:
    """A certificate that GnuTLS could parse."""

    def __init__(self, handle: ctypes.c_void_p) -> None:
        self.handle = handle
        weakref.finalize(self, library.function('x509_crt_deinit'), handle)

    @classmethod
    def from_pem(cls, pem: bytes) -> Certificate:
        """Take the first one of a file.

        :raises library.Failed: there is none, or it is malformed.
        """
        return cls._imported(pem, library.PEM)

    @classmethod
    def from_der(cls, der: bytes) -> Certificate:
        """Read one in DER.

        :raises library.Failed: it is malformed.
        """
        return cls._imported(der, library.DER)

    @classmethod
    def _imported(cls, content: bytes, form: int) -> Certificate:
        certificate = cls(library.new_handle('x509_crt_init'))
        lent = library.datum(content)
        library.call(
            'x509_crt_import', certificate.handle, ctypes.byref(lent), form
        )
        return certificate

    def not_before(self) -> int:
        """Seconds since 1970, UTC; -1 if that cannot be read."""
        return int(
            library.function('x509_crt_get_activation_time')(self.handle)
        )

    def not_after(self) -> int:
        """Seconds since 1970, UTC; -1 if that cannot be read."""
        return int(
            library.function('x509_crt_get_expiration_time')(self.handle)
        )

    def is_ca(self) -> bool | None:
        """Read basicConstraints; None if there are none.

        :raises library.Failed: they are malformed.
        """
        try:
            return bool(
                library.call(
                    'x509_crt_get_basic_constraints',
                    self.handle,
                    None,
                    None,
                    None,
                )
            )
        except library.Failed as err:
            if err.code == library.E_REQUESTED_DATA_NOT_AVAILABLE:
                return None
            raise

    def key_usage(self) -> tuple[int, bool] | None:
        """Read keyUsage: its bits, and if it is critical; None without it.

        :raises library.Failed: it is malformed.
        """
        bits, critical = ctypes.c_uint(), ctypes.c_uint()
        try:
            library.call(
                'x509_crt_get_key_usage',
                self.handle,
                ctypes.byref(bits),
                ctypes.byref(critical),
            )
        except library.Failed as err:
            if err.code == library.E_REQUESTED_DATA_NOT_AVAILABLE:
                return None
            raise
        return bits.value, bool(critical.value)

    def purposes(self) -> tuple[tuple[str, bool], ...]:
        """Read extendedKeyUsage: each OID, and if the extension is critical.

        :raises library.Failed: it is malformed.
        """
        found: list[tuple[str, bool]] = []
        while (purpose := self._purpose(len(found))) is not None:
            found.append(purpose)
        return tuple(found)

    def _purpose(self, index: int) -> tuple[str, bool] | None:
        size, critical = ctypes.c_size_t(0), ctypes.c_uint()
        get = library.function('x509_crt_get_key_purpose_oid')
        code = get(self.handle, index, None, ctypes.byref(size), None)
        if code == library.E_REQUESTED_DATA_NOT_AVAILABLE:
            return None
        if code != library.E_SHORT_MEMORY_BUFFER:
            # QEMU, too, takes any other answer for an error.
            raise library.Failed(code=code)
        buffer = ctypes.create_string_buffer(size.value)
        library.call(
            'x509_crt_get_key_purpose_oid',
            self.handle,
            index,
            buffer,
            ctypes.byref(size),
            ctypes.byref(critical),
        )
        return buffer.value.decode('latin-1'), bool(critical.value)

    def key_algorithm(self) -> tuple[int, int]:
        """The kind of its key (gnutls_pk_algorithm_t), and its bits."""
        bits = ctypes.c_uint()
        kind = library.call(
            'x509_crt_get_pk_algorithm', self.handle, ctypes.byref(bits)
        )
        return kind, bits.value

    def subject(self) -> str:
        """The subject, as GnuTLS writes it; empty if it cannot."""
        try:
            return self.distinguished_name()
        except library.Failed:
            return ''

    def issuer(self) -> str:
        """The issuer, as GnuTLS writes it; empty if it cannot."""
        try:
            return self._name('x509_crt_get_issuer_dn')
        except library.Failed:
            return ''

    def distinguished_name(self) -> str:
        """The subject.

        :raises library.Failed: it is malformed, or it is empty.
        """
        return self._name('x509_crt_get_dn')

    def _name(self, function: str) -> str:
        size = ctypes.c_size_t(0)
        get = library.function(function)
        code = get(self.handle, None, ctypes.byref(size))
        if code not in (0, library.E_SHORT_MEMORY_BUFFER):
            raise library.Failed(code=code)
        buffer = ctypes.create_string_buffer(size.value + 1)
        size.value = len(buffer)
        library.call(function, self.handle, buffer, ctypes.byref(size))
        return buffer.value.decode('utf-8', 'replace')

    def der(self) -> bytes:
        """The certificate in DER; nothing of it is secret."""
        size = ctypes.c_size_t(0)
        export = library.function('x509_crt_export')
        export(self.handle, library.DER, None, ctypes.byref(size))
        buffer = ctypes.create_string_buffer(size.value)
        library.call(
            'x509_crt_export',
            self.handle,
            library.DER,
            buffer,
            ctypes.byref(size),
        )
        return buffer.raw[: size.value]

    def sha256(self) -> str:
        """The fingerprint of the DER form, lower-case hexadecimal."""
        return hashlib.sha256(self.der()).hexdigest()

    def issued_by(self, issuer: Certificate) -> bool:
        """Tell whether the issuer's name and key identifier fit.

        It does not look at the signature.
        """
        return bool(
            library.function('x509_crt_check_issuer')(
                self.handle, issuer.handle
            )
        )

    def covers(self, name: str) -> bool:
        """Tell whether a peer of this name or address may show it."""
        return bool(
            library.function('x509_crt_check_hostname')(
                self.handle, name.encode('utf-8', 'surrogateescape')
            )
        )


def read_list(
    pem: bytes, *, at_most: int | None = None
) -> tuple[Certificate, ...]:
    """Read all certificates of a file, or the first so many.

    :raises library.Failed: there is none, or one of them is malformed.
    """
    size = _LIST_MAX if at_most is None else at_most
    lent = library.datum(pem)
    # Growing as gnutls_x509_crt_list_import2 does, which cannot be used as
    # its list would have to be freed by the library's own allocator.
    while True:
        handles = (ctypes.c_void_p * size)()
        count = ctypes.c_uint(size)
        library.call(
            'x509_crt_list_import',
            handles,
            ctypes.byref(count),
            ctypes.byref(lent),
            library.PEM,
            0,
        )
        found = tuple(
            Certificate(ctypes.c_void_p(handles[index]))
            for index in range(count.value)
        )
        if at_most is not None or len(found) < size:
            return found
        size *= 4


def array(
    certificates: Sequence[Certificate],
) -> ctypes.Array[ctypes.c_void_p]:
    """Lend a list of certificates to the library."""
    return (ctypes.c_void_p * len(certificates))(
        *(certificate.handle for certificate in certificates)
    )


def verify(
    chain: Sequence[Certificate], authorities: Sequence[Certificate]
) -> int:
    """Verify a chain as QEMU verifies its own: no CRL, no flags.

    :returns: gnutls_certificate_status_t; 0 is good.
    :raises library.Failed: it could not be verified at all.
    """
    status = ctypes.c_uint()
    library.call(
        'x509_crt_list_verify',
        array(chain),
        len(chain),
        array(authorities),
        len(authorities),
        None,
        0,
        0,
        ctypes.byref(status),
    )
    return status.value
