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

"""Another Debian's root directory: its libvirt, QEMU and GnuTLS.

Nothing of it stays mounted, nor does anything in it go on, when the process
that asked ends, however it ends: all of it happens in namespaces of its own.
"""

from __future__ import annotations

import collections
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import dataclasses
import fcntl
import os
import pathlib
import platform
import shutil
import subprocess
import time

REPO = pathlib.Path(__file__).resolve().parents[1]
#: Where trees are kept; git ignores it.
TREES = REPO / '.lab' / 'trees'
_MADE_OF = 'etc/made-of'
_TOLD_EVERY_S = 10
_TAIL_LINES = 8

#: Ends with this process, and all that it started with it.
_APART = (
    *('setpriv', '--pdeathsig', 'KILL'),
    *('unshare', '--mount', '--pid', '--fork', '--kill-child'),
    *('--propagation', 'unchanged', '--', 'sh', '-euc'),
)
# In a plain chroot / is no mount point and cannot be made private. Entering
# the mount namespace anew leaves the chroot for one command.
_PRIVATE = """\
mount --make-rprivate / 2> /dev/null ||
    nsenter --mount=/proc/self/ns/mnt mount --make-rprivate /
mount -t proc proc /proc
"""
_MAKE = f"""\
{_PRIVATE}
exec debootstrap --force-check-gpg --variant=minbase "$@"
"""
_ENTER = f"""\
{_PRIVATE}
tree=$1 repository=$2
shift 2
mount -t proc proc "$tree/proc"
mount --rbind /dev "$tree/dev"
mount -t tmpfs -o mode=1777 tmp "$tree/tmp"
mount --bind "$repository" "$tree/mnt"
mount -o remount,bind,ro "$tree/mnt"
exec chroot "$tree" /usr/bin/env --chdir=/mnt "$@"
"""
_ENVIRONMENT = (
    'HOME=/root',
    'LC_ALL=C.UTF-8',
    'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
    'PYTHONDONTWRITEBYTECODE=1',
)


Tell = Callable[[str], None]


class TreeError(Exception):
    """There is no such tree, and it cannot be made; says what to do."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is in a tree beyond the smallest Debian.

    :ivar name: comes after the suite in the name of the directory.
    :ivar packages: debootstrap knows no virtual packages, so one that
        provides what another asks for is named as well.
    """

    name: str
    packages: tuple[str, ...]


def _print(line: str) -> None:
    print(line, flush=True)


def make(
    suite: str,
    content: Content,
    *,
    directory: pathlib.Path = TREES,
    mirror: str | None = None,
    tell: Tell = _print,
) -> pathlib.Path:
    """Give the root directory of a Debian, such as trixie.

    It is made the first time, which takes a minute; afterwards it is there,
    as old as it is.

    :param mirror: where packages come from; by default where this machine's
        own come from.
    :param tell: is called with a line now and then while it is made.
    :raises TreeError: it cannot be made.
    """
    tree = directory / f'{suite}-{content.name}'
    directory.mkdir(parents=True, exist_ok=True)
    with _alone(directory / f'{tree.name}.lock'):
        if not _is_complete(tree, content):
            tell(f'Making a Debian {suite} in {tree}.')
            _make(
                suite, content, tree, mirror=mirror or own_mirror(), tell=tell
            )
    return tree


def own_suite() -> str | None:
    """Name the Debian that this machine itself runs; None for no Debian."""
    with contextlib.suppress(OSError):
        release = platform.freedesktop_os_release()
        if release['ID'] == 'debian':
            return release.get('VERSION_CODENAME')
    return None


def enter(tree: pathlib.Path, command: Sequence[str]) -> int:
    """Run a command in a tree, in a read-only copy of this repository.

    :returns: its exit status.
    """
    return subprocess.run(
        [
            *(*_APART, _ENTER, 'enter', str(tree), str(REPO)),
            *('--ignore-environment', *_ENVIRONMENT, *command),
        ],
        check=False,
    ).returncode


def own_mirror() -> str:
    """Tell where this machine's Debian packages come from.

    :raises TreeError: apt does not say.
    """
    try:
        said = subprocess.run(
            [
                *('apt-get', 'indextargets', '--format'),
                *('$(LABEL) $(COMPONENT) $(SITE)', 'Created-By: Packages'),
            ],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
    except FileNotFoundError:
        said = ''
    for line in said.splitlines():
        label, component, site = line.split(' ', 2)
        if (label, component) == ('Debian', 'main'):
            return site
    raise TreeError(
        'apt names no mirror of Debian (run "apt-get update" first): give one '
        'with --mirror.'
    )


def _proxies() -> Iterator[tuple[str, str]]:
    """Give apt's own proxies as the variables that wget reads."""
    with contextlib.suppress(FileNotFoundError):
        for scheme in ('http', 'https'):
            said = subprocess.run(
                ['apt-config', 'dump', f'Acquire::{scheme}::Proxy'],
                capture_output=True,
                text=True,
                check=False,
            ).stdout
            for line in said.splitlines():
                name, _blank, value = line.partition(' ')
                # Others are for one host alone.
                if name == f'Acquire::{scheme}::Proxy':
                    yield f'{scheme}_proxy', value.strip('";')


@contextlib.contextmanager
def _alone(path: pathlib.Path) -> Iterator[None]:
    with path.open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_complete(tree: pathlib.Path, content: Content) -> bool:
    """Tell whether it was finished, of what is wanted today."""
    with contextlib.suppress(FileNotFoundError):
        return (tree / _MADE_OF).read_text().split() == list(content.packages)
    return False


def _make(
    suite: str,
    content: Content,
    tree: pathlib.Path,
    *,
    mirror: str,
    tell: Tell,
) -> None:
    if os.geteuid() != 0:
        raise TreeError(f'Only root can make {tree}: run this with sudo.')
    if shutil.which('debootstrap') is None:
        raise TreeError('debootstrap is missing: install that package.')
    # What a run before this one left.
    unfinished = tree.with_name(f'{tree.name}.unfinished')
    for old in (tree, unfinished):
        if old.exists():
            shutil.rmtree(old)
    with subprocess.Popen(
        [
            *(
                *_APART,
                _MAKE,
                'make',
                f'--include={",".join(content.packages)}',
            ),
            *(suite, str(unfinished), mirror),
        ],
        env={**dict(_proxies()), **os.environ, 'LC_ALL': 'C.UTF-8'},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors='replace',
    ) as process:
        assert process.stdout is not None
        last = _tell(process.stdout, tell)
    if process.returncode != 0:
        raise TreeError(
            f'debootstrap could not make a Debian {suite}; see '
            f'{unfinished}/debootstrap/debootstrap.log. It said at last:\n'
            + ''.join(last)
        )
    (unfinished / _MADE_OF).write_text('\n'.join(content.packages) + '\n')
    unfinished.rename(tree)


def _tell(lines: Iterable[str], tell: Tell) -> Iterable[str]:
    """Show now and then how far it is; give the last lines."""
    begin = told = time.monotonic()
    last: collections.deque[str] = collections.deque(maxlen=_TAIL_LINES)
    for line in lines:
        last.append(line)
        if time.monotonic() - told > _TOLD_EVERY_S:
            told = time.monotonic()
            tell(f'  {told - begin:3.0f} s {line.rstrip()}')
    return last
