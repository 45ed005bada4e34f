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

"""``nova-native-tls ca sign``: certificate request in, certificate out."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from collections.abc import Iterator
import contextlib
import datetime
import os
import pathlib

from nova_native_tls._i18n import _
from nova_native_tls.ca import allowed_names
from nova_native_tls.ca import authority
from nova_native_tls.ca import request
from nova_native_tls.cmd import ca_arguments
from nova_native_tls.cmd import counter
from nova_native_tls.cmd import exit_status
from nova_native_tls.cmd import pem_output
from nova_native_tls import exception
from nova_native_tls.pki import profile
from nova_native_tls.store import durable

_STANDARD_INPUT = '-'
#: For how many certificates the disk is waited for once.
_BATCH = 100


class CASign(pem_output.PEMOutput):
    """Sign the certificate requests of hosts.

    A certificate has the names that the request asks for, and all of them
    have to be allowed here: whoever can have a request signed for the name of
    a host can be sent its guests. What else the request asks for is not
    looked at. The certificate is for both ends of a migration.

    Several requests need --out-directory. Those that are refused are named,
    the others are signed (exit status 2 all the same).
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            'requests',
            metavar='CSR',
            nargs='*',
            default=[_STANDARD_INPUT],
            help=_('file in PEM (default: -, which is standard input)'),
        )
        parser.add_argument(
            '--out-directory',
            metavar='DIR',
            help=_(
                'write a certificate for each request there: NAME.pem for '
                'NAME.csr'
            ),
        )
        _add_terms(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Sign one or many."""
        if parsed_args.out_directory is None:
            super().take_action(parsed_args)
            return
        targets = _targets(parsed_args)
        now = ca_arguments.now()
        progress = counter.Counter(self.app.stderr, len(targets))
        with self._working(parsed_args, now) as ca, progress:
            for paths in _batches(list(targets)):
                csrs = self._read_all(paths)
                answers = ca.sign_all(
                    csrs.values(), terms=_terms(parsed_args), now=now
                )
                for path, answer in zip(csrs, answers, strict=True):
                    if isinstance(answer, bytes):
                        durable.write(targets[path], answer, durable.PUBLIC)
                    else:
                        self._refused(f'{path}: {answer}')
                progress.add(len(paths))

    def _refused(self, sentence: str) -> None:
        self.tell(sentence)
        self.status = exit_status.ExitStatus.FAILURE

    def _read_all(self, paths: Iterable[str]) -> dict[str, bytes]:
        csrs = {}
        for path in paths:
            try:
                csrs[path] = self._read(path)
            except exception.RequestRefused as err:
                self._refused(str(err))
        return csrs

    def pem(self, parsed_args: argparse.Namespace) -> bytes:
        """Sign one."""
        if len(parsed_args.requests) > 1:
            raise request.refusal(
                _('several requests need --out-directory, for several files')
            )
        csr = self._read(parsed_args.requests[0])
        now = ca_arguments.now()
        with self._working(parsed_args, now) as ca:
            return ca.sign(csr, terms=_terms(parsed_args), now=now)

    @contextlib.contextmanager
    def _working(
        self, parsed_args: argparse.Namespace, now: datetime.datetime
    ) -> Iterator[authority.Authority]:
        with authority.working(
            parsed_args.directory, ca_arguments.asker(parsed_args)
        ) as ca:
            yield ca
            issuer = ca.certificate(ca.ledger.signing)
        if issuer.not_valid_after_utc < now + parsed_args.days:
            self.warn(
                _(
                    'a certificate ends with the CA itself, on %s: rotate '
                    'the CA with "nova-native-tls ca rotate start"'
                )
                % issuer.not_valid_after_utc.date()
            )

    def _read(self, path: str) -> bytes:
        most = request.MAX_BYTES + 1
        if path == _STANDARD_INPUT:
            typed: bytes = self.app.stdin.buffer.read(most)
            return typed
        try:
            with open(path, 'rb') as file:
                return file.read(most)
        except OSError as err:
            raise request.refusal(f'{path}: {err.strerror}') from err


def _add_terms(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--name',
        action='append',
        default=[],
        help=_('allow this host name or address; may be repeated'),
    )
    parser.add_argument(
        '--allow-pattern',
        metavar='PATTERN',
        action='append',
        default=[],
        help=_(
            'allow host names such as compute*.example.org, where an '
            'asterisk stands for anything but a dot; may be repeated'
        ),
    )
    parser.add_argument(
        '--replace',
        action='store_true',
        help=_('take a name away from another key that has it now'),
    )
    ca_arguments.add_days(
        parser, profile.HOST_VALIDITY, _('how long it is valid')
    )


def _terms(parsed_args: argparse.Namespace) -> authority.Terms:
    return authority.Terms(
        allowed=allowed_names.AllowedNames(
            names=tuple(parsed_args.name),
            patterns=tuple(parsed_args.allow_pattern),
        ),
        replacement=authority.Replacement(any_key=parsed_args.replace),
        validity=parsed_args.days,
    )


def _targets(parsed_args: argparse.Namespace) -> dict[str, str]:
    """Find a file for each request, before anything is signed.

    :raises RequestRefused: two would be written into one file.
    :raises WriteFailed: something else than a file stands there.
    """
    targets = {
        path: os.path.join(
            parsed_args.out_directory, f'{pathlib.PurePath(path).stem}.pem'
        )
        for path in parsed_args.requests
    }
    if len(set(targets.values())) != len(parsed_args.requests):
        raise request.refusal(_('two requests have the same file name'))
    for path, target in targets.items():
        if os.path.lexists(target) and os.path.samefile(path, target):
            raise request.refusal(
                _('%s would be overwritten by its certificate') % path
            )
        ca_arguments.check_out(target)
    return targets


def _batches(paths: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(paths), _BATCH):
        yield paths[start : start + _BATCH]
