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

"""What /proc tells about another process."""

from __future__ import annotations

import os
import time

from nova_native_tls.host import mounts
from nova_native_tls.host import permission

#: Field 22 of /proc/PID/stat, counted behind the name (proc(5)).
_START_TIME = 19
#: Where libvirt's files are.
LIBVIRT_PATHS = ('/etc', '/run/libvirt', '/var/log/libvirt')


def name(pid: int) -> str | None:
    """Give the name of its program, 15 characters at most; None if gone."""
    try:
        return read(pid, 'comm').rstrip('\n')
    except OSError:
        return None


def started_at(pid: int) -> float:
    """Tell when it started, in seconds since 1970, UTC, as clocks go now.

    :raises OSError: there is no such process.
    """
    # The name may hold anything, also blanks and parentheses.
    fields = read(pid, 'stat').rpartition(')')[2].split()
    ticks = int(fields[_START_TIME])
    age_s = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf(
        'SC_CLK_TCK'
    )
    return time.time() - age_s


def identity(pid: int) -> permission.Identity:
    """Tell as whom it uses files.

    :raises OSError: there is no such process.
    """
    fields = dict(
        line.split(':', 1)
        for line in read(pid, 'status').splitlines()
        if ':' in line
    )
    # Real, effective, saved, file system.
    return permission.Identity(
        uid=int(fields['Uid'].split()[3]),
        gid=int(fields['Gid'].split()[3]),
        groups=frozenset(int(gid) for gid in fields['Groups'].split()),
    )


def root(pid: int) -> str:
    """Give what libvirt's paths begin with, seen from here; empty if nothing.

    :raises OSError: there is no such process.
    """
    same = mounts.same(mounts.read('self'), mounts.read(pid), LIBVIRT_PATHS)
    return '' if same else f'/proc/{pid}/root'


def same_network(pid: int) -> bool:
    """Tell whether it has the same network as this process.

    :raises OSError: there is no such process.
    """
    # One inode for each network; its namespace itself only some may see.
    return os.path.samestat(
        os.stat(f'/proc/{pid}/net/tcp'), os.stat('/proc/self/net/tcp')
    )


def executable(pid: int) -> str:
    """Give its program; it ends in " (deleted)" once that was replaced.

    :raises OSError: this process may not know.
    """
    return os.readlink(f'/proc/{pid}/exe')


def read(pid: int, file: str) -> str:
    """Read a file of its directory in /proc.

    :raises OSError: there is no such process or file, or this one may not.
    """
    with open(
        f'/proc/{pid}/{file}', encoding='utf-8', errors='replace'
    ) as content:
        return content.read()
