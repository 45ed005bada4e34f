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

"""Entry point of ``nova-native-tls``."""

from __future__ import annotations

import importlib.metadata
import sys
from typing import Any

from cliff import app
from cliff import command
from cliff import commandmanager

from nova_native_tls._i18n import _
from nova_native_tls.cmd import exit_status

NAMESPACE = 'nova_native_tls.cli'
DISTRIBUTION = 'nova-native-tls'


class NativeTLSApp(app.App):
    """The application: finds commands by entry point."""

    NAME = DISTRIBUTION

    def __init__(self, **streams: Any) -> None:
        self.finished = False
        super().__init__(
            description=_('Encrypted live migration that is certain to work.'),
            version=importlib.metadata.version(DISTRIBUTION),
            command_manager=commandmanager.CommandManager(NAMESPACE),
            deferred_help=True,
            **streams,
        )

    def clean_up(
        self, cmd: command.Command, result: int, err: BaseException | None
    ) -> None:
        """Note that a command ran, so that its own status counts."""
        self.finished = err is None


def main(argv: list[str] | None = None, **streams: Any) -> int:
    """Run one command line and return its exit status.

    :param argv: without the program's name; default: the process's own.
    """
    application = NativeTLSApp(**streams)
    # Without a command cliff would start an interactive shell.
    status = int(application.run((argv or sys.argv[1:]) or ['help']))
    # 1 is cliff's status for "broke", and ours for "worked, with a warning".
    if status == exit_status.ExitStatus.WARNING and not application.finished:
        return exit_status.ExitStatus.BROKEN
    return status


if __name__ == '__main__':
    sys.exit(main())
