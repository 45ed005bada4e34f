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

"""Who may read a host's key."""

from __future__ import annotations

import grp
import pathlib
import pwd
from typing import Any
from unittest import mock

import fixtures
import testtools

from nova_native_tls.host import permission
from nova_native_tls.host import qemu_user
from nova_native_tls.identity import access

QEMU, OWN, SHARED, EMPTY = 64055, 64055, 108, 109


def group(name: str, gid: int, *members: str) -> grp.struct_group:
    """One line of /etc/group."""
    return grp.struct_group((name, 'x', gid, list(members)))


class AccessTest(testtools.TestCase):
    """A host with some groups."""

    def access(
        self,
        *groups: grp.struct_group,
        gid: int = SHARED,
        others: tuple[int, ...] = (),
        uid: int = QEMU,
    ) -> access.IdentityAccess:
        """What is decided with these groups."""

        def by(key: int) -> Any:
            known = {each[key]: each for each in groups}
            return lambda wanted: known[wanted]

        accounts = [
            pwd.struct_passwd(('qemu', 'x', uid, gid, '', '/', '')),
            pwd.struct_passwd(('nova', 'x', 42, EMPTY, '', '/', '')),
        ]
        user = qemu_user.QemuUser(
            identity=permission.Identity(
                uid=uid, gid=gid, groups=frozenset({gid, *others})
            ),
            name='qemu',
            group='',
            said_by='',
        )
        with (
            mock.patch.object(
                grp, 'getgrgid', side_effect=by(2), autospec=True
            ),
            mock.patch.object(
                grp, 'getgrnam', side_effect=by(0), autospec=True
            ),
            mock.patch.object(
                pwd, 'getpwall', return_value=accounts, autospec=True
            ),
        ):
            return access.for_user(user)

    def assert_group(self, gid: int, found: access.IdentityAccess) -> None:
        """QEMU reads the key by this group, and cannot write it."""
        key = found.key
        self.assertEqual((0o640, 0, gid), (key.mode, key.uid, key.gid))
        self.assertEqual(
            (0o750, gid), (found.directory.mode, found.directory.gid)
        )

    def test_only_group(self) -> None:
        """The user's own group, of which it may be listed as a member."""
        self.assert_group(SHARED, self.access(group('kvm', SHARED, 'qemu')))

    def test_group_of_its_name(self) -> None:
        """That one before its first one: nobody joins it for KVM."""
        found = self.access(
            group('kvm', SHARED), group('qemu', OWN, 'qemu'), others=(OWN,)
        )
        self.assert_group(OWN, found)

    def test_shared_group(self) -> None:
        """With others in every group, the key is the user's own."""
        for groups, gid in (
            ([group('kvm', SHARED, 'qemu', 'nova')], SHARED),
            # The first group of another user.
            ([group('nova', EMPTY)], EMPTY),
            ([group('root', 0)], 0),
        ):
            found = self.access(*groups, gid=gid)
            key = found.key
            self.assertEqual((0o400, QEMU, gid), (key.mode, key.uid, key.gid))
            self.assertEqual(0o755, found.directory.mode)

    def test_nameless_group(self) -> None:
        """A group without a name has no members."""
        self.assert_group(SHARED, self.access())

    def test_root(self) -> None:
        """Where QEMU is root the key is root's."""
        key = self.access(group('root', 0), uid=0, gid=0).key
        self.assertEqual((0o400, 0, 0), (key.mode, key.uid, key.gid))

    def test_of_sets(self) -> None:
        """Sets are as open as the directory that they are in."""
        root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        root.chmod(0o711)
        found = self.access()
        self.assertEqual(0o711, found.of_sets(str(root)).mode)
        self.assertEqual(found.directory, found.of_sets(str(root / 'nowhere')))
