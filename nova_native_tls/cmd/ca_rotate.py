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

"""``nova-native-tls ca rotate``: replace the CA, without a gap."""

from __future__ import annotations

import argparse

from nova_native_tls._i18n import _
from nova_native_tls.ca import authority
from nova_native_tls.ca import host_report
from nova_native_tls.ca import rotation
from nova_native_tls.cmd import ca_arguments
from nova_native_tls.cmd import ca_columns
from nova_native_tls.cmd import show_result
from nova_native_tls.pki import key_type
from nova_native_tls.pki import profile

_STEPS = ('start', 'switch', 'finish')


class CARotate(show_result.ShowResult):
    """Replace the CA by its next generation, in three steps.

    start makes the new generation: install the new bundle on all hosts.
    switch lets it sign: renew the certificates of all hosts. finish gives the
    old one up: install the bundle again. switch and finish are refused while
    a host needs what was there before; hosts that are ready say so by
    --report.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        ca_arguments.add_directory(parser)
        ca_arguments.add_passphrase(parser)
        parser.add_argument('step', choices=_STEPS, help=_('what to do'))
        parser.add_argument(
            '--report',
            metavar='FILE',
            nargs='+',
            action='extend',
            default=[],
            help=_(
                'what "nova-native-tls host show -f json" printed on a host; '
                'each is kept, so the hosts may report one by one'
            ),
        )
        ca_arguments.add_key_type(parser, None)
        ca_arguments.add_days(
            parser,
            profile.CA_VALIDITY,
            _('how long the new generation is valid'),
        )
        return parser

    def result(self, parsed_args: argparse.Namespace) -> dict[str, object]:
        """Take the step, or refuse to."""
        now = ca_arguments.now()
        reports = [
            host_report.read(path, now=now) for path in parsed_args.report
        ]
        with authority.working(
            parsed_args.directory, ca_arguments.asker(parsed_args)
        ) as ca:
            rotation.take_reports(ca, reports)
            if parsed_args.step == 'switch':
                rotation.switch(ca, now=now)
            elif parsed_args.step == 'finish':
                rotation.finish(ca, now=now)
            else:
                kind = parsed_args.key_type
                rotation.start(
                    ca,
                    kind=None if kind is None else key_type.KeyType(kind),
                    validity=parsed_args.days,
                    now=now,
                )
            return ca_columns.of_rotation(ca, now)
