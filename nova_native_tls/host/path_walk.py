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

"""Goes along a path as the kernel does, and notes all that it meets."""

from __future__ import annotations

import collections
import dataclasses
import enum
import errno
import os
import stat

from nova_native_tls.host import posix_acl

#: As many as the kernel follows (include/linux/namei.h, MAXSYMLINKS).
LINKS_MAX = 40


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A file, directory or link, and who may do what with it.

    :ivar path: where it is, below the root of the walk; no links in it.
    :ivar mode: type and permissions, as in stat(2).
    :ivar target: where a symbolic link leads.
    """

    path: str
    mode: int
    uid: int
    gid: int
    device: int
    inode: int
    acl: tuple[posix_acl.Entry, ...] = ()
    target: str | None = None

    @property
    def is_directory(self) -> bool:
        return stat.S_ISDIR(self.mode)

    @property
    def is_link(self) -> bool:
        return self.target is not None


class Act(enum.Enum):
    """What the kernel does with a node on its way."""

    #: It looks a name up in a directory.
    SEARCH = 'search'
    #: It follows a symbolic link.
    FOLLOW = 'follow'
    #: It has arrived.
    ARRIVE = 'arrive'


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One step; ``parent`` is the directory that the node is in."""

    act: Act
    node: Node
    parent: Node | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The whole way, as somebody goes it who may look at everything.

    :ivar steps: in the kernel's order.
    :ivar error: errno at the end of the steps; 0 if the path leads somewhere.
    :ivar unseen: where and why whoever went could not look; empty if it
        could.
    """

    path: str
    steps: tuple[Step, ...]
    error: int = 0
    unseen: str = ''

    @property
    def end(self) -> Node | None:
        """What the path leads to."""
        if not self.steps or self.steps[-1].act is not Act.ARRIVE:
            return None
        return self.steps[-1].node

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Everything on the way, each once."""
        return tuple(dict.fromkeys(step.node for step in self.steps))

    @property
    def links(self) -> tuple[Node, ...]:
        """The symbolic links on the way."""
        return tuple(node for node in self.nodes if node.is_link)


class Walker:
    """Walks below one root, and looks at nothing twice.

    :param root: what the paths begin at, without a slash at its end; another
        process's root is ``/proc/PID/root``.
    """

    def __init__(self, root: str = '') -> None:
        self._root = root
        self._nodes: dict[str, Node | OSError] = {}

    def walk(self, path: str) -> Walk:
        """Go along an absolute path."""
        steps: list[Step] = []
        try:
            self._go(path, steps)
        except _Unseen as err:
            return Walk(
                path=path,
                steps=tuple(steps),
                error=err.errno or errno.EIO,
                unseen=str(err),
            )
        except OSError as err:
            return Walk(
                path=path, steps=tuple(steps), error=err.errno or errno.EIO
            )
        return Walk(path=path, steps=tuple(steps))

    def real(self, node: Node) -> str:
        """Give the path at which this process finds a node."""
        return self._root + node.path

    def _go(self, path: str, steps: list[Step]) -> None:
        here = top = self._look('/')
        parts = collections.deque(_parts(path))
        followed = 0
        while parts:
            part = parts.popleft()
            if not here.is_directory:
                raise NotADirectoryError(errno.ENOTDIR, '', here.path)
            steps.append(Step(Act.SEARCH, here))
            if part == '.':
                continue
            if part == '..':
                here = self._look(os.path.dirname(here.path))
                continue
            found = self._look(os.path.join(here.path, part))
            if found.target is None:
                here = found
                continue
            followed += 1
            if followed > LINKS_MAX:
                raise OSError(errno.ELOOP, '', found.path)
            steps.append(Step(Act.FOLLOW, found, here))
            if found.target.startswith('/'):
                here = top
            parts.extendleft(reversed(_parts(found.target)))
        steps.append(Step(Act.ARRIVE, here))

    def _look(self, path: str) -> Node:
        known = self._nodes.get(path)
        if known is None:
            try:
                known = _node(self._root, path)
            except OSError as err:
                known = err
            self._nodes[path] = known
        if isinstance(known, OSError):
            raise known
        return known


class _Unseen(OSError):
    """The one who walks may not look; others perhaps may."""


def _parts(path: str) -> list[str]:
    return [part for part in path.split('/') if part]


def _node(root: str, path: str) -> Node:
    real = root + path
    try:
        found = os.lstat(real)
        target = os.readlink(real) if stat.S_ISLNK(found.st_mode) else None
        # The kernel does not look at a list whose mask grants nothing.
        acl = (
            posix_acl.read(real)
            if target is None and found.st_mode & stat.S_IRWXG
            else ()
        )
    except PermissionError as err:
        raise _Unseen(err.errno, err.strerror, real) from err
    except ValueError as err:
        raise OSError(errno.EINVAL, str(err), real) from err
    return Node(
        path=path,
        mode=found.st_mode,
        uid=found.st_uid,
        gid=found.st_gid,
        device=found.st_dev,
        inode=found.st_ino,
        acl=acl,
        target=target,
    )
