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

"""``nova-native-tls ca crl``: make the revocation lists anew."""

from __future__ import annotations

import argparse

from nova_native_tls._i18n import _
from nova_native_tls.ca import authority
from nova_native_tls.cmd import ca_arguments
from nova_native_tls.cmd import pem_output
from nova_native_tls.pki import profile


class CACRL(pem_output.PEMOutput):
    """Make the revocation lists anew, and write them.

    One list for each CA that hosts are to trust, in one file: ca-crl.pem of
    every host. QEMU does not mind an old list; the pre-checks do.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser = super().get_parser(prog_name)
        ca_arguments.add_days(
            parser,
            profile.CRL_VALIDITY,
            _('in how many days hosts are to have the next one'),
        )
        return parser

    def pem(self, parsed_args: argparse.Namespace) -> bytes:
        """Make them."""
        with authority.working(
            parsed_args.directory, ca_arguments.asker(parsed_args)
        ) as ca:
            return ca.make_lists(
                validity=parsed_args.days, now=ca_arguments.now()
            )
