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

"""Runs command lines of ours in a node, without starting Python for each.

Hundreds of commands are run, and most of the time of one is Python's and its
imports'. This imports everything once; then, for each line of JSON with
``argv``, ``stdout`` and ``stderr`` on standard input, a child is forked that
is the command from its first line on, and a line with its ``status`` is
printed. Run by its path.
"""

from __future__ import annotations

import json
import os
import sys
from typing import NoReturn

from nova_native_tls.checks import runner
from nova_native_tls.cmd import host_check
from nova_native_tls.cmd import main as command_line
from nova_native_tls.cmd import migrate
from nova_native_tls.cmd import pair_check

#: Imported for the children.
COMMANDS = (host_check, migrate, pair_check)


def be(argv: list[str], stdout: str, stderr: str) -> NoReturn:
    """Be the command, in a process of its own."""
    status = 1
    try:
        for number, path in ((0, os.devnull), (1, stdout), (2, stderr)):
            flags = os.O_RDWR | os.O_CREAT | (os.O_TRUNC if number else 0)
            opened = os.open(path, flags, 0o600)
            os.dup2(opened, number)
            os.close(opened)
        status = command_line.main(argv)
    except SystemExit as err:
        status = err.code if isinstance(err.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def main() -> None:
    """Serve until standard input ends."""
    # All that is found by entry point.
    runner.load()
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if not pid:
            be(**asked)
        _pid, status = os.waitpid(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        print(json.dumps({'status': code}), flush=True)


if __name__ == '__main__':
    main()
