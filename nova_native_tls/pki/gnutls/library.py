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

"""The shared library itself: its functions, its constants, its errors."""

from __future__ import annotations

import ctypes
import functools
import os
from typing import Any

from nova_native_tls._i18n import _
from nova_native_tls import exception

NAME = 'libgnutls.so.30'
CONFIGURATION = '/etc/gnutls/config'

# From gnutls/gnutls.h and gnutls/x509.h (3.7.9); part of the library's ABI.
DER, PEM = 0, 1
CRD_CERTIFICATE = 1
CERT_REQUEST = 1
CERTIFICATE_SKIP_KEY_CERT_MATCH = 1
PK_RSA, PK_RSA_PSS = 1, 6
SERVER, CLIENT, NONBLOCK, NO_SIGNAL = 1, 2, 8, 64
SEC_PARAM_MEDIUM = 35

CERT_INVALID = 1 << 1
CERT_REVOKED = 1 << 5
CERT_SIGNER_NOT_FOUND = 1 << 6
CERT_SIGNER_NOT_CA = 1 << 7
CERT_INSECURE_ALGORITHM = 1 << 8
CERT_NOT_ACTIVATED = 1 << 9
CERT_EXPIRED = 1 << 10
CERT_SIGNATURE_FAILURE = 1 << 11
CERT_SIGNER_CONSTRAINTS_FAILURE = 1 << 16
CERT_UNKNOWN_CRIT_EXTENSIONS = 1 << 21

KEY_KEY_CERT_SIGN = 4
KEY_KEY_ENCIPHERMENT = 32
KEY_DIGITAL_SIGNATURE = 128

E_UNSUPPORTED_VERSION_PACKET = -8
E_UNKNOWN_CIPHER_SUITE = -21
E_DECRYPTION_FAILED = -24
E_AGAIN = -28
E_INSUFFICIENT_CREDENTIALS = -32
E_PK_SIGN_FAILED = -46
E_KEY_USAGE_VIOLATION = -48
E_NO_CERTIFICATE_FOUND = -49
E_SHORT_MEMORY_BUFFER = -51
E_INTERRUPTED = -52
E_REQUESTED_DATA_NOT_AVAILABLE = -56
E_CERTIFICATE_KEY_MISMATCH = -60
E_NO_CIPHER_SUITES = -87
E_PK_SIG_VERIFY_FAILED = -89
E_FILE_ERROR = -64

_INT = ctypes.c_int
_UINT = ctypes.c_uint
_SIZE = ctypes.c_size_t
_TIME = ctypes.c_long
_HANDLE = ctypes.c_void_p
_TEXT = ctypes.c_char_p


class Datum(ctypes.Structure):
    """gnutls_datum_t: bytes and how many."""

    _fields_ = [('data', ctypes.c_void_p), ('size', ctypes.c_uint)]


def _at(kind: Any) -> Any:
    return ctypes.POINTER(kind)


TIME_FUNCTION = ctypes.CFUNCTYPE(_TIME, _at(_TIME))

_DATUM = _at(Datum)
_LIST = _at(_HANDLE)

#: Every function that is used: what it gives, what it takes.
_FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    'check_version': (_TEXT, (_TEXT,)),
    'get_system_config_file': (_TEXT, ()),
    'strerror': (_TEXT, (_INT,)),
    'global_set_time_function': (None, (TIME_FUNCTION,)),
    'x509_crt_init': (_INT, (_LIST,)),
    'x509_crt_deinit': (None, (_HANDLE,)),
    'x509_crt_import': (_INT, (_HANDLE, _DATUM, _INT)),
    'x509_crt_list_import': (_INT, (_LIST, _at(_UINT), _DATUM, _INT, _UINT)),
    'x509_crt_export': (_INT, (_HANDLE, _INT, _TEXT, _at(_SIZE))),
    'x509_crt_get_activation_time': (_TIME, (_HANDLE,)),
    'x509_crt_get_expiration_time': (_TIME, (_HANDLE,)),
    'x509_crt_get_basic_constraints': (
        _INT,
        (_HANDLE, _at(_UINT), _at(_UINT), _at(_INT)),
    ),
    'x509_crt_get_key_usage': (_INT, (_HANDLE, _at(_UINT), _at(_UINT))),
    'x509_crt_get_key_purpose_oid': (
        _INT,
        (_HANDLE, _INT, _TEXT, _at(_SIZE), _at(_UINT)),
    ),
    'x509_crt_get_pk_algorithm': (_INT, (_HANDLE, _at(_UINT))),
    'x509_crt_get_dn': (_INT, (_HANDLE, _TEXT, _at(_SIZE))),
    'x509_crt_get_issuer_dn': (_INT, (_HANDLE, _TEXT, _at(_SIZE))),
    'x509_crt_check_issuer': (_UINT, (_HANDLE, _HANDLE)),
    'x509_crt_check_hostname': (_UINT, (_HANDLE, _TEXT)),
    'x509_crt_list_verify': (
        _INT,
        (_LIST, _INT, _LIST, _INT, _LIST, _INT, _UINT, _at(_UINT)),
    ),
    'x509_trust_list_init': (_INT, (_LIST, _UINT)),
    'x509_trust_list_deinit': (None, (_HANDLE, _UINT)),
    'x509_trust_list_add_trust_mem': (
        _INT,
        (_HANDLE, _DATUM, _DATUM, _INT, _UINT, _UINT),
    ),
    'x509_trust_list_verify_crt': (
        _INT,
        (_HANDLE, _LIST, _UINT, _UINT, _at(_UINT), ctypes.c_void_p),
    ),
    'x509_privkey_init': (_INT, (_LIST,)),
    'x509_privkey_deinit': (None, (_HANDLE,)),
    'x509_privkey_generate': (_INT, (_HANDLE, _INT, _UINT, _UINT)),
    'x509_privkey_import2': (_INT, (_HANDLE, _DATUM, _INT, _TEXT, _UINT)),
    'certificate_allocate_credentials': (_INT, (_LIST,)),
    'certificate_free_credentials': (None, (_HANDLE,)),
    'certificate_set_x509_trust_mem': (_INT, (_HANDLE, _DATUM, _INT)),
    'certificate_set_x509_trust': (_INT, (_HANDLE, _LIST, _INT)),
    'certificate_set_x509_crl_mem': (_INT, (_HANDLE, _DATUM, _INT)),
    'certificate_set_x509_key_mem2': (
        _INT,
        (_HANDLE, _DATUM, _DATUM, _INT, _TEXT, _UINT),
    ),
    'certificate_set_x509_key': (_INT, (_HANDLE, _LIST, _INT, _HANDLE)),
    'certificate_set_flags': (None, (_HANDLE, _UINT)),
    'certificate_get_crt_raw': (_INT, (_HANDLE, _UINT, _UINT, _DATUM)),
    'certificate_set_dh_params': (None, (_HANDLE, _HANDLE)),
    'certificate_set_known_dh_params': (_INT, (_HANDLE, _INT)),
    'dh_params_init': (_INT, (_LIST,)),
    'dh_params_deinit': (None, (_HANDLE,)),
    'dh_params_import_pkcs3': (_INT, (_HANDLE, _DATUM, _INT)),
    'init': (_INT, (_LIST, _UINT)),
    'deinit': (None, (_HANDLE,)),
    'priority_set_direct': (_INT, (_HANDLE, _TEXT, _at(_TEXT))),
    'priority_init': (_INT, (_LIST, _TEXT, _at(_TEXT))),
    'priority_deinit': (None, (_HANDLE,)),
    'priority_cipher_list': (_INT, (_HANDLE, _at(_at(_UINT)))),
    'priority_protocol_list': (_INT, (_HANDLE, _at(_at(_UINT)))),
    'cipher_get_name': (_TEXT, (_INT,)),
    'protocol_get_name': (_TEXT, (_INT,)),
    'credentials_set': (_INT, (_HANDLE, _INT, _HANDLE)),
    'certificate_server_set_request': (None, (_HANDLE, _INT)),
    'transport_set_int2': (None, (_HANDLE, _INT, _INT)),
    'handshake': (_INT, (_HANDLE,)),
    'record_send': (ctypes.c_ssize_t, (_HANDLE, ctypes.c_void_p, _SIZE)),
    'record_recv': (ctypes.c_ssize_t, (_HANDLE, ctypes.c_void_p, _SIZE)),
    'certificate_verify_peers2': (_INT, (_HANDLE, _at(_UINT))),
    'certificate_get_peers': (_DATUM, (_HANDLE, _at(_UINT))),
}


class LibraryMissing(exception.NativeTLSError):
    msg_fmt = _(
        'Cannot load %(name)s (%(problem)s): install GnuTLS, which QEMU '
        'needs too'
    )


class Failed(exception.NativeTLSError):
    """GnuTLS answered with an error code.

    ``code`` is one of ``E_...``, ``problem`` its words, without a full stop.
    """

    msg_fmt = _('%(problem)s')

    def __init__(self, *, code: int, problem: str = '') -> None:
        super().__init__(code=code, problem=problem or strerror(code))


@functools.cache
def _library() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(NAME)
        for name, (result, arguments) in _FUNCTIONS.items():
            function = library[f'gnutls_{name}']
            function.restype = result
            function.argtypes = arguments
            setattr(library, name, function)
    except (OSError, AttributeError) as err:
        raise LibraryMissing(name=NAME, problem=str(err)) from err
    return library


def function(name: str) -> Any:
    """Give a function of the library by its name without ``gnutls_``.

    :raises LibraryMissing: there is no such library, or it is too old.
    """
    _library()
    return getattr(_library(), name)


def call(name: str, *arguments: Any) -> int:
    """Call a function that answers a code; below 0 is an error.

    :raises Failed: with that code.
    """
    code: int = function(name)(*arguments)
    if code < 0:
        raise Failed(code=code)
    return code


def strerror(code: int) -> str:
    """Give GnuTLS's sentence for a code."""
    text: bytes = function('strerror')(code)
    return text.decode()


def version() -> str:
    """Give the version of the library that is loaded, such as 3.7.9."""
    text: bytes = function('check_version')(None)
    return text.decode()


def configuration() -> str:
    """Give the system's configuration file, which may not be there."""
    text: bytes | None = function('get_system_config_file')()
    return text.decode() if text else CONFIGURATION


def path() -> str:
    """Give the file of the library that is loaded.

    :raises FileNotFoundError: it was replaced since.
    """
    _library()
    with open('/proc/self/maps', encoding='utf-8') as maps:
        for line in maps:
            # Address, permissions, offset, device, inode, path (proc(5)).
            fields = line.rstrip('\n').split(None, 5)
            if len(fields) == 6 and f'/{NAME}' in fields[5]:
                if os.stat(fields[5]).st_ino == int(fields[4]):
                    return fields[5]
    raise FileNotFoundError(NAME)


def datum(content: bytes) -> Datum:
    """Lend bytes to the library; they must outlive the call."""
    # Never NULL, not even for b'': that would mean "nothing was given".
    pointer = ctypes.cast(ctypes.c_char_p(content), ctypes.c_void_p)
    lent = Datum(pointer, len(content))
    # Keeps the bytes as long as the structure.
    lent.content = content
    return lent


def new_handle(constructor: str, *arguments: Any) -> ctypes.c_void_p:
    """Let the library make an object and give its address."""
    handle = ctypes.c_void_p()
    call(constructor, ctypes.byref(handle), *arguments)
    return handle
