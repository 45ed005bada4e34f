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

"""``nova-native-tls host enroll``: this host's key and its request."""

from __future__ import annotations

import argparse

from nova_native_tls._i18n import _
from nova_native_tls.cmd import display
from nova_native_tls.cmd import host_place
from nova_native_tls.cmd import show_result
from nova_native_tls.identity import enroll
from nova_native_tls.pki import key_type
from nova_native_tls.store import durable


class HostEnroll(show_result.ShowResult):
    """Make a private key here, and a request to have it certified.

    The key never leaves this host. What is installed goes on being used; the
    new key is, once "host install" is given its certificate.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        host_place.add_arguments(parser)
        parser.add_argument(
            '--name',
            action='append',
            default=[],
            help=_(
                'a host name or an address under which other hosts verify '
                'this one; may be repeated (default: the host name, with and '
                'without its domain)'
            ),
        )
        parser.add_argument(
            '--key-type',
            choices=[each.value for each in key_type.KeyType],
            default=key_type.DEFAULT.value,
            help=_('the kind of key (default: %(default)s)'),
        )
        parser.add_argument(
            '--replace',
            action='store_true',
            help=_('forget a request that waits for its certificate'),
        )
        parser.add_argument(
            '--out',
            metavar='FILE',
            help=_('write the request to this file as well'),
        )
        return parser

    def result(self, parsed_args: argparse.Namespace) -> dict[str, object]:
        """Make them, and say where the request is."""
        where = host_place.find(parsed_args)
        made = enroll.enroll(
            where,
            names=parsed_args.name,
            kind=key_type.KeyType(parsed_args.key_type),
            replace=parsed_args.replace,
        )
        if parsed_args.out is not None:
            durable.write(
                parsed_args.out, made.request.csr_pem, durable.PUBLIC
            )
        return {
            'directory': where.directory,
            'names': display.Lines(list(made.request.names)),
            'key_type': parsed_args.key_type,
            'request': parsed_args.out or made.csr_path,
            'next': _(
                'have the request signed, then "nova-native-tls host install '
                '--cert FILE --ca FILE"'
            ),
        }
