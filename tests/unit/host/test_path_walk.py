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

"""Ways through real directories."""

from __future__ import annotations

import errno
import os
import pathlib

import fixtures
import testtools

from nova_native_tls.host import path_walk


class WalkTest(testtools.TestCase):
    """Compared with what the kernel makes of the same paths."""

    def setUp(self) -> None:
        super().setUp()
        self.root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        (self.root / 'a' / 'b').mkdir(parents=True)
        (self.root / 'a' / 'file').write_bytes(b'x')
        for name, target in (
            ('relative', '../file'),
            ('up', '..'),
            ('loop', 'loop'),
            ('nowhere', 'nothing'),
            ('absolute', '/a/file'),
        ):
            (self.root / 'a' / 'b' / name).symlink_to(target)

    def test_as_the_kernel(self) -> None:
        """The same file, or the same error."""
        walker = path_walk.Walker()
        for path in (
            *('a', 'a/file', 'a/b/relative', 'a/b/up/file', 'a/b/loop'),
            *('a/b/nowhere', 'a/file/x', 'a/./b/../file', 'a//b', 'none/x'),
            *('a/b/up/b/up/b/relative', 'x' * 300, '../' * 30 + 'etc/passwd'),
        ):
            whole = f'{self.root}/{path}'
            walk = walker.walk(whole)
            try:
                wanted = os.stat(whole)
            except OSError as err:
                self.assertEqual((None, err.errno), (walk.end, walk.error))
            else:
                assert walk.end is not None, path
                self.assertEqual(
                    (wanted.st_dev, wanted.st_ino),
                    (walk.end.device, walk.end.inode),
                )

    def test_other_root(self) -> None:
        """Absolute links, and .. too far up, stay below the root."""
        walker = path_walk.Walker(str(self.root))
        for path in ('/a/b/absolute', '/../../a/file'):
            end = walker.walk(path).end
            assert end is not None
            self.assertEqual('/a/file', end.path)
            self.assertEqual(f'{self.root}/a/file', walker.real(end))

    def test_links_are_remembered(self) -> None:
        """Every link on the way, in order."""
        walk = path_walk.Walker(str(self.root)).walk('/a/b/up/b/relative')
        self.assertEqual(
            ['/a/b/up', '/a/b/relative'], [each.path for each in walk.links]
        )

    def test_nul(self) -> None:
        """A path that no system call takes leads nowhere."""
        walk = path_walk.Walker().walk('/etc\0/x')
        self.assertEqual(errno.EINVAL, walk.error)

    def test_many_links(self) -> None:
        """As many as the kernel follows, and not one more."""
        for count in (path_walk.LINKS_MAX, path_walk.LINKS_MAX + 1):
            for number in range(count):
                link = self.root / f'{count}.{number}'
                link.symlink_to(f'{count}.{number + 1}')
            (self.root / f'{count}.{count}').touch()
            walk = path_walk.Walker().walk(f'{self.root}/{count}.0')
            self.assertEqual(
                count <= path_walk.LINKS_MAX, walk.end is not None
            )
            self.assertEqual(
                walk.end is not None,
                (self.root / f'{count}.0').exists()
                if count <= path_walk.LINKS_MAX
                else False,
            )
