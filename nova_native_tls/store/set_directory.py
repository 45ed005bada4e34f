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

"""A directory whose files belong together and are replaced together.

Its files are links through one link to the directory of a set::

    DIR/server-cert.pem -> .current/server-cert.pem
    DIR/.current        -> .sets/7
    DIR/.sets/7/        a complete set, never changed once it is there
    DIR/.previous       -> .sets/6, the one before, to go back to

so that another target of ``.current`` replaces all of them. A name that a set
does not have is a link that leads nowhere: for readers there is no such file.
Whoever changes anything here holds ``directory_lock``.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
import errno
import os
import stat

from oslo_log import log as logging

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls.store import durable
from nova_native_tls.store import lease
from nova_native_tls.store import swap

LOG = logging.getLogger(__name__)

CURRENT, PREVIOUS = '.current', '.previous'
SETS = '.sets'
#: No set of files is as large.
BYTES_MAX = 64 * 1024 * 1024

Files = Mapping[str, tuple[bytes, durable.Access]]


class NotAFile(exception.NativeTLSError):
    msg_fmt = _(
        'Cannot take over %(path)s: %(problem)s; move it away, nothing was '
        'changed'
    )


class SetDirectory:
    """The directory, and the sets in it."""

    def __init__(self, path: str) -> None:
        #: Without links: one may be on the way to it.
        self.path = os.path.realpath(path)

    def current(self) -> str | None:
        """Name the set that readers get, as DIR/.current has it."""
        return self._target(CURRENT)

    def previous(self, names: Iterable[str]) -> Files:
        """Read the set that was there before; empty if there is none.

        :raises NotAFile: something is there that is no file.
        """
        found = {name: _read(self._at(f'{PREVIOUS}/{name}')) for name in names}
        return {name: file for name, file in found.items() if file is not None}

    def seen(self, names: Iterable[str]) -> Files:
        """Read what readers get under these names, and who may read it.

        All from one set, also while another process replaces it.

        :raises NotAFile: something is there that is no file.
        """
        current = self.current()
        found = {}
        for name in names:
            path = name if not self._is_ours(name) else f'{current}/{name}'
            file = _read(self._at(path))
            if file is not None:
                found[name] = file
        return found

    def add(self, files: Files, access: durable.Access) -> str:
        """Put a new set beside the current one; nobody reads it yet.

        :param access: of the directories.
        :returns: its name, as for ``activate``.
        :raises WriteFailed: there is no new set.
        """
        sets = self._at(SETS)
        durable.make_directory(sets, access)
        numbers = [int(n) for n in os.listdir(sets) if n.isdecimal()]
        name = f'{SETS}/{max(numbers, default=0) + 1}'
        durable.write_directory(self._at(name), files, access)
        return name

    def activate(
        self,
        name: str,
        names: Iterable[str],
        access: durable.Access,
        patience: swap.Patience | None = None,
    ) -> swap.Swapped:
        """Let readers get another set, none of them a mix of two.

        :param name: what ``add`` has given.
        :param names: of all files that any set may have.
        :param access: of the directories.
        :raises NativeTLSError: readers get what they got before.
        """
        self._adopt(names, access)
        before = self.current()
        assert before is not None
        swapped = swap.swap(
            self._at(CURRENT),
            name,
            old=self._files(before),
            new=self._files(name),
            patience=patience,
        )
        try:
            durable.link(self._at(PREVIOUS), before)
            self._remove_others()
        except durable.WriteFailed as err:
            # Readers get the new set all the same.
            LOG.warning('Some old files are left: %s', err)
        return swapped

    def clean(self) -> None:
        """Remove what an interrupted process has left.

        :raises WriteFailed: some of it is left.
        """
        durable.remove_unfinished(self.path)
        if os.path.isdir(self._at(SETS)):
            durable.remove_unfinished(self._at(SETS))
            self._remove_others()

    def _adopt(self, names: Iterable[str], access: durable.Access) -> None:
        """Make links of plain files; readers get the same bytes all along."""
        foreign = [name for name in names if not self._is_ours(name)]
        present = self.seen(foreign)
        current = self.current()
        if current is None or any(
            present.get(name) != _read(self._at(f'{CURRENT}/{name}'))
            for name in foreign
        ):
            everything = dict(self.seen(names))
            durable.link(self._at(CURRENT), self.add(everything, access))
        for name in foreign:
            durable.link(self._at(name), f'{CURRENT}/{name}')

    def _is_ours(self, name: str) -> bool:
        try:
            return os.readlink(self._at(name)) == f'{CURRENT}/{name}'
        except OSError:
            return False

    def _remove_others(self) -> None:
        """Remove the sets that are neither read nor kept to go back to."""
        kept = {self._target(name) for name in (CURRENT, PREVIOUS)}
        for number in os.listdir(self._at(SETS)):
            if number.isdecimal() and f'{SETS}/{number}' not in kept:
                durable.remove(self._at(f'{SETS}/{number}'))

    def _files(self, name: str) -> list[str]:
        directory = self._at(name)
        return [
            os.path.join(directory, each)
            for each in sorted(os.listdir(directory))
        ]

    def _target(self, link: str) -> str | None:
        try:
            return os.readlink(self._at(link))
        except FileNotFoundError:
            return None

    def _at(self, name: str) -> str:
        return os.path.join(self.path, name)


def _read(path: str) -> tuple[bytes, durable.Access] | None:
    try:
        descriptor = lease.open_when_free(path)
    except FileNotFoundError:
        return None
    except OSError as err:
        raise NotAFile(path=path, problem=err.strerror) from err
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotAFile(path=path, problem=_('it is no file'))
    with open(descriptor, 'rb') as file:
        content = file.read(BYTES_MAX + 1)
        if len(content) > BYTES_MAX:
            raise NotAFile(path=path, problem=os.strerror(errno.EFBIG))
        return content, durable.Access.of(descriptor)
