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

"""The credentials of this host as QEMU's user, and its guests, see them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
import dataclasses

from nova_native_tls.host import file_view
from nova_native_tls.host import guests
from nova_native_tls.host import libvirt_view
from nova_native_tls.host import migration_conf
from nova_native_tls.host import path_walk
from nova_native_tls.host import qemu_user
from nova_native_tls.host import seen_files
from nova_native_tls.host import tls_directory
from nova_native_tls.host import unseen
from nova_native_tls.pki import credential_set

Unseen = unseen.Unseen
_NAMES = credential_set.NAMES


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CredentialsView:
    """Where to look, and as whom.

    :ivar files: as libvirt sees them.
    :ivar passphrase: of encrypted keys; None if none is configured, or libvirt
        keeps it for itself.
    """

    files: file_view.FileView
    reader: seen_files.Reader
    directory: tls_directory.TLSDirectory | Unseen
    user: qemu_user.QemuUser | Unseen
    passphrase: str | Unseen | None = dataclasses.field(repr=False)

    def walks(self) -> Mapping[str, path_walk.Walk]:
        """Go to the directory (empty name) and to every file in it."""
        if isinstance(self.directory, Unseen):
            return {}
        walker, path = self.files.walker, self.directory.path
        found = {name: walker.walk(f'{path}/{name}') for name in _NAMES}
        return {'': walker.walk(path)} | {
            name: walk
            for name, walk in found.items()
            # A link that leads nowhere is worth a look, too.
            if walk.end is not None or walk.links
        }

    def read(self) -> seen_files.SeenFiles | Unseen:
        """Read them as QEMU's user."""
        return unseen.seen_from(
            self.directory,
            lambda directory: unseen.seen_from(
                self.user,
                lambda user: self.reader(
                    directory.path, user.identity, self.files.root
                ),
            ),
        )

    def credential_set(
        self, read: seen_files.SeenFiles | Unseen
    ) -> credential_set.CredentialSet | Unseen:
        """Put what was read together with its passphrase."""
        if isinstance(read, Unseen):
            return read
        if isinstance(self.directory, Unseen):
            return self.directory
        return credential_set.CredentialSet(
            directory=self.directory.path,
            files=read.files,
            passphrase=self._passphrase,
        )

    def guests(
        self,
        libvirt: libvirt_view.LibvirtView | Unseen,
        walks: Mapping[str, path_walk.Walk],
        daemon: int | None,
    ) -> tuple[guests.Guest, ...] | Unseen:
        """Look at the running guests.

        :param walks: the ways to the credentials that new guests see.
        :param daemon: libvirt's process, if it runs.
        """
        if isinstance(libvirt, Unseen):
            return libvirt
        return unseen.seen_from(
            self.directory,
            lambda directory: guests.look(
                libvirt.running,
                guests.Place(
                    daemon=daemon,
                    root=self.files.root,
                    paths=tuple(
                        walk.end.path
                        for walk in walks.values()
                        if walk.end is not None
                    ),
                    directory=directory.path,
                    installed=libvirt.versions.qemu,
                    reader=self.reader,
                    passphrase=self._passphrase,
                ),
            ),
        )

    @property
    def _passphrase(self) -> str | None:
        given = self.passphrase
        return None if isinstance(given, Unseen) else given


def ask_passphrase(
    conf: migration_conf.MigrationConf | Unseen,
    ask: Callable[[str], str | None],
) -> str | Unseen | None:
    """Ask for the passphrase that qemu.conf refers to, if it does."""
    if isinstance(conf, Unseen) or conf.secret_uuid is None:
        return None
    uuid = conf.secret_uuid
    return unseen.seen(lambda: ask(uuid))
