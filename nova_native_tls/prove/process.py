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

"""A program of QEMU as a child that ends in time, whatever it does."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import subprocess
import time

from nova_native_tls.prove import subject as prove_subject

#: What libvirt gives QEMU, too; nothing of ours is passed on.
ENVIRONMENT = {
    'LC_ALL': 'C',
    'PATH': '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
}

#: libvirt takes them away from QEMU, also where it runs as root
#: (clear_emulator_capabilities in qemu.conf). Other users have none.
_WITHOUT_CAPABILITIES = (
    'setpriv',
    '--bounding-set=-all',
    '--inh-caps=-all',
    '--',
)


class Deadline:
    """One moment that several waits share."""

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self._end = time.monotonic() + timeout_s

    def left_s(self) -> float:
        """How long there is still to wait, at least a little."""
        return max(self._end - time.monotonic(), 0.001)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a program ended, and what it printed."""

    status: int
    output: str
    errors: str


class Child:
    """One program; leaving the context kills and reaps it."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        account: prove_subject.Account | None,
        descriptors: Sequence[int] = (),
        environment: dict[str, str] | None = None,
    ) -> None:
        """Start it.

        :param account: whom to run as; this process' own user by default.
        :raises OSError: it cannot be started.
        """
        is_root = account is not None and account.uid == 0
        self._process = subprocess.Popen(
            (*_WITHOUT_CAPABILITIES, *argv) if is_root else argv,
            # QEMU's user need not be able to enter where we are.
            cwd='/',
            env={**ENVIRONMENT, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=tuple(descriptors),
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else account.groups,
        )

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_unused: object) -> None:
        self._process.kill()
        # Nothing in it survives SIGKILL: it was exec'ed and has no children.
        self._process.communicate()

    def finish(self, deadline: Deadline, text: str = '') -> Ended:
        """Pass text on standard input and wait for the end.

        :raises TimeoutError: it has not ended by then.
        """
        try:
            output, errors = self._process.communicate(
                text.encode(), deadline.left_s()
            )
        except subprocess.TimeoutExpired as err:
            raise TimeoutError from err
        return Ended(
            status=self._process.returncode,
            output=output.decode(errors='replace'),
            errors=errors.decode(errors='replace'),
        )

    def stop(self) -> None:
        """Ask it to end; it has until the deadline of ``finish``."""
        self._process.terminate()
