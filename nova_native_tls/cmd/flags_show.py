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

"""``nova-native-tls flags show``: what would be asked of libvirt, and why."""

from __future__ import annotations

import argparse

from oslo_config import cfg

from nova_native_tls._i18n import _
from nova_native_tls.cmd import configuration
from nova_native_tls.cmd import display
from nova_native_tls.cmd import exit_status
from nova_native_tls.cmd import show_result
from nova_native_tls import host_names
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import plan as migration_plan
from nova_native_tls.migration import versions


class FlagsShow(show_result.ShowResult):
    """Show the migration flags and parameters that a nova.conf leads to.

    flags, bitmask and params are what stock Nova asks of libvirt;
    adjustments are what this project changes, each with its reason; refusals
    are why such a migration would not be started at all (exit status 2).
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        configuration.add_argument(parser)
        parser.add_argument(
            '--block',
            action='store_true',
            help=_('for a guest whose disks are copied too'),
        )
        parser.add_argument(
            '--paused', action='store_true', help=_('for a paused guest')
        )
        parser.add_argument(
            '--destination',
            metavar='ADDRESS',
            help=_('host name or address at which the destination is dialled'),
        )
        parser.add_argument(
            '--tls-destination',
            metavar='NAME',
            help=_("the name to verify in the destination's certificate"),
        )
        for component in ('libvirt', 'qemu'):
            parser.add_argument(
                f'--{component}-version',
                metavar='VERSION',
                help=_('release of %s on both hosts, for example 10.0.0')
                % component,
            )
        return parser

    def result(self, parsed_args: argparse.Namespace) -> dict[str, object]:
        """Build the plan and show it."""
        if parsed_args.destination is not None:
            host_names.check_host(parsed_args.destination)
        if parsed_args.tls_destination is not None:
            host_names.check_name_to_verify(parsed_args.tls_destination)
        paths = parsed_args.config_file or cfg.find_config_files(
            project='nova'
        )
        for path in [] if parsed_args.config_file else paths:
            self.tell(_('reading %s') % path)
        host = versions.HostVersions(
            libvirt=_version(parsed_args.libvirt_version),
            qemu=_version(parsed_args.qemu_version),
        )
        plan = migration_plan.build(
            configuration.settings(paths),
            migration_call.MigrationRequest(
                block=parsed_args.block,
                paused=parsed_args.paused,
                destination_address=parsed_args.destination,
                tls_name=parsed_args.tls_destination
                or parsed_args.destination,
            ),
            versions.Context(source=host, destination=host),
        )
        if plan.refusals:
            self.status = exit_status.ExitStatus.FAILURE
        elif plan.warnings:
            self.status = exit_status.ExitStatus.WARNING
        return {
            **display.call_columns(plan.base.call),
            'reasons': display.reasons(plan.base.reasons),
            'adjustments': display.changes(plan.adjustments),
            'refusals': display.Lines([r.reason for r in plan.refusals]),
            'warnings': display.Lines(list(plan.warnings)),
        }


def _version(text: str | None) -> versions.Version | None:
    return None if text is None else versions.Version.parse(text)
