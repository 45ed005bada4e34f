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

"""``nova-native-tls host renew``: a new key and certificate for this host."""

from __future__ import annotations

import argparse

from oslo_config import cfg

from nova_native_tls._i18n import _
from nova_native_tls.cmd import configuration
from nova_native_tls.cmd import host_columns
from nova_native_tls.cmd import host_install
from nova_native_tls.cmd import host_place
from nova_native_tls.cmd import show_result
from nova_native_tls.identity import renewal
from nova_native_tls.identity import report
from nova_native_tls.issuers import loading
from nova_native_tls.pki import key_type


class HostRenew(show_result.ShowResult):
    """Get a new certificate for a new key from the issuer, and install it.

    [native_tls] issuer of nova.conf says who issues. The new certificate is
    checked and installed as by "host install"; whatever goes wrong, what is
    installed stays. Also for the first certificate of a host.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        configuration.add_argument(parser)
        host_place.add_arguments(parser)
        parser.add_argument(
            '--if-due',
            metavar='FRACTION',
            nargs='?',
            type=_fraction,
            const=report.DUE_FRACTION,
            help=_(
                'do nothing before this part of the validity is over '
                '(default: two thirds); for a timer'
            ),
        )
        parser.add_argument(
            '--name',
            action='append',
            default=[],
            help=_(
                'a host name or an address; may be repeated (default: those '
                'of the installed certificate, or of the host)'
            ),
        )
        parser.add_argument(
            '--key-type',
            choices=[each.value for each in key_type.KeyType],
            default=key_type.DEFAULT.value,
            help=_('the kind of key (default: %(default)s)'),
        )
        host_install.add_limit(parser)
        return parser

    def result(self, parsed_args: argparse.Namespace) -> dict[str, object]:
        """Renew, if it is time."""
        conf = configuration.read(
            parsed_args.config_file or cfg.find_config_files(project='nova')
        )
        if parsed_args.if_due is not None:
            found = report.read(host_place.directory(parsed_args))
            if not found.is_due(parsed_args.if_due):
                return {'renewed': False, **host_columns.of_report(found)}
        issuer = loading.load(conf)
        where = host_place.find(parsed_args)
        given = renewal.certify(
            where,
            issuer,
            names=parsed_args.name,
            kind=key_type.KeyType(parsed_args.key_type),
        )
        done = host_install.install_with(self, given, where, parsed_args)
        return {
            'renewed': done.changed,
            **host_columns.of_report(report.read(where.directory)),
        }


def _fraction(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(
            _('%s is no number from 0 to 1') % text
        )
    return value
