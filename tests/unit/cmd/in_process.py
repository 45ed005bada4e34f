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

"""Runs a command line in this process and keeps what it printed."""

from __future__ import annotations

import dataclasses
import io
import json
import logging
import pathlib
from typing import Any

import fixtures

from nova_native_tls.cmd import main


@dataclasses.dataclass(frozen=True)
class Result:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        """Read the output as a program would."""
        return json.loads(self.out)


class Terminal(io.StringIO):
    """A stream that says it is a terminal.

    :ivar seen: what somebody in front of it could read.
    """

    seen = ''

    def isatty(self) -> bool:
        """It is."""
        return True

    def flush(self) -> None:
        """Show what was written."""
        self.seen = self.getvalue()


class CommandLine(fixtures.Fixture):
    """Offers ``run``; puts the process's logging back afterwards."""

    def _setUp(self) -> None:
        root = logging.getLogger()
        self.addCleanup(root.setLevel, root.level)
        options = logging.getLogger('oslo_config.cfg')
        self.addCleanup(options.setLevel, options.level)
        before = list(root.handlers)

        def forget_new_handlers() -> None:
            for handler in list(root.handlers):
                if handler not in before:
                    root.removeHandler(handler)

        self.addCleanup(forget_new_handlers)
        self._directory = pathlib.Path(
            self.useFixture(fixtures.TempDir()).path
        )

    def run(self, *argv: str, terminal: bool = False) -> Result:
        """Run ``nova-native-tls`` with these arguments."""
        out, err = io.StringIO(), Terminal() if terminal else io.StringIO()
        status = main.main(list(argv), stdout=out, stderr=err)
        return Result(status, out.getvalue(), err.getvalue())

    def config_file(self, name: str = 'nova.conf', **values: object) -> str:
        """Write the [libvirt] options without their common prefix."""
        path = self._directory / name
        lines = [f'live_migration_{k} = {v}' for k, v in values.items()]
        path.write_text('\n'.join(['[libvirt]', *lines, '']))
        return str(path)
