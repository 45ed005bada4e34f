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

"""How is a daemon started in a node, and how does it end?"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
import pathlib
import signal
import time

from tests.lab.harness import errors
from tests.lab.harness.node import node as lab_node
from tests.lab.harness.node import process

#: Below /run, which each node has for itself.
PID_DIRECTORY = '/run/cloud'

STOP_TIMEOUT_S = 40
POLL_S = 0.05

#: How much of a log an error shows.
LOG_TAIL_LINES = 12

# A job in the background of sh leads no process group, so setsid does not
# fork: $! is the daemon itself, and the id of its session. Such a job would
# ignore the keys of a terminal, which are also signals to end by. Nothing
# is forked to read its entry: a shell that waits for one child also forgets
# another one that has ended already, and its entry with it.
_START = """\
set -eu
log=$1 pid_file=$2
shift 2
mkdir -p "$(dirname "$log")" "$(dirname "$pid_file")" "$TMPDIR"
ulimit -n 8192
setsid env --default-signal=INT,QUIT "$@" >> "$log" 2>&1 < /dev/null &
read -r stat < "/proc/$!/stat"
echo "$stat" > "$pid_file"
"""


class ServiceError(errors.LabError):
    """A daemon did not start, or ended; the text shows its log's end."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One daemon of one node; what it says goes to the node's logs.

    It lives in the node's PID namespace and so ends with the node. It can
    be asked and stopped by another object of the same node and name.
    """

    node: lab_node.Node
    name: str
    argv: Sequence[str] = dataclasses.field(repr=False)
    env: Mapping[str, str] = dataclasses.field(
        default_factory=dict, repr=False
    )

    @property
    def log_path(self) -> pathlib.Path:
        """Where the log is, outside of the node and within."""
        return self.node.directory / 'log' / f'{self.name}.log'

    def log(self) -> str:
        """Return all that the daemon has said, maybe nothing."""
        try:
            return self.log_path.read_text(errors='replace')
        except FileNotFoundError:
            return ''

    @property
    def pid(self) -> int | None:
        """The id of the daemon within its node, None when it has ended."""
        recorded = self._recorded()
        if recorded is None or not self._lives(recorded):
            return None
        return recorded.pid

    @property
    def is_running(self) -> bool:
        """Whether the daemon runs; says nothing about its children."""
        return self.pid is not None

    @property
    def command_line(self) -> list[str]:
        """What runs, with its arguments; nothing when it has ended."""
        try:
            content = self.node.path(f'/proc/{self.pid}/cmdline').read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return []
        return content.decode(errors='replace').split('\0')[:-1]

    def start(self) -> None:
        """Start the daemon and return at once.

        :raises ServiceError: it runs already, or something of it does.
        :raises LabError: the node is gone.
        """
        if self._session():
            raise ServiceError(
                f'{self.name} of {self.node.name} runs already: stop it first.'
            )
        argv = ['sh', '-c', _START, 'sh', str(self.log_path), self._pid_file]
        # /tmp is the machine's.
        env = {'TMPDIR': f'{PID_DIRECTORY}/tmp', **self.env}
        self.node.run([*argv, *self.argv], env=env)

    def require_running(self) -> None:
        """Return when the daemon runs.

        :raises ServiceError: it has ended; the end of its log is shown.
        """
        if not self.is_running:
            raise self.error('has ended')

    def stop(self, *, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Ask the daemon to end, if it runs, and wait for all of it.

        :raises ServiceError: it, or a child of it, still runs.
        """
        self.kill(signal.SIGTERM, timeout_s=timeout_s)

    def kill(
        self, number: int = signal.SIGKILL, *, timeout_s: float = 10
    ) -> None:
        """Send a signal that ends the daemon, and wait for the end.

        SIGKILL is sent to its children, too: a worker that outlived its
        master would go on taking requests.

        :raises ServiceError: something of it still runs.
        """
        if not self._session():
            return
        leader = self.pid
        if leader is not None and number != signal.SIGKILL:
            self._signal(leader, number)
        deadline = time.monotonic() + timeout_s
        while left := self._session():
            if number == signal.SIGKILL:
                # Again and again: it may just have made another child.
                for pid in left:
                    self._signal(pid, number)
            if time.monotonic() > deadline:
                raise self.error(
                    f'still runs {timeout_s:.0f} s after a signal '
                    f'{int(number)} (process {", ".join(map(str, left))})'
                )
            time.sleep(POLL_S)

    def restart(self) -> None:
        """Stop the daemon, if it runs, and start it."""
        self.stop()
        self.start()

    def error(self, what: str) -> ServiceError:
        """Return an error that shows the end of the log."""
        tail = '\n'.join(self.log().splitlines()[-LOG_TAIL_LINES:])
        return ServiceError(
            f'{self.name} of {self.node.name} {what}; {self.log_path} ends '
            f'with:\n{tail}'
        )

    @property
    def _pid_file(self) -> str:
        return f'{PID_DIRECTORY}/{self.name}.stat'

    def _recorded(self) -> process.Stat | None:
        try:
            text = self.node.path(self._pid_file).read_text()
        except FileNotFoundError:
            return None
        return process.parse_stat(text) if text else None

    def _lives(self, recorded: process.Stat) -> bool:
        """Tell whether the recorded process is the one with this id now."""
        line = self._stat_line(str(recorded.pid))
        if line is None:
            return False
        found = process.parse_stat(line)
        return found.start_ticks == recorded.start_ticks and (
            found.state not in 'ZXx'
        )

    def _stat_line(self, pid: str) -> str | None:
        try:
            return self.node.path(f'/proc/{pid}/stat').read_text()
        except (FileNotFoundError, ProcessLookupError):
            return None

    def _session(self) -> list[int]:
        """Return the living processes of the daemon's session."""
        recorded = self._recorded()
        if recorded is None:
            return []
        found = []
        for entry in self.node.path('/proc').iterdir():
            line = self._stat_line(entry.name) if entry.name.isdigit() else ''
            if line and _is_of_session(line, recorded):
                found.append(int(entry.name))
        return found

    def _signal(self, pid: int, number: int) -> None:
        # It may have ended meanwhile: whoever sends the signal looks then.
        script = f'kill -{int(number)} {pid}'
        self.node.run(['sh', '-c', script], check=False)


def _is_of_session(line: str, recorded: process.Stat) -> bool:
    """Tell whether a line of /proc/PID/stat is of the recorded session.

    The daemon itself is, also before it leads the session. An id that is
    used again leads, or is in, a session that is younger than all of its
    own; the kernel gives no id away while a session has it.
    """
    stat = process.parse_stat(line)
    # State, parent, process group and session follow the name (man 5 proc).
    session = int(line.rpartition(')')[2].split()[3])
    is_daemon = (stat.pid, stat.start_ticks) == (
        recorded.pid,
        recorded.start_ticks,
    )
    is_member = (
        session == recorded.pid and stat.start_ticks >= recorded.start_ticks
    )
    return (is_daemon or is_member) and stat.state not in 'ZXx'
