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

"""What is to be typed opens a file to QEMU's user, and to few others."""

from __future__ import annotations

from collections.abc import Callable
import os
import pathlib
import subprocess

from nova_native_tls.checks import permission_remedy
from nova_native_tls.host import path_walk
from nova_native_tls.host import permission
from nova_native_tls.host import posix_acl
from nova_native_tls.host import qemu_user
from nova_native_tls.host import read_as_user
from tests.functional.host import trees

NAME = 'server-key.pem'
Tag = posix_acl.Tag
NOBODY = 0xFFFFFFFF


class RemedyTest(trees.NeedsRoot):
    """Breaks the permissions in one way, types what is said, and reads."""

    def setUp(self) -> None:
        super().setUp()
        self.directory = self.root / 'pki' / 'a directory'
        self.directory.mkdir(parents=True)
        self.file = self.directory / NAME
        self.file.write_bytes(b'x')
        # The user that this distribution's libvirt has.
        uid, gid = qemu_user.from_name('libvirt-qemu')
        self.user = qemu_user.described(uid, gid, said_by='a test')
        os.chown(self.file, 0, gid)
        self.file.chmod(0o640)
        self.assertTrue(self._readable())

    def _readable(self, identity: permission.Identity | None = None) -> bool:
        seen = read_as_user.read(
            str(self.directory), identity or self.user.identity
        )
        return seen.files[NAME].content == b'x'

    def _mend(self, broken: Callable[[], None], at: pathlib.Path) -> str:
        broken()
        self.assertFalse(self._readable())
        walk = path_walk.Walker().walk(str(self.file))
        node = permission_remedy.obstacle(walk, self.user)
        assert node is not None
        self.assertEqual(str(at), node.path)
        said = permission_remedy.describe(node, self.user)
        self.assertIn('libvirt-qemu', said)
        command = permission_remedy.command(node, self.user)
        subprocess.run(command, check=True, shell=True)
        walk = path_walk.Walker().walk(str(self.file))
        self.assertIsNone(permission_remedy.obstacle(walk, self.user))
        self.assertTrue(self._readable(), command)
        stranger = permission.Identity(64999, 64999, frozenset({64999}))
        self.assertFalse(self._readable(stranger), command)
        return command

    def test_file_of_root_alone(self) -> None:
        """Neither its group nor its mode lets QEMU read."""

        def broken() -> None:
            os.chown(self.file, 0, 0)
            self.file.chmod(0o600)

        self.assertIn('chgrp', self._mend(broken, self.file))

    def test_file_without_group_bit(self) -> None:
        """Its group is QEMU's already."""
        self._mend(lambda: self.file.chmod(0o600), self.file)

    def test_file_of_qemu_itself(self) -> None:
        """An owner is judged by the owner's bits alone."""

        def broken() -> None:
            os.chown(self.file, self.user.identity.uid, 0)
            self.file.chmod(0o040)

        self._mend(broken, self.file)

    def test_directory(self) -> None:
        """A closed directory on the way is opened, no more than needed."""
        for directory in (self.directory, self.directory.parent):
            self._mend(lambda at=directory: at.chmod(0o700), directory)

    def test_directory_of_qemus_group(self) -> None:
        """Its group may not search it."""

        def broken() -> None:
            os.chown(self.directory, 0, self.user.identity.gid)
            self.directory.chmod(0o705)

        self._mend(broken, self.directory)

    def test_description_of_an_acl(self) -> None:
        """With a list the command is setfacl."""
        os.setxattr(
            self.file,
            posix_acl.XATTR,
            posix_acl.encode(
                (
                    posix_acl.Entry(Tag.OWNER, 6, NOBODY),
                    posix_acl.Entry(Tag.USER, 0, self.user.identity.uid),
                    posix_acl.Entry(Tag.OWNING_GROUP, 4, NOBODY),
                    posix_acl.Entry(Tag.MASK, 4, NOBODY),
                    posix_acl.Entry(Tag.OTHER, 0, NOBODY),
                )
            ),
        )
        self.assertFalse(self._readable())
        walk = path_walk.Walker().walk(str(self.file))
        node = permission_remedy.obstacle(walk, self.user)
        assert node is not None
        self.assertEqual(
            f"setfacl -m u:libvirt-qemu:r '{self.file}'",
            permission_remedy.command(node, self.user),
        )
