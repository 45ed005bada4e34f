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

"""Looks at this host, once; changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
import dataclasses
import os

from nova_native_tls._i18n import _
from nova_native_tls.host import clock
from nova_native_tls.host import confinement
from nova_native_tls.host import control_conf
from nova_native_tls.host import credentials_view
from nova_native_tls.host import daemon
from nova_native_tls.host import file_view
from nova_native_tls.host import libvirt_view
from nova_native_tls.host import listening
from nova_native_tls.host import migration_conf
from nova_native_tls.host import observation
from nova_native_tls.host import path_walk
from nova_native_tls.host import qemu_user
from nova_native_tls.host import seen_files
from nova_native_tls.host import tls_directory
from nova_native_tls.host import tls_priority
from nova_native_tls.host import unseen
from nova_native_tls.pki import conf_syntax
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import qemu_conf

Unseen = unseen.Unseen
_SERVER_CERT = credential_set.Endpoint.SERVER.cert()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Who is asked about this host.

    :ivar host: how it is called in findings.
    :ivar libvirt: asks the local libvirt.
    :ivar secret: asks it for the passphrase that a UUID stands for; None if it
        keeps that for itself.
    :ivar reader: finds out what QEMU's user can read.

    All may raise OSError or NativeTLSError.
    """

    host: str
    libvirt: Callable[[], libvirt_view.LibvirtView]
    secret: Callable[[str], str | None]
    reader: seen_files.Reader


def collect(sources: Sources) -> observation.HostObservation:
    """Look at everything; what cannot be seen is part of the answer."""
    return _Look(sources).observation()


class _Look:
    """One look at the host: what the rest of it depends on."""

    def __init__(self, sources: Sources) -> None:
        self._host = sources.host
        self._libvirt = unseen.seen(
            sources.libvirt, remedy=_('see that libvirt runs and answers here')
        )
        self._daemon = unseen.seen(daemon.find)
        self._process = (
            self._daemon if isinstance(self._daemon, daemon.Daemon) else None
        )
        self._files = file_view.FileView(
            self._process.root if self._process else ''
        )
        self._conf = unseen.seen(
            lambda: _conf(self._files), remedy=_('correct %s') % qemu_conf.PATH
        )
        self._control = unseen.seen(
            lambda: _control(self._files, self._process)
        )
        self._models = unseen.seen_from(
            self._libvirt,
            lambda found: qemu_user.security_models(found.capabilities),
        )
        self._credentials = self._find_credentials(sources)

    def _find_credentials(
        self, sources: Sources
    ) -> credentials_view.CredentialsView:
        process, libvirt = self._process, self._libvirt
        capabilities = (
            None if isinstance(libvirt, Unseen) else libvirt.capabilities
        )
        return credentials_view.CredentialsView(
            files=self._files,
            reader=sources.reader,
            directory=unseen.seen_from(
                self._conf,
                lambda found: tls_directory.find(
                    found,
                    self._files.walker,
                    daemon_started_at=process.started_at if process else None,
                ),
            ),
            user=unseen.seen_from(
                self._conf, lambda found: qemu_user.find(capabilities, found)
            ),
            passphrase=credentials_view.ask_passphrase(
                self._conf, sources.secret
            ),
        )

    def observation(self) -> observation.HostObservation:
        """Look at what is left, and put it together."""
        files, credentials = self._files, self._credentials
        read, walks = credentials.read(), credentials.walks()
        passphrase = credentials.passphrase
        return observation.HostObservation(
            host=self._host,
            libvirt=self._libvirt,
            daemon=self._daemon,
            conf=self._conf,
            conf_changed=_changed(files, self._process),
            directory=credentials.directory,
            user=credentials.user,
            credentials=credentials.credential_set(read),
            unseen_files={} if isinstance(read, Unseen) else read.unseen,
            server_cert=unseen.seen_from(
                credentials.directory,
                lambda found: _read(files, f'{found.path}/{_SERVER_CERT}'),
            ),
            passphrase_unseen=passphrase
            if isinstance(passphrase, Unseen)
            else None,
            walks=walks,
            confinement=unseen.seen_from(
                self._models, lambda found: confinement.look(found, files.root)
            ),
            labels=unseen.seen_from(
                self._models, lambda found: _labels(files, walks, found)
            ),
            guests=credentials.guests(
                self._libvirt,
                walks,
                self._process.pid if self._process else None,
            ),
            listeners=unseen.seen(lambda: _listeners(self._process)),
            control=self._control,
            libvirt_ca=unseen.seen_from(
                self._control, lambda found: _read(files, found.ca_file)
            ),
            clock=unseen.seen(clock.read),
            tls_priority=tls_priority.find(files),
            memory_mib=_memory_mib(),
        )


def _listeners(process: daemon.Daemon | None) -> frozenset[listening.Listener]:
    return listening.read(process.pid if process else None)


def _memory_mib() -> int:
    pages = os.sysconf('SC_PHYS_PAGES')
    return os.sysconf('SC_PAGE_SIZE') * pages // 1024**2


def _read(files: file_view.FileView, path: str) -> bytes | None:
    try:
        return files.read(path, qemu_conf.MAX_BYTES)
    except FileNotFoundError:
        return None


def _settings(
    files: file_view.FileView, path: str
) -> Mapping[str, conf_syntax.Value]:
    # Without the file libvirt takes its defaults, and any bytes in strings.
    content = _read(files, path) or b''
    return qemu_conf.parse(content.decode(errors='surrogateescape'))


def _conf(files: file_view.FileView) -> migration_conf.MigrationConf:
    return migration_conf.from_settings(_settings(files, qemu_conf.PATH))


def _control(
    files: file_view.FileView, process: daemon.Daemon | None
) -> control_conf.ControlConf:
    name = control_conf.FILES[process.program if process else 'libvirtd']
    return control_conf.from_settings(
        name, _settings(files, f'/etc/libvirt/{name}')
    )


def _changed(files: file_view.FileView, process: daemon.Daemon | None) -> bool:
    """Tell whether qemu.conf is not the one that libvirt has read."""
    if process is None:
        return False
    try:
        changed = os.stat(files.real(qemu_conf.PATH)).st_ctime
    except OSError:
        return False
    return changed > process.started_at + tls_directory.TICK_S


def _labels(
    files: file_view.FileView,
    walks: Mapping[str, path_walk.Walk],
    models: frozenset[str],
) -> Mapping[str, str | None]:
    if 'selinux' not in models:
        return {}
    return {
        name: confinement.label(files.walker.real(walk.end))
        for name, walk in walks.items()
        if walk.end is not None
    }
