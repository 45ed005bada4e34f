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

"""``nova-native-tls host show``: what is installed, and until when."""

from __future__ import annotations

import argparse

from nova_native_tls._i18n import _
from nova_native_tls.cmd import exit_status
from nova_native_tls.cmd import host_columns
from nova_native_tls.cmd import host_place
from nova_native_tls.cmd import show_result
from nova_native_tls.identity import report


class HostShow(show_result.ShowResult):
    """Show this host's certificate, until when it is valid, whom it trusts.

    Only public facts, and only what is in the files: if migrations work with
    it is the question of "host check". The exit status is 0 as long as
    nothing is to be done, 1 from the time of renewal on (two thirds of the
    validity), 2 if a certificate is missing or has expired. "ca rotate" reads
    the output of "-f json".
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        host_place.add_arguments(parser)
        return parser

    def result(self, parsed_args: argparse.Namespace) -> dict[str, object]:
        """Read it."""
        found = report.read(host_place.directory(parsed_args))
        left = found.seconds_left()
        if found.server is None or found.client is None or not found.trusted:
            self.tell(
                _('not everything is installed in %s: see "host enroll"')
                % found.directory
            )
            self.status = exit_status.ExitStatus.FAILURE
        elif left is not None and left <= 0:
            self.tell(_('the certificate has expired: run "host renew"'))
            self.status = exit_status.ExitStatus.FAILURE
        elif found.is_due():
            self.warn(_('it is time for a new certificate: run "host renew"'))
        return host_columns.of_report(found)
