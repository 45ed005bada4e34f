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

"""``nova-native-tls host configure``: qemu.conf for migrations with TLS."""

from __future__ import annotations

import argparse
import os

from cliff import columns

from nova_native_tls._i18n import _
from nova_native_tls.checks import qemu_conf as qemu_conf_check
from nova_native_tls.checks import this_host
from nova_native_tls.cmd import host_place
from nova_native_tls.cmd import show_result
from nova_native_tls.host import daemon
from nova_native_tls.host import observation
from nova_native_tls.host import unseen
from nova_native_tls.identity import access
from nova_native_tls.pki import qemu_conf
from nova_native_tls.qemu_conf_edit import conf_file
from nova_native_tls.qemu_conf_edit import settings
from nova_native_tls.store import durable


class Diff(columns.FormattableColumn[list[str]]):
    """Lines; for people, who have seen them, how many."""

    def human_readable(self) -> str:
        # Behind the names of both files.
        marks = ''.join(line[:1] for line in self._value[2:])
        return f'+{marks.count("+")} -{marks.count("-")}'


class HostConfigure(show_result.ShowResult):
    """Let qemu.conf say where the certificates are, and that both ends verify.

    It is edited with libvirt's own description of it (its augeas lens);
    comments and the order of lines stay. The difference is shown before it is
    written. libvirt reads qemu.conf when it starts: restart says whether that
    is needed. Certificates are read at each migration, and need no restart.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        host_place.add_arguments(
            parser,
            _(
                'where the certificates are to be (default: where qemu.conf '
                'has them, or else %s)'
            )
            % qemu_conf.DEFAULT_DIRECTORY,
        )
        parser.add_argument(
            '--force',
            action=argparse.BooleanOptionalAction,
            help=_(
                'let libvirt refuse every migration without TLS (default: as '
                'it is)'
            ),
        )
        parser.add_argument(
            '--priority',
            metavar='STRING',
            help=_(
                'of GnuTLS, which ciphers and versions may be used; libvirt '
                '11.6 or newer (default: as it is)'
            ),
        )
        parser.add_argument(
            '--file',
            default=qemu_conf.PATH,
            type=os.path.abspath,
            help=_('the file to edit (default: %(default)s)'),
        )
        parser.add_argument(
            '--dry-run',
            action='store_true',
            help=_('only show the difference'),
        )
        return parser

    def result(self, parsed_args: argparse.Namespace) -> dict[str, object]:
        """Edit it."""
        seen = this_host.look(parsed_args.connect)
        wanted = settings.Wanted(
            directory=parsed_args.directory or _directory(seen),
            force=parsed_args.force,
            priority=parsed_args.priority,
        )
        if wanted.priority is not None:
            _check_knows_priority(seen, parsed_args.file)
        edited = conf_file.edit(parsed_args.file, wanted)
        diff = edited.text.diff()
        if diff:
            print(diff, file=self.app.stderr)
        if not parsed_args.dry_run:
            # libvirt does not start with a directory that is not there.
            durable.make_directory(wanted.directory, _access(seen))
            edited.write()
        return {
            'file': parsed_args.file,
            'directory': wanted.directory,
            'changed': edited.text.changed and not parsed_args.dry_run,
            'diff': Diff(diff.splitlines()),
            'restart': _restart(seen, changed=edited.text.changed),
        }


def _directory(seen: observation.HostObservation) -> str:
    if isinstance(seen.conf, unseen.Unseen):
        return qemu_conf.DEFAULT_DIRECTORY
    return seen.conf.migrate_directory or qemu_conf.DEFAULT_DIRECTORY


def _access(seen: observation.HostObservation) -> durable.Access:
    if isinstance(seen.user, unseen.Unseen):
        return durable.PUBLIC.of_directory()
    return access.for_user(seen.user).directory


def _check_knows_priority(
    seen: observation.HostObservation, path: str
) -> None:
    if qemu_conf_check.knows_priority(seen):
        return
    libvirt = seen.libvirt
    raise settings.NotEdited(
        path=path,
        problem=libvirt.problem
        if isinstance(libvirt, unseen.Unseen)
        else _(
            'libvirt %(version)s ignores migrate_tls_priority, %(since)s and '
            'newer do not'
        )
        % {
            'version': libvirt.versions.libvirt,
            'since': qemu_conf_check.PRIORITY_SINCE,
        },
    )


def _restart(seen: observation.HostObservation, *, changed: bool) -> str:
    """Say whether the daemon has to be restarted, and why."""
    running = seen.daemon
    directory = seen.directory
    stale = seen.conf_changed or (
        not isinstance(directory, unseen.Unseen)
        and directory.instead is not None
    )
    if running is None:
        return _('not needed: libvirt does not run, and reads it at its start')
    if isinstance(running, daemon.Daemon) and not changed and not stale:
        return _('not needed: %s has read all of it') % running.program
    program = (
        running.program
        if isinstance(running, daemon.Daemon)
        else daemon.PROGRAMS[0]
    )
    return (
        _(
            'needed, as libvirt reads qemu.conf only at its start: run '
            '"systemctl restart %s" (guests go on running)'
        )
        % program
    )
