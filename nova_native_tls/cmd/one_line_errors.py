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

"""What every command does when something goes wrong."""

from __future__ import annotations

import argparse
from typing import NoReturn

from cliff import command

from nova_native_tls._i18n import _
from nova_native_tls.cmd import exit_status
from nova_native_tls import exception


class OneLineErrors(command.Command):
    """Turns errors into a line and a status, whatever the command shows.

    ``status`` is what the command exits with once its result is shown.
    """

    status = exit_status.ExitStatus.SUCCESS

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Make a parser that says in one line what is wrong."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.error = self._wrong_usage  # type: ignore[method-assign]
        return parser

    def _wrong_usage(self, message: str) -> NoReturn:
        self.tell(_('%s; see --help') % message)
        raise SystemExit(exit_status.ExitStatus.FAILURE)

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command and say how it went."""
        try:
            super().run(parsed_args)
        except exception.NativeTLSError as err:
            self.tell(str(err))
            self._trace(err)
            return exit_status.ExitStatus.FAILURE
        except Exception as err:
            self._trace(err)
            self.tell(
                str(exception.ToolBroken(kind=type(err).__name__, problem=err))
            )
            return exit_status.ExitStatus.BROKEN
        return self.status

    def _trace(self, err: Exception) -> None:
        if self.app_args is not None and self.app_args.debug:
            self.app.LOG.error('Where it happened', exc_info=err)

    def warn(self, sentence: str) -> None:
        """Print a warning; the command then exits with a warning too."""
        self.tell(_('warning: %s') % sentence)
        if self.status is exit_status.ExitStatus.SUCCESS:
            self.status = exit_status.ExitStatus.WARNING

    def tell(self, sentence: str) -> None:
        """Print one line for people, beside the result."""
        print(f'{self.app.NAME}: {sentence}', file=self.app.stderr)
