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

"""The key whose certificate has not come yet.

It is beside the installed files, for root alone: QEMU reads it only once it
is installed.
"""

from __future__ import annotations

import dataclasses
import datetime
import os

from cryptography import x509

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls.identity import request
from nova_native_tls.store import durable

DIRECTORY = '.pending'
KEY, CSR = 'key.pem', 'request.pem'
_ALONE = durable.Access(mode=0o700)


class RequestPending(exception.NativeTLSError):
    msg_fmt = _(
        'There is a request already, of %(since)s, for %(names)s: have '
        '%(csr)s signed and install the certificate, or make a new key and '
        'request with --replace'
    )


class PendingUnreadable(exception.NativeTLSError):
    msg_fmt = _(
        'The pending request in %(path)s cannot be read: %(problem)s; make a '
        'new one with "nova-native-tls host enroll --replace"'
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """What was asked for.

    :ivar csr_path: where the request is.
    :ivar since: when it was made.
    """

    request: request.Request
    csr_path: str
    since: datetime.datetime


def read(directory: str) -> Pending | None:
    """Read what is pending in a directory of credentials.

    :raises PendingUnreadable: there is something, and it is of no use.
    """
    path = os.path.join(directory, DIRECTORY)
    csr_path = os.path.join(path, CSR)
    try:
        if not os.path.isdir(path):
            return None
        with open(os.path.join(path, KEY), 'rb') as file:
            key_pem = file.read()
        with open(csr_path, 'rb') as file:
            csr_pem = file.read()
            made = os.fstat(file.fileno()).st_mtime
        names = request.names_of(
            x509.load_pem_x509_csr(csr_pem)
            .extensions.get_extension_for_class(x509.SubjectAlternativeName)
            .value
        )
    except OSError as err:
        raise PendingUnreadable(path=path, problem=err.strerror) from err
    except (ValueError, x509.ExtensionNotFound) as err:
        raise PendingUnreadable(path=path, problem=err) from err
    return Pending(
        request=request.Request(key_pem=key_pem, csr_pem=csr_pem, names=names),
        csr_path=csr_path,
        since=datetime.datetime.fromtimestamp(int(made), datetime.UTC),
    )


def write(directory: str, made: request.Request) -> Pending:
    """Keep a request and its key, instead of what was pending before.

    :raises WriteFailed: it is not kept.
    """
    path = os.path.join(directory, DIRECTORY)
    durable.remove(path)
    durable.write_directory(
        path,
        {
            KEY: (made.key_pem, durable.PRIVATE),
            CSR: (made.csr_pem, durable.PUBLIC),
        },
        _ALONE,
    )
    kept = read(directory)
    assert kept is not None
    return kept


def remove(directory: str) -> None:
    """Forget it: its key is installed, or of no use.

    :raises WriteFailed: it is still there.
    """
    durable.remove(os.path.join(directory, DIRECTORY))
