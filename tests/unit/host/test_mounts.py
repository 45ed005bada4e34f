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

"""Mounts of two processes, as the kernel writes them."""

from __future__ import annotations

import testtools

from nova_native_tls.host import mounts

ROOT = '21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw'
PATH = '/etc/pki/qemu'


def table(*lines: str) -> tuple[mounts.Mount, ...]:
    """Read a table that begins with the root."""
    numbered = [
        f'{30 + number} 21 {line} rw - x x rw'
        for number, line in enumerate(lines)
    ]
    return mounts.parse('\n'.join([ROOT, *numbered]))


def same(there: tuple[mounts.Mount, ...], *paths: str) -> bool:
    """Compare with a process that has the root alone."""
    return mounts.same(table(), there, paths or (PATH,))


class SameTest(testtools.TestCase):
    """Which mounts make a difference."""

    def test_elsewhere(self) -> None:
        """A mount somewhere else makes none, nor does one's number."""
        self.assertTrue(same(table('0:5 / /dev', '0:6 / /etc/pki/qemux')))
        self.assertTrue(same(mounts.parse(ROOT.replace('21 1 ', '99 98 '))))

    def test_above(self) -> None:
        """Another file system, or another part of this one."""
        for line in ('0:5 / /etc', '254:0 /other /etc/pki', f'0:5 / {PATH}'):
            self.assertFalse(same(table(line)), line)

    def test_below(self) -> None:
        """A single file that is mounted, too."""
        self.assertFalse(same(table(f'254:0 /x {PATH}/ca-cert.pem')))

    def test_bound_to_itself(self) -> None:
        """The same directory by another way is the same."""
        self.assertTrue(same(table(f'254:0 {PATH} {PATH}')))
        self.assertTrue(same(table('254:0 /etc /etc')))

    def test_deleted(self) -> None:
        """What was removed since, and is still mounted."""
        self.assertFalse(same(table(f'254:0 {PATH}//deleted {PATH}')))

    def test_last_mount_counts(self) -> None:
        """It hides those before it."""
        back = f'254:0 {PATH} {PATH}'
        self.assertTrue(same(table(f'0:5 / {PATH}', back)))
        self.assertFalse(same(table(back, f'0:5 / {PATH}')))

    def test_every_path(self) -> None:
        """One that differs is enough."""
        there = table('0:5 / /srv')
        self.assertTrue(same(there, PATH))
        self.assertFalse(same(there, PATH, '/srv/certs/ca.pem'))

    def test_other_root(self) -> None:
        """A container."""
        self.assertFalse(
            same(mounts.parse('9 8 0:77 / / rw - overlay overlay rw'))
        )

    def test_blanks(self) -> None:
        """The kernel writes them as numbers."""
        (_root, mount) = table('0:5 / /a\\040b')
        self.assertEqual('/a b', mount.point)
