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

"""What the ``ca`` commands have in common: arguments, passphrase, output."""

from __future__ import annotations

import argparse
import datetime
import getpass
import os

from nova_native_tls._i18n import _
from nova_native_tls.ca import files
from nova_native_tls.ca import passphrase
from nova_native_tls.conf import issuing
from nova_native_tls import exception
from nova_native_tls.pki import key_type
from nova_native_tls.store import durable

_TERMINAL = '/dev/tty'


def add_directory(parser: argparse.ArgumentParser) -> None:
    """Let a command take ``--directory``."""
    parser.add_argument(
        '--directory',
        metavar='DIR',
        default=issuing.CA_DIRECTORY,
        help=_('where the CA keeps its state (default: %(default)s)'),
    )


def add_passphrase(parser: argparse.ArgumentParser) -> None:
    """Let a command take ``--passphrase-file``."""
    parser.add_argument(
        '--passphrase-file',
        metavar='FILE',
        help=_(
            "file whose first line is the passphrase of the CA's key "
            '(default: the environment variable %s, or else the terminal is '
            'asked)'
        )
        % passphrase.VARIABLE,
    )


def add_days(
    parser: argparse.ArgumentParser,
    default: datetime.timedelta,
    explanation: str,
) -> None:
    """Let a command take ``--days``."""
    parser.add_argument(
        '--days',
        metavar='DAYS',
        type=_days,
        default=default,
        help=f'{explanation} (default: {default.days})',
    )


def add_key_type(
    parser: argparse.ArgumentParser, default: key_type.KeyType | None
) -> None:
    """Let a command take ``--key-type``."""
    shown = default or _('that of the present one')
    parser.add_argument(
        '--key-type',
        choices=[each.value for each in key_type.KeyType],
        default=default and default.value,
        help=_("kind of the CA's key (default: %s)") % shown,
    )


def add_out(parser: argparse.ArgumentParser) -> None:
    """Let a command take ``--out``."""
    parser.add_argument(
        '--out',
        metavar='FILE',
        help=_('write it there (default: to standard output)'),
    )


def check_out(path: str | None) -> None:
    """See that there can be a file, before anything is done for it.

    :raises WriteFailed: something else than a file stands there.
    """
    if path is None:
        return
    if os.path.lexists(path) and (
        os.path.islink(path) or not os.path.isfile(path)
    ):
        raise durable.WriteFailed(path=path, problem=_('it is no file'))
    if not os.path.isdir(os.path.dirname(path) or '.'):
        raise durable.WriteFailed(path=path, problem=_('no such directory'))


def now() -> datetime.datetime:
    """Give the time as certificates and the journal have it."""
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)


def asker(parsed_args: argparse.Namespace) -> files.AskPassphrase:
    """Give what finds the passphrase out, or asks for it, when it is called.

    :raises PassphraseUnusable: by what is called; there is none.
    """

    def ask() -> bytes:
        found = passphrase.find(parsed_args.passphrase_file)
        if found is None:
            found = prompt(_('Passphrase of the CA key: '))
        return found

    return ask


def new_passphrase(parsed_args: argparse.Namespace) -> bytes | None:
    """Give the one for a new CA, if it is to have one.

    :raises PassphraseUnusable: it is wanted, and there is none.
    """
    found = passphrase.find(parsed_args.passphrase_file)
    if found is not None or not parsed_args.encrypt:
        return found
    typed = prompt(_('Passphrase for the new CA key: '))
    if typed != prompt(_('The same again: ')):
        raise exception.PassphraseUnusable(
            problem=_('what was typed differs; nothing was made')
        )
    return typed


def prompt(text: str) -> bytes:
    """Ask at the terminal, whatever standard input is.

    :raises PassphraseUnusable: there is no terminal, or the answer is empty.
    """
    try:
        # Without a terminal getpass would read the request instead.
        os.close(os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY))
    except OSError:
        passphrase.absent()
    try:
        typed = getpass.getpass(text)
    except EOFError:
        passphrase.absent()
    return passphrase.check(typed.encode('utf-8', 'surrogateescape'))


def _days(text: str) -> datetime.timedelta:
    number = int(text)
    if not 1 <= number <= 36500:
        raise argparse.ArgumentTypeError(_('it must be 1 to 36500'))
    return datetime.timedelta(days=number)
