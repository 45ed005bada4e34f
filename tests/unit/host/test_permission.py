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

"""Permissions as the kernel computes them, one rule at a time."""

from __future__ import annotations

import testtools

from nova_native_tls.host import path_walk
from nova_native_tls.host import permission
from nova_native_tls.host import posix_acl
from tests.unit.host import observations

READ, SEARCH = permission.READ, permission.SEARCH
Tag = posix_acl.Tag
ME = permission.Identity(1, 10, frozenset({10, 11}))


class PermitsTest(testtools.TestCase):
    """One file, one user."""

    def permits(self, mode: int, acl: tuple = (), **owner: int) -> bool:
        """Ask about a file of somebody else."""
        owner = {'uid': 2, 'gid': 20} | owner
        node = observations.node(
            '/f', 0o100000 | mode, acl=observations.acl(*acl), **owner
        )
        return permission.permits(ME, node, READ)

    def test_owner(self) -> None:
        """An owner has the owner's bits, and no others."""
        self.assertTrue(self.permits(0o400, uid=1))
        self.assertFalse(self.permits(0o044, uid=1))

    def test_group(self) -> None:
        """A member of the group has the group's bits, and no others."""
        for gid in (10, 11):
            self.assertTrue(self.permits(0o040, gid=gid))
            self.assertFalse(self.permits(0o404, gid=gid))

    def test_others(self) -> None:
        """Everybody else has the others' bits."""
        self.assertTrue(self.permits(0o004))
        self.assertFalse(self.permits(0o440))

    def test_root_is_nobody_special(self) -> None:
        """QEMU has no capabilities."""
        node = observations.node('/f', 0o100600, uid=2)
        root = permission.Identity(0, 0)
        self.assertFalse(permission.permits(root, node, READ))

    def test_named_user(self) -> None:
        """Up to the mask."""
        named = (Tag.USER, 4, 1)
        self.assertTrue(self.permits(0o040, (named, (Tag.MASK, 4, 0))))
        self.assertFalse(self.permits(0o010, (named, (Tag.MASK, 1, 0))))

    def test_mask_of_nothing(self) -> None:
        """Then the kernel looks at the mode alone."""
        named = (Tag.USER, 4, 1)
        self.assertTrue(self.permits(0o004, (named, (Tag.MASK, 0, 0))))

    def test_named_user_who_may_not(self) -> None:
        """Others' bits do not help one who is named."""
        self.assertFalse(
            self.permits(
                0o044, ((Tag.USER, 0, 1), (Tag.MASK, 4, 0), (Tag.OTHER, 4, 0))
            )
        )

    def test_any_group(self) -> None:
        """One of several groups is enough; none of them is a refusal."""
        mask, other = (Tag.MASK, 7, 0), (Tag.OTHER, 4, 0)
        closed = ((Tag.OWNING_GROUP, 0, 0), (Tag.GROUP, 0, 10))
        opened = (Tag.GROUP, 4, 11)
        self.assertTrue(
            self.permits(0o074, (*closed, opened, mask, other), gid=10)
        )
        self.assertFalse(self.permits(0o074, (*closed, mask, other), gid=10))
        self.assertTrue(self.permits(0o074, ((Tag.GROUP, 0, 99), mask, other)))


class ObstacleTest(testtools.TestCase):
    """A whole way."""

    def test_closed_directory(self) -> None:
        """The first one that refuses is named."""
        first = observations.directory_node('/a', 0o040700)
        second = observations.directory_node('/a/b', 0o040700)
        walk = observations.walk(
            observations.node('/a/b/c'), on_the_way=(first, second)
        )
        self.assertEqual((13, first), permission.obstacle(ME, walk))

    def test_missing(self) -> None:
        """A file that is not there is in nobody's way."""
        walk = observations.walk(None)
        self.assertEqual((2, None), permission.obstacle(ME, walk))

    def test_links_in_shared_directories(self) -> None:
        """In /tmp one follows one's own links and those of its owner."""
        shared = observations.directory_node('/tmp', 0o041777)
        for uid, protected, wanted in (
            (1, True, 0),
            (0, True, 0),
            (2, True, 13),
            (2, False, 0),
        ):
            link = observations.node('/tmp/l', 0o120777, uid=uid, target='x')
            walk = path_walk.Walk(
                path='/tmp/l',
                steps=(
                    path_walk.Step(path_walk.Act.SEARCH, shared),
                    path_walk.Step(path_walk.Act.FOLLOW, link, shared),
                    path_walk.Step(path_walk.Act.ARRIVE, link),
                ),
            )
            found, _node = permission.obstacle(
                ME, walk, protected_links=protected
            )
            self.assertEqual(wanted, found, (uid, protected))
