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

"""Replaces one set of files by another, between two readers.

A reader, QEMU, opens the files of a set one after the other, by paths that
lead through one symbolic link. Another target of that link is one step; but a
reader may be between two files at that moment, or may have followed the link
already. So

- the swap waits until nobody has opened a file for a while: whoever has begun
  to read has finished since;
- it takes leases on all files of both sets, so that nobody opens any;
- it changes the link, and looks who is kept waiting. Who waits for a file of
  the old set had followed the link before: the link is changed back, that
  reader reads the old set, and the swap waits for the next quiet moment. Who
  waits for a file of the new one goes on to read that.

It does not notice a reader that pauses between two files for longer than the
quiet time, nor between following the link and opening for longer than
``settle_s``: one that is stopped, not one that is slow. Nor does it notice
who looks whether a file is there without opening any.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import dataclasses
import os
import secrets
import threading
import time

from oslo_log import log as logging

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls.store import durable
from nova_native_tls.store import lease
from nova_native_tls.store import open_watch

LOG = logging.getLogger(__name__)

#: How soon Ctrl-C is noticed.
_CANCEL_POLL_S = 0.1
_SETTLE_POLL_S = 0.002


class NeverQuiet(exception.NativeTLSError):
    msg_fmt = _(
        'The files in %(directory)s were being read all the time, for '
        '%(limit_s)g seconds: nothing was replaced, try again when fewer '
        'guests come and go'
    )


class Cancelled(exception.NativeTLSError):
    msg_fmt = _('Cancelled, the files in %(directory)s are as they were')


class CannotSwap(exception.NativeTLSError):
    msg_fmt = _(
        'Cannot replace the files in %(directory)s, they are as they were: '
        '%(problem)s'
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait for what, in seconds.

    :ivar quiet_s: nobody has opened a file for so long.
    :ivar settle_s: how long the link is looked after when it was changed;
        who opens a new file meanwhile waits so long.
    :ivar limit_s: for a quiet moment, before giving up.
    :ivar cancel: gives up when it is set.
    :ivar waiting: called with a sentence when it takes longer than usual.
    """

    quiet_s: float = 1.0
    settle_s: float = 0.1
    limit_s: float = 60.0
    cancel: threading.Event = dataclasses.field(
        default_factory=threading.Event
    )
    waiting: Callable[[str], None] = lambda sentence: None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Swapped:
    """How it went.

    :ivar attempts: 1, unless a reader came in between.
    :ivar leased: there are leases here; without, only the quiet moment
        separates readers from the swap.
    """

    attempts: int
    leased: bool


def swap(
    link: str,
    target: str,
    *,
    old: Sequence[str],
    new: Sequence[str],
    patience: Patience | None = None,
) -> Swapped:
    """Let the link lead to another target when no reader is on its way.

    :param link: a symbolic link.
    :param old: paths of all files behind it now.
    :param new: paths of all files behind the target.
    :raises NeverQuiet: there was no quiet moment.
    :raises Cancelled: somebody wished it.
    :raises CannotSwap: the system refused something.
    """
    directory = os.path.dirname(link)
    try:
        with _Swap(link, target, patience or Patience()) as attempt:
            swapped = attempt.run(old, new)
        durable.sync_directory(directory)
    except OSError as err:
        raise CannotSwap(
            directory=directory, problem=err.strerror or err
        ) from err
    return swapped


class _Swap(contextlib.ExitStack):
    """One swap; all that it holds is given up at its end."""

    def __init__(self, link: str, target: str, patience: Patience) -> None:
        super().__init__()
        self._link = link
        self._directory = os.path.dirname(link)
        self._target, self._before = target, os.readlink(link)
        self._patience = patience
        self._deadline = time.monotonic() + patience.limit_s
        self._leased = True

    def run(self, old: Sequence[str], new: Sequence[str]) -> Swapped:
        old_leases = self.enter_context(contextlib.closing(lease.Leases(old)))
        new_leases = self.enter_context(contextlib.closing(lease.Leases(new)))
        # After they were opened here, which it would see.
        watch = self.enter_context(contextlib.closing(_watch(old)))
        attempts = 0
        while True:
            attempts += 1
            if attempts > 1:
                self._give_up_in_time()
            if old:
                self._wait_until_quiet(watch)
            with self._links() as (forward, back):
                if not self._keep_out(old_leases, new_leases, watch):
                    continue
                os.rename(forward, self._link)
                if self._settled(old_leases):
                    return Swapped(attempts=attempts, leased=self._leased)
                os.rename(back, self._link)
                # Who came for the new set meanwhile waits until it is there.
                old_leases.release()

    def _wait_until_quiet(self, watch: open_watch.OpenWatch) -> None:
        since = time.monotonic()
        told = False
        while (now := time.monotonic()) < since + self._patience.quiet_s:
            if self._patience.cancel.is_set():
                raise Cancelled(directory=self._directory)
            left = since + self._patience.quiet_s - now
            if watch.opened(min(left, _CANCEL_POLL_S)):
                since = time.monotonic()
                self._give_up_in_time()
                if not told:
                    self._patience.waiting(
                        _('waiting for a moment in which nobody reads %s')
                        % self._directory
                    )
                    told = True

    def _give_up_in_time(self) -> None:
        if time.monotonic() > self._deadline:
            raise NeverQuiet(
                directory=self._directory, limit_s=self._patience.limit_s
            )

    def _keep_out(
        self, old: lease.Leases, new: lease.Leases, watch: open_watch.OpenWatch
    ) -> bool:
        """Let nobody open anything; False if somebody has in between."""
        try:
            # The new ones may be held since an attempt before.
            kept = self._leased and (old.take() and (new.held or new.take()))
        except lease.Impossible as err:
            LOG.debug(
                'No leases on the files in %s (%s): only a quiet moment '
                'keeps readers from seeing two sets',
                self._directory,
                err,
            )
            self._leased = False
            old.release()
        if not self._leased:
            return not watch.opened()
        if kept and not watch.opened():
            return True
        old.release()
        return False

    def _settled(self, old: lease.Leases) -> bool:
        """Tell whether nobody was on the way to an old file."""
        if not self._leased:
            return True
        until = time.monotonic() + self._patience.settle_s
        while not old.awaited():
            if time.monotonic() > until:
                return True
            time.sleep(_SETTLE_POLL_S)
        return False

    @contextlib.contextmanager
    def _links(self) -> Iterator[tuple[str, str]]:
        """Links to both sets, ready to be renamed: no disk is full then."""
        made = []
        try:
            for target in (self._target, self._before):
                path = os.path.join(
                    self._directory,
                    f'{durable.UNFINISHED}{secrets.token_hex(8)}',
                )
                os.symlink(target, path)
                made.append(path)
            yield made[0], made[1]
        finally:
            for path in made:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)


def _watch(paths: Sequence[str]) -> open_watch.OpenWatch:
    try:
        return open_watch.OpenWatch(paths)
    except OSError as err:
        raise OSError(
            err.errno, _('cannot watch who reads them (%s)') % err.strerror
        ) from err
