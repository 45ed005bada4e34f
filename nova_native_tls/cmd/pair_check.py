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

"""``nova-native-tls pair check``: would a migration get through?"""

from __future__ import annotations

import argparse
import datetime
import functools
import os
import subprocess

from nova_native_tls._i18n import _
from nova_native_tls.checks import this_host
from nova_native_tls.cmd import cancel_signal
from nova_native_tls.cmd import configuration
from nova_native_tls.cmd import finding_rows
from nova_native_tls.cmd import pair_arguments
from nova_native_tls.cmd import show_result
from nova_native_tls import exception
from nova_native_tls.host import file_view
from nova_native_tls.host import tls_priority
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import versions
from nova_native_tls.pair import live
from nova_native_tls.pair import own_side
from nova_native_tls.pki import credential_files
from nova_native_tls.pki import verdict
from nova_native_tls.prove import programs

LOG_BYTES = 64 * 1024
LOCAL = this_host.LOCAL


class WrongArguments(exception.NativeTLSError):
    msg_fmt = _('%(problem)s; see --help')


class NativeTLSOff(exception.NativeTLSError):
    msg_fmt = _(
        'There is nothing to check: set [libvirt] '
        'live_migration_with_native_tls to true in the files that are given '
        'with --config-file'
    )


class PairCheck(show_result.ShowResult):
    """Tell whether a guest could migrate from this host to DEST, and why not.

    With depth predict and prove only this host is looked at, and whether the
    libvirt of DEST answers: its certificates cannot be seen from here, so
    the best status is a warning (exit status 1). With depth canary a guest
    of 16 MiB, without disk or network, really migrates there and is ended at
    once: that is the real answer, and takes about a second.

    With --source-pki and --destination-pki no host is asked: it is told what
    the QEMUs of two hosts with these files would do.

    qemu_verdict is what QEMU itself does, status what has to be done besides.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        configuration.add_argument(parser)
        pair_arguments.add_live(parser)
        pair_arguments.add_offline(parser)
        return parser

    def result(self, parsed_args: argparse.Namespace) -> dict[str, object]:
        """Ask hosts, or judge files."""
        if parsed_args.source_pki is None and (
            parsed_args.destination_pki is None
        ):
            return self._of_hosts(parsed_args)
        return self._of_files(parsed_args)

    def _of_hosts(self, parsed_args: argparse.Namespace) -> dict[str, object]:
        _refuse(parsed_args, 'name', 'at', 'qemu_version')
        if parsed_args.destination is None:
            raise WrongArguments(
                problem=_('name the destination, or two directories')
            )
        settings, own_name = _settings(parsed_args)
        question = live.Question(
            source_uri=parsed_args.connect,
            destination=live.destination_uri(
                settings, parsed_args.destination
            ),
            settings=settings,
            depth=live.Depth(parsed_args.depth or live.Depth.PREDICT),
            migrate_uri=parsed_args.migrate_uri,
            tls_name=parsed_args.tls_destination,
            timeout_s=parsed_args.timeout,
        )
        is_local = parsed_args.connect == LOCAL
        with cancel_signal.cancel_on_signal() as cancel:
            answer = live.check(
                question,
                cancel=cancel,
                own_side=_own_side(question, own_name),
                read_log=_end_of_log if is_local else _no_log,
            )
        self.status = finding_rows.EXIT_STATUS[answer.status]
        return {
            'qemu_verdict': answer.qemu_verdict.value,
            'status': finding_rows.status_word(answer.status),
            'findings': finding_rows.of_checks(answer.findings),
        }

    def _of_files(self, parsed_args: argparse.Namespace) -> dict[str, object]:
        _refuse(
            parsed_args,
            *('destination', 'depth', 'migrate_uri', 'tls_destination'),
        )
        for option in ('source_pki', 'destination_pki', 'name'):
            if getattr(parsed_args, option) is None:
                raise WrongArguments(
                    problem=_('--%s is wanted, too') % option.replace('_', '-')
                )
        _check_name(parsed_args.name)
        moment = None if parsed_args.at is None else _time(parsed_args.at)
        release = (
            _installed()
            if parsed_args.qemu_version is None
            else versions.Version.parse(parsed_args.qemu_version)
        )
        found = verdict.of_pair(
            credential_files.read(_directory(parsed_args.source_pki)),
            credential_files.read(_directory(parsed_args.destination_pki)),
            name=parsed_args.name,
            qemu_version=release,
            at=moment,
            priority=tls_priority.find(file_view.FileView()),
        )
        self.status = finding_rows.EXIT_STATUS[found.status]
        return {
            'qemu_verdict': found.qemu_verdict.value,
            'status': finding_rows.status_word(found.status),
            'findings': finding_rows.of_verdict(found.findings),
        }


def _refuse(parsed_args: argparse.Namespace, *options: str) -> None:
    for option in options:
        if getattr(parsed_args, option) is not None:
            shown = (
                'DEST'
                if option == 'destination'
                else ('--' + option.replace('_', '-'))
            )
            raise WrongArguments(
                problem=_(
                    '%s has no meaning here: ask either about hosts or '
                    'about directories'
                )
                % shown
            )


def _settings(
    parsed_args: argparse.Namespace,
) -> tuple[migration_settings.MigrationSettings, str | None]:
    """Give how guests migrate, and this host's [native_tls] tls_destination.

    :raises PlaintextNotAsked: there would be nothing to check.
    """
    if not parsed_args.config_file:
        settings = migration_settings.MigrationSettings(
            native_tls=True, scheme='tls'
        )
        return settings, None
    conf = configuration.read(parsed_args.config_file)
    settings = migration_settings.from_conf(conf)
    if not settings.native_tls:
        raise NativeTLSOff()
    return settings, conf.native_tls.tls_destination


def _own_side(question: live.Question, own_name: str | None) -> live.OwnSide:
    uri = question.source_uri
    if uri != LOCAL:
        return functools.partial(own_side.elsewhere, uri)
    if question.depth is live.Depth.PREDICT:
        return functools.partial(own_side.predict, uri)
    return functools.partial(own_side.prove, uri, own_name)


def _check_name(name: str) -> None:
    if not name or not name.isprintable():
        raise exception.InvalidHost(
            host=name, problem=_('no certificate can hold it')
        )


def _time(text: str) -> datetime.datetime:
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError as err:
        raise WrongArguments(
            problem=_('%r is no time: write it as 2030-01-31T12:00:00') % text
        ) from err
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return moment


def _directory(path: str) -> str:
    if not os.path.isdir(path):
        raise WrongArguments(problem=_('%s is no directory') % path)
    return path


def _installed() -> versions.Version:
    """Ask which QEMU is installed here."""
    try:
        output = subprocess.run(
            (programs.find().image, '--version'),
            capture_output=True,
            encoding='utf-8',
            errors='replace',
            timeout=10,
            check=False,
        ).stdout
    except (OSError, subprocess.SubprocessError, programs.ProgramMissing):
        output = ''
    build = programs.build_of(output)
    if build is None:
        raise WrongArguments(
            problem=_('no QEMU is installed here: say --qemu-version')
        )
    return versions.Version.parse(build.release)


def _end_of_log(guest: str) -> str:
    try:
        with open(f'/var/log/libvirt/qemu/{guest}.log', 'rb') as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - LOG_BYTES))
            return log.read(LOG_BYTES).decode(errors='replace')
    except OSError:
        return ''


def _no_log(_guest: str) -> str:
    return ''
