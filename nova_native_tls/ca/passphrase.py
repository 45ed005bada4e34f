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

"""Where the passphrase of a CA's keys comes from, when nobody is asked."""

from __future__ import annotations

import os

from nova_native_tls._i18n import _
from nova_native_tls import exception

#: The variable of the environment; a file comes first.
VARIABLE = 'NOVA_NATIVE_TLS_CA_PASSPHRASE'
MAX_BYTES = 1024


def find(path: str | None) -> bytes | None:
    """Take it from a file, or else from the environment.

    :param path: of a file whose first line it is.
    :returns: None if there is neither.
    :raises PassphraseUnusable: the file is not readable, or it is empty.
    """
    if path is not None:
        return check(_first_line(path))
    value = os.environb.get(VARIABLE.encode())
    return None if value is None else check(value)


def check(passphrase: bytes) -> bytes:
    """Let only one pass that keys can be encrypted with.

    :raises PassphraseUnusable: it is empty, or too long.
    """
    if not 0 < len(passphrase) < MAX_BYTES:
        raise exception.PassphraseUnusable(
            problem=_('it must have 1 to %d bytes') % (MAX_BYTES - 1)
        )
    return passphrase


def absent() -> bytes:
    """Say that there is none.

    :raises PassphraseUnusable: always.
    """
    raise exception.PassphraseUnusable(
        problem=_(
            'the key is encrypted and there is nobody to ask: give a file '
            'with --passphrase-file, [native_tls] ca_passphrase_file, or set '
            'the environment variable %s'
        )
        % VARIABLE
    )


def _first_line(path: str) -> bytes:
    try:
        with open(path, 'rb') as file:
            return file.readline(MAX_BYTES).rstrip(b'\r\n')
    except OSError as err:
        raise exception.PassphraseUnusable(
            problem=f'{path}: {err.strerror}'
        ) from err
