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

"""``nova-native-tls ca show``: what the CA is like, and what is to be done."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
import datetime

from nova_native_tls._i18n import _
from nova_native_tls.ca import ledger
from nova_native_tls.ca import reading
from nova_native_tls.cmd import ca_arguments
from nova_native_tls.cmd import ca_columns
from nova_native_tls.cmd import display
from nova_native_tls.cmd import exit_status
from nova_native_tls.cmd import show_result
from nova_native_tls.pki import profile


class CAShow(show_result.ShowResult):
    """Show the CA, what it signed, and where its rotation is.

    bundle is what hosts are to trust: "-f value -c bundle" writes their
    ca-cert.pem. It asks for no passphrase. to_do is what should be done soon
    (exit status 1).
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        ca_arguments.add_directory(parser)
        return parser

    def result(self, parsed_args: argparse.Namespace) -> dict[str, object]:
        """Read everything but the keys."""
        now = ca_arguments.now()
        ca = reading.Reading(parsed_args.directory)
        to_do = list(_to_do(ca, now))
        if to_do:
            self.status = exit_status.ExitStatus.WARNING
        return {
            'directory': ca.files.directory,
            'encrypted': ca.files.is_encrypted(),
            **ca_columns.of_rotation(ca, now),
            'certificates': ca_columns.certificates(ca, now),
            'to_do': display.Lines(to_do),
        }


def _to_do(ca: reading.Reading, now: datetime.datetime) -> Iterator[str]:
    if ca.lists_outdated(now):
        yield _(
            'the revocation lists are out of date: make them anew with "ca '
            'crl", and install them'
        )
    until = ca.certificate(ca.ledger.signing).not_valid_after_utc
    steady = ca.ledger.step is ledger.Step.STEADY
    # Time for every host to renew twice.
    if steady and until < now + 2 * profile.HOST_VALIDITY:
        yield _('the CA expires on %s: begin with "ca rotate start"') % (
            until.date()
        )
