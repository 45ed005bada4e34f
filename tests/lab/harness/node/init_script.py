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

"""What does the first process of a node do before it becomes an init?

It runs in the node's new namespaces, gives the node its own files, and
becomes tini. All that it mounts is seen by the node only and goes with it:
no clean-up exists because none is needed.

A node has the machine's programs, or those of a tree: another Debian's root
directory, which stays as it is.
"""

from __future__ import annotations

import pathlib
import shlex

#: Below /etc, these are hidden: a lab must not see the guests, the secrets
#: and the certificates of the machine, least of all start its guests.
HIDDEN = (
    'libvirt',
    'pki/CA',
    'pki/libvirt',
    'pki/libvirt-migrate',
    'pki/qemu',
)

#: Directory below a host's state -> what it covers in the host.
HOST_DIRECTORIES = {
    'lib': '/var/lib/libvirt',
    'cache': '/var/cache/libvirt',
    'log': '/var/log/libvirt',
}

_PRIVATE = """\
set -eu
umask 022

# In a plain chroot / is no mount point and cannot be made private. Entering
# the mount namespace anew leaves the chroot for one command.
mount --make-rprivate / 2>/dev/null ||
    nsenter --mount=/proc/self/ns/mnt mount --make-rprivate /
mount -t proc -o nosuid,nodev,noexec proc /proc
mount -t tmpfs -o mode=0755,nosuid lab-run /run
mkdir /run/lock /run/lab-own /run/lab-own/upper /run/lab-own/work
"""

#: What a node changes of /etc, or of a tree, stays in memory.
UPPER = '/run/lab-own/upper'

_OWN_ETC = """\
mount -t overlay -o \
lowerdir=/etc,upperdir=/run/lab-own/upper,workdir=/run/lab-own/work \
lab-etc /etc
"""

#: Where a tree is while it is not the node's root directory yet.
ROOT = '/run/lab-root'

_TREE = f"""\
mkdir {ROOT}
mount -t overlay -o \
lowerdir="$tree",upperdir=/run/lab-own/upper,workdir=/run/lab-own/work \
lab-root {ROOT}
mount -t proc -o nosuid,nodev,noexec proc {ROOT}/proc
mount --rbind /sys {ROOT}/sys
mount -t tmpfs -o mode=0755,nosuid lab-run {ROOT}/run
mkdir {ROOT}/run/lock
"""

#: Devices of the machine that a node has, too, when the machine has them.
DEVICES = ('full', 'null', 'ptmx', 'random', 'tty', 'urandom', 'zero')

#: /dev/kvm is not among the devices. libvirt probes QEMU with permission to
#: open any device (CAP_DAC_OVERRIDE) and asks whether QEMU's user may open
#: /dev/kvm; when the answers differ, it probes anew for every guest
#: (libvirt 9.0, virQEMUCapsIsValid), which takes seconds.
#:
#: QEMU from 8.1 on opens userfaultfd when it exists, and then needs no
#: privilege for post-copy.
_DEV = f"""\
mkdir /run/lab-dev
mount -t tmpfs -o mode=0755,nosuid lab-dev /run/lab-dev
for device in {' '.join(DEVICES)}; do
    cp -a "/dev/$device" /run/lab-dev/
done
mkdir /run/lab-dev/net /run/lab-dev/pts
mkdir -m 1777 /run/lab-dev/shm
if [ -c /dev/net/tun ]; then
    cp -a /dev/net/tun /run/lab-dev/net/
fi
if [ -c /dev/userfaultfd ]; then
    cp -a /dev/userfaultfd /run/lab-dev/
    chmod 0660 /run/lab-dev/userfaultfd
fi
ln -s /proc/self/fd /run/lab-dev/fd
ln -s fd/0 /run/lab-dev/stdin
ln -s fd/1 /run/lab-dev/stdout
ln -s fd/2 /run/lab-dev/stderr
mount --bind /dev/pts /run/lab-dev/pts
"""


def render(
    *,
    name: str,
    directory: pathlib.Path,
    is_libvirt_host: bool,
    tree: pathlib.Path | None = None,
) -> str:
    """Return the script.

    :param name: the host name that the node gets.
    :param directory: the state of the node. ``etc`` in it is copied over
        /etc, the directories of HOST_DIRECTORIES have to exist in it, and
        it is an argument of the init for as long as that lives.
    :param tree: another root directory than the machine's, with a tini.
    """
    quoted = shlex.quote(str(directory))
    parts = [_PRIVATE, _DEV]
    if tree is None:
        root, inside = '', ''
        parts += [_hide(entry, tree='', upper=UPPER) for entry in HIDDEN]
        parts.append(_OWN_ETC)
    else:
        root, inside = ROOT, f'chroot {ROOT} '
        parts.append(f'tree={shlex.quote(str(tree))}\n')
        parts += [
            _hide(entry, tree='"$tree"', upper=f'{UPPER}/etc')
            for entry in HIDDEN
        ]
        parts.append(_TREE)
    parts.append(_devices(root, inside))
    parts.append(f'cp -a --remove-destination {quoted}/etc/. {root}/etc/\n')
    if is_libvirt_host:
        parts += [
            f'mount --bind {quoted}/{source} {root}{target}\n'
            for source, target in HOST_DIRECTORIES.items()
        ]
    parts.append(f'hostname {shlex.quote(name)}\n')
    parts.append('cd /\n')
    parts.append(
        f"exec {inside}tini -s -- sh -c 'exec sleep infinity' {quoted}\n"
    )
    return ''.join(parts)


def _devices(root: str, inside: str) -> str:
    """Return the lines that give the node its devices.

    The number of the group is that of the node's own /etc/group.
    """
    return (
        f'mount --move /run/lab-dev {root}/dev\n'
        f'if [ -c {root}/dev/userfaultfd ]; then\n'
        f'    {inside}chgrp kvm /dev/userfaultfd\n'
        'fi\n'
    )


def _hide(entry: str, *, tree: str, upper: str) -> str:
    """Return the lines that hide one entry of /etc.

    A character device 0:0 in the upper layer is overlayfs' mark for a
    deleted entry, so nothing has to be deleted in the mounted /etc.

    :param tree: where the /etc is in which it may be.
    :param upper: the upper layer of that /etc.
    """
    hidden = f'{upper}/{entry}'
    parent = hidden.rpartition('/')[0]
    return (
        f'if [ -e {tree}/etc/{entry} ] || [ -L {tree}/etc/{entry} ]; then\n'
        f'    mkdir -p {parent}\n'
        f'    mknod {hidden} c 0 0\n'
        'fi\n'
    )
