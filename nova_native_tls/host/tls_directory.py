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

"""Which directory libvirt hands to QEMU for a migration."""

from __future__ import annotations

import dataclasses
import os

from nova_native_tls.host import birth
from nova_native_tls.host import migration_conf
from nova_native_tls.host import path_walk
from nova_native_tls.pki import qemu_conf

#: Clocks of files and of processes do not tick alike.
TICK_S = 1.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TLSDirectory:
    """The directory, and how sure that is.

    :ivar setting: of qemu.conf, which names it; None for a built-in one.
    :ivar exists: it is there now.
    :ivar instead: what the running libvirt may use in its place, because it
        may have started before the directory was there.
    :ivar younger: the directory was made after libvirt had started.
    """

    path: str
    setting: str | None = None
    exists: bool = True
    instead: str | None = None
    younger: bool = False


def find(
    conf: migration_conf.MigrationConf,
    walker: path_walk.Walker,
    *,
    daemon_started_at: float | None = None,
) -> TLSDirectory:
    """Find it as libvirt does when it starts.

    virQEMUDriverConfigSetDefaults, libvirt 9.0 src/qemu/qemu_conf.c.

    :param walker: goes where libvirt would go.
    :param daemon_started_at: seconds since 1970; None if it is not running,
        and so will decide when it starts.
    """
    own = walker.walk(qemu_conf.MIGRATE_DIRECTORY)
    instead, younger = None, False
    if conf.migrate_directory is not None:
        path, setting = conf.migrate_directory, 'migrate_tls_x509_cert_dir'
    elif own.end is not None:
        path, setting = qemu_conf.MIGRATE_DIRECTORY, None
        if daemon_started_at is not None:
            born = birth.time(walker.real(own.end))
            younger = born is not None and born > daemon_started_at + TICK_S
            if not _surely_older(own, walker, daemon_started_at):
                instead = conf.default_directory or qemu_conf.DEFAULT_DIRECTORY
    else:
        path = conf.default_directory or qemu_conf.DEFAULT_DIRECTORY
        setting = conf.default_directory and 'default_tls_x509_cert_dir'
    end = walker.walk(path).end
    return TLSDirectory(
        path=path,
        setting=setting,
        exists=end is not None and end.is_directory,
        instead=instead,
        younger=younger,
    )


def _surely_older(
    walk: path_walk.Walk, walker: path_walk.Walker, moment: float
) -> bool:
    """Tell whether it surely was there.

    A directory that was made, or moved here, changes the one that it is in;
    later changes may also have other reasons. Nobody can set that time.
    """
    if walk.end is None:
        return False
    parent = walker.walk(os.path.dirname(walk.path)).end
    times = [] if parent is None else [os.stat(walker.real(parent)).st_ctime]
    if not walk.links:
        times.append(os.stat(walker.real(walk.end)).st_ctime)
    return any(time < moment - TICK_S for time in times)
