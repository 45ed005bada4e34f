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

"""Base of the commands that write one file in PEM."""

from __future__ import annotations

import argparse

from nova_native_tls.cmd import ca_arguments
from nova_native_tls.cmd import one_line_errors
from nova_native_tls.store import durable


class PEMOutput(one_line_errors.OneLineErrors):
    """Writes it to standard output, or to the file that ``--out`` names."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        ca_arguments.add_directory(parser)
        ca_arguments.add_passphrase(parser)
        ca_arguments.add_out(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Make it and write it."""
        ca_arguments.check_out(parsed_args.out)
        content = self.pem(parsed_args)
        if parsed_args.out is None:
            self.app.stdout.write(content.decode('ascii'))
            self.app.stdout.flush()
        else:
            durable.write(parsed_args.out, content, durable.PUBLIC)

    def pem(self, parsed_args: argparse.Namespace) -> bytes:
        """Do the work."""
        raise NotImplementedError
