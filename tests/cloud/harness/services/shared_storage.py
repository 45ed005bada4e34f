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

"""How do the hosts get one directory that libvirt takes for shared?

libvirt refuses to migrate disks that are on a local file system and shared
in a way that it cannot see (libvirt 9.0, src/qemu/qemu_migration.c,
qemuMigrationSrcIsSafe). A bind mount is such a way. So every host mounts
the directory by FUSE, under a type that libvirt knows.
"""

from __future__ import annotations

import pathlib
import time

from tests.cloud.harness.services import service
from tests.lab.harness.node import host as lab_host

MOUNT_TIMEOUT_S = 20

#: Nothing is cached: what one host writes, all others read. The subtype is
#: the one of GlusterFS (libvirt 9.0, src/util/virfile.c,
#: virFileIsSharedFixFUSE).
_OPTIONS = (
    'direct_io,subtype=glusterfs,attr_timeout=0,entry_timeout=0,'
    'negative_timeout=0'
)

#: The node's /dev has it not; the number is the kernel's
#: (Documentation/admin-guide/devices.txt).
_MAKE_DEVICE = '[ -c /dev/fuse ] || mknod -m 0666 /dev/fuse c 10 229'


def mount(host: lab_host.Host, shared: pathlib.Path, target: str) -> None:
    """Mount a directory of the machine in a host, and wait until it is.

    The mount ends with the host, or by ``unmount``.

    :param target: an existing directory of the host; what is in it is set
        aside.
    :raises ServiceError: the daemon of the file system ended, or did not
        mount it in time.
    """
    host.run(['sh', '-c', _MAKE_DEVICE])
    # FUSE 2 mounts on an empty directory only, and libvirt looks at the
    # first mount there.
    host.run(['mv', target, _aside(target)])
    host.run(['mkdir', target])
    daemon = _daemon(host, str(shared), target)
    daemon.start()
    deadline = time.monotonic() + MOUNT_TIMEOUT_S
    while not _is_mounted(host, target):
        daemon.require_running()
        if time.monotonic() > deadline:
            raise daemon.error(f'did not mount {target}')
        time.sleep(service.POLL_S)


def unmount(host: lab_host.Host, target: str) -> None:
    """End the mount, and put back what was set aside.

    :raises ServiceError: something still uses it.
    """
    daemon = _daemon(host)
    # The daemon unmounts when it is asked to end.
    daemon.stop()
    if _is_mounted(host, target):
        raise daemon.error(f'has ended, but {target} is still mounted')
    host.run(['rmdir', target])
    host.run(['mv', _aside(target), target])


def _daemon(host: lab_host.Host, *arguments: str) -> service.Service:
    argv = ['bindfs', '-f', '-o', _OPTIONS, *arguments]
    return service.Service(node=host, name='shared-instances', argv=argv)


def _aside(target: str) -> str:
    return f'{target}.local'


def _is_mounted(host: lab_host.Host, target: str) -> bool:
    mounts = pathlib.Path(f'/proc/{host.init.pid}/mounts').read_text()
    return any(line.split()[1] == target for line in mounts.splitlines())
