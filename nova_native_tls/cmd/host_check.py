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

"""``nova-native-tls host check``: can guests come to this host, and leave?"""

from __future__ import annotations

import argparse
import enum

from oslo_config import cfg

from nova_native_tls._i18n import _
from nova_native_tls.checks import result
from nova_native_tls.checks import this_host
from nova_native_tls.cmd import configuration
from nova_native_tls.cmd import list_findings
from nova_native_tls import exception
from nova_native_tls.host import observation
from nova_native_tls.migration import settings as migration_settings


class Depth(enum.StrEnum):
    """How closely to look."""

    #: Only reads.
    PREDICT = 'predict'
    #: Asks the installed QEMU as well.
    PROVE = 'prove'


class HostCheck(list_findings.ListFindings):
    """Check this host as the source and the destination of migrations.

    Everything that is wrong is listed with the command that mends it, the
    worst first. The exit status is 0, 1 or 2 by the worst finding; what could
    not be looked at is never a success. To read what only QEMU's user may
    read it has to be run as root.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        configuration.add_argument(parser)
        parser.add_argument(
            '--depth',
            choices=[each.value for each in Depth],
            default=Depth.PREDICT.value,
            help=_(
                'predict only reads; prove lets the QEMU of this host load '
                'its credentials and shake hands with itself, too (default: '
                '%(default)s)'
            ),
        )
        parser.add_argument(
            '--connect',
            metavar='URI',
            default=this_host.LOCAL,
            help=_("this host's libvirt (default: %(default)s)"),
        )
        return parser

    def report(self, parsed_args: argparse.Namespace) -> result.CheckReport:
        """Look, and judge."""
        options = _options(
            parsed_args.config_file or cfg.find_config_files(project='nova')
        )
        seen = this_host.look(parsed_args.connect)
        report = this_host.judge(seen, options)
        if parsed_args.depth == Depth.PREDICT:
            return report
        return result.CheckReport(
            findings=report.findings + _proven(seen, options)
        )


def _options(paths: list[str]) -> this_host.Options:
    conf = configuration.read(paths)
    # Refuses what nova-compute would refuse.
    settings = migration_settings.from_conf(conf)
    try:
        return this_host.Options(
            settings=settings, tls_destination=conf.native_tls.tls_destination
        )
    except cfg.Error as err:
        raise exception.ConfigurationUnreadable(problem=err) from err


def _proven(
    seen: observation.HostObservation, options: this_host.Options
) -> tuple[result.Finding, ...]:
    # Only who asks for it pays for it.
    from nova_native_tls.prove import observed

    own = this_host.own_facts(seen, options.tls_destination)
    return observed.prove(seen, name=own.tls_name)
