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

"""``nova-native-tls ca init``: make a CA for QEMU's migrations."""

from __future__ import annotations

import argparse

from nova_native_tls._i18n import _
from nova_native_tls.ca import birth
from nova_native_tls.ca import reading
from nova_native_tls.cmd import ca_arguments
from nova_native_tls.cmd import show_result
from nova_native_tls.pki import key_type
from nova_native_tls.pki import profile


class CAInit(show_result.ShowResult):
    """Make a CA whose certificates QEMU uses for migrations, and nothing else.

    Its key and its journal are in one directory, which is made, and which
    nobody but its owner can read. A directory with anything in it is left as
    it is.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        ca_arguments.add_directory(parser)
        parser.add_argument(
            '--name',
            metavar='TEXT',
            default=birth.DEFAULT_NAME,
            help=_('words for people in its subject (default: %(default)s)'),
        )
        ca_arguments.add_key_type(parser, key_type.DEFAULT)
        ca_arguments.add_days(
            parser, profile.CA_VALIDITY, _('how long it is valid')
        )
        parser.add_argument(
            '--encrypt',
            action='store_true',
            help=_('ask for a passphrase, if nothing else gives one'),
        )
        ca_arguments.add_passphrase(parser)
        return parser

    def result(self, parsed_args: argparse.Namespace) -> dict[str, object]:
        """Make it, and read back what was made."""
        passphrase = ca_arguments.new_passphrase(parsed_args)
        birth.init(
            parsed_args.directory,
            name=parsed_args.name,
            kind=key_type.KeyType(parsed_args.key_type),
            validity=parsed_args.days,
            passphrase=passphrase,
            now=ca_arguments.now(),
        )
        made = reading.Reading(parsed_args.directory)
        certificate = made.certificate(1)
        return {
            'directory': made.files.directory,
            'subject': made.ledger.generations[0].subject,
            'sha256': made.ledger.generations[0].sha256,
            'key_type': key_type.describe(certificate.public_key()),
            'not_after': certificate.not_valid_after_utc.isoformat(),
            'encrypted': passphrase is not None,
        }
