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

"""``nova-native-tls host install``: certificates in, checked, in one step."""

from __future__ import annotations

import argparse

from nova_native_tls._i18n import _
from nova_native_tls.cmd import cancel_signal
from nova_native_tls.cmd import host_columns
from nova_native_tls.cmd import host_place
from nova_native_tls.cmd import one_line_errors
from nova_native_tls.cmd import show_result
from nova_native_tls import exception
from nova_native_tls.identity import candidate
from nova_native_tls.identity import install
from nova_native_tls.identity import place
from nova_native_tls.identity import report
from nova_native_tls.store import swap

_MAX_BYTES = 4 * 1024 * 1024


class NotGiven(exception.NativeTLSError):
    msg_fmt = _('%(problem)s; nothing was replaced')


class HostInstall(show_result.ShowResult):
    """Install this host's certificate, whom it trusts, and what is revoked.

    What is not given stays as it is. Everything is checked as this host's
    future before anything is replaced, and replaced in one step: a migration
    sees the old files or the new ones. QEMU reads them at each migration, so
    nothing has to be restarted.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        host_place.add_arguments(parser)
        parser.add_argument(
            '--cert',
            metavar='FILE',
            help=_(
                'the certificate for the key of "host enroll", or for the '
                'installed one, with those of CAs between'
            ),
        )
        parser.add_argument(
            '--ca', metavar='FILE', help=_('all the CAs to trust')
        )
        parser.add_argument(
            '--crl', metavar='FILE', help=_('the revocation lists of the CAs')
        )
        parser.add_argument(
            '--dry-run',
            action='store_true',
            help=_('only check; exit status 2 if it would be refused'),
        )
        add_limit(parser)
        return parser

    def result(self, parsed_args: argparse.Namespace) -> dict[str, object]:
        """Check and install."""
        given = candidate.Given(
            cert=_content(parsed_args.cert),
            ca=_content(parsed_args.ca),
            crl=_content(parsed_args.crl),
        )
        if given == candidate.Given():
            raise NotGiven(
                problem=_(
                    'there is nothing to install: give --cert, --ca or --crl'
                )
            )
        where = host_place.find(parsed_args)
        if parsed_args.dry_run:
            prepared = install.prepare(given, where)
            for warning in prepared.checked.warnings:
                self.warn(warning)
            return {'installed': False, 'directory': where.directory}
        done = install_with(self, given, where, parsed_args)
        return {
            'installed': done.changed,
            **host_columns.of_report(report.read(where.directory)),
        }


def install_with(
    command: one_line_errors.OneLineErrors,
    given: candidate.Given,
    where: place.Place,
    parsed_args: argparse.Namespace,
) -> install.Installed:
    """Install, tell what it waits for, and let Ctrl-C end it.

    :raises NativeTLSError: nothing was replaced.
    """
    with cancel_signal.cancel_on_signal() as cancel:
        done = install.install(
            given,
            where,
            swap.Patience(
                limit_s=parsed_args.time_limit,
                cancel=cancel,
                waiting=command.tell,
            ),
        )
    for warning in done.warnings:
        command.warn(warning)
    return done


def add_limit(parser: argparse.ArgumentParser) -> None:
    """Let a command take ``--time-limit``."""
    parser.add_argument(
        '--time-limit',
        metavar='SECONDS',
        type=float,
        default=60.0,
        help=_(
            'how long to wait for a second in which no migration begins '
            '(default: %(default)g)'
        ),
    )


def _content(path: str | None) -> bytes | None:
    if path is None:
        return None
    try:
        with open(path, 'rb') as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as err:
        raise NotGiven(problem=f'{path}: {err.strerror}') from err
    if len(content) > _MAX_BYTES:
        raise NotGiven(problem=_('%s is too large') % path)
    return content
