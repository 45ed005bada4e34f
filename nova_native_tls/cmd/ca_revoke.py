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

"""``nova-native-tls ca revoke``: a host is no longer to be trusted."""

from __future__ import annotations

import argparse

from nova_native_tls._i18n import _
from nova_native_tls.ca import authority
from nova_native_tls.ca import files
from nova_native_tls.ca import record
from nova_native_tls.cmd import ca_arguments
from nova_native_tls.cmd import display
from nova_native_tls.cmd import show_result


class CARevoke(show_result.ShowResult):
    """Revoke the certificates of a host, and make new revocation lists.

    It takes effect on a host once the file that crl names is its ca-crl.pem.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        ca_arguments.add_directory(parser)
        ca_arguments.add_passphrase(parser)
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument(
            '--name',
            help=_('revoke every certificate of this host name or address'),
        )
        which.add_argument(
            '--serial',
            metavar='HEX',
            type=_serial,
            help=_('revoke the one of this serial number'),
        )
        return parser

    def result(self, parsed_args: argparse.Namespace) -> dict[str, object]:
        """Revoke them."""
        with authority.working(
            parsed_args.directory, ca_arguments.asker(parsed_args)
        ) as ca:
            revoked = ca.revoke(
                serial=parsed_args.serial,
                name=parsed_args.name,
                now=ca_arguments.now(),
            )
            return {
                'revoked': display.Lines(
                    [record.serial_text(one.serial) for one in revoked]
                ),
                'names': display.Lines(
                    sorted({name for one in revoked for name in one.names})
                ),
                'crl': ca.files.path(files.CRL),
            }


def _serial(text: str) -> int:
    # As openssl and certtool print it, too.
    return int(text.replace(':', ''), 16)
