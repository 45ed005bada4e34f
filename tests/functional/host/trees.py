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

"""Directories of credentials with random permissions, owners and links."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import random

import fixtures
import testtools

from nova_native_tls.host import permission
from nova_native_tls.host import posix_acl
from nova_native_tls.pki import credential_set

#: Numbers that nobody else uses.
UIDS = (0, 64101, 64102)
GIDS = (0, 64201, 64202, 64203)
MODES = (0o000, 0o400, 0o440, 0o444, 0o600, 0o604, 0o640, 0o040, 0o004, 0o644)
DIRECTORY_MODES = (
    *(0o700, 0o710, 0o711, 0o750, 0o755, 0o755, 0o755, 0o755, 0o701),
    *(0o010, 0o001, 0o770, 0o1777, 0o071),
)
Tag = posix_acl.Tag


class NeedsRoot(testtools.TestCase):
    """Tests that become other users; they fail where they cannot."""

    def setUp(self) -> None:
        super().setUp()
        if os.geteuid() != 0:
            self.fail('these tests need root: they become other users')
        self.root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.root.chmod(0o755)


@dataclasses.dataclass
class Tree:
    """A way to a directory, and files in it, below ``root``."""

    root: pathlib.Path
    random: random.Random

    def __post_init__(self) -> None:
        self.directory = self.root / 'etc' / 'pki' / 'qemu'
        self.elsewhere = self.root / 'elsewhere'
        for path in (self.directory, self.elsewhere):
            path.mkdir(parents=True)
        for name in credential_set.NAMES:
            self._fill(name)
        # Last, or nobody would get in to fill them.
        for path in (
            *(self.directory, self.directory.parent, self.elsewhere),
        ):
            self._permit(path, self.random.choice(DIRECTORY_MODES))

    def _fill(self, name: str) -> None:
        path = self.directory / name
        kind = self.random.randrange(10)
        if kind < 6:
            self._file(path)
        elif kind == 6:
            target = self.elsewhere / name
            self._file(target)
            path.symlink_to(
                target
                if self.random.random() < 0.5
                else f'../../../elsewhere/{name}'
            )
            os.lchown(path, self.random.choice(UIDS), 0)
        elif kind == 7:
            path.symlink_to(self.random.choice(['nothing', name, '/..']))
        elif kind == 8:
            self.random.choice([path.mkdir, lambda: os.mkfifo(path)])()
            self._permit(path, self.random.choice(MODES))

    def _file(self, path: pathlib.Path) -> None:
        path.write_bytes(path.name.encode())
        self._permit(path, self.random.choice(MODES))

    def _permit(self, path: pathlib.Path, mode: int) -> None:
        os.chown(path, self.random.choice(UIDS), self.random.choice(GIDS))
        path.chmod(mode)
        if self.random.random() < 0.5:
            os.setxattr(path, posix_acl.XATTR, self._acl())

    def _acl(self) -> bytes:
        def bits() -> int:
            return self.random.choice([0, 1, 4, 5, 7])

        named = [
            posix_acl.Entry(Tag.USER, bits(), who)
            for who in UIDS
            if self.random.random() < 0.4
        ]
        groups = [
            posix_acl.Entry(Tag.GROUP, bits(), who)
            for who in GIDS
            if self.random.random() < 0.4
        ]
        nobody = 0xFFFFFFFF
        return posix_acl.encode(
            (
                posix_acl.Entry(Tag.OWNER, bits(), nobody),
                *named,
                posix_acl.Entry(Tag.OWNING_GROUP, bits(), nobody),
                *groups,
                posix_acl.Entry(Tag.MASK, bits(), nobody),
                posix_acl.Entry(Tag.OTHER, bits(), nobody),
            )
        )

    def identity(self) -> permission.Identity:
        """Somebody who may want to read."""
        gid = self.random.choice(GIDS)
        others = self.random.sample(GIDS, self.random.randrange(3))
        return permission.Identity(
            uid=self.random.choice(UIDS),
            gid=gid,
            groups=frozenset({gid, *others}),
        )
