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

"""Trying and computing what another user can read: the same answers."""

from __future__ import annotations

import collections
import os
import pathlib
import random
import subprocess
import threading

from nova_native_tls.host import permission
from nova_native_tls.host import read_as_user
from nova_native_tls.host import read_by_permission
from nova_native_tls.host import which_reader
from nova_native_tls.pki import credential_set
from nova_native_tls.store import lease
from tests.functional.host import trees

TREES = 60
READER = permission.Identity(64101, 64201, frozenset({64201}))


class AgreementTest(trees.NeedsRoot):
    """Both readers of the same directory."""

    def test_random_trees(self) -> None:
        """They agree on every file of every tree; the seed is printed."""
        seed = random.SystemRandom().randrange(2**32)
        seen: collections.Counter[str] = collections.Counter()
        for number in range(TREES):
            chance = random.Random(f'{seed}.{number}')
            tree = trees.Tree(self.root / str(number), chance)
            for identity in (tree.identity(), tree.identity()):
                tried = read_as_user.read(str(tree.directory), identity)
                computed = read_by_permission.read(
                    str(tree.directory), identity
                )
                self.assertEqual({}, computed.unseen)
                for name in credential_set.NAMES:
                    self.assertEqual(
                        tried.files[name],
                        computed.files[name],
                        f'seed {seed}, tree {number}, {identity}, {name}',
                    )
                    seen[_kind(tried.files[name])] += 1
        # A tree in which everything is refused would prove nothing.
        self.assertEqual(
            {'read', 'refused', 'unreachable', 'missing', 'fifo', 'other'},
            set(seen),
        )

    def test_below_another_root(self) -> None:
        """Absolute links hold below the root that is given."""
        directory = self.root / 'other' / 'etc' / 'pki'
        directory.mkdir(parents=True)
        (self.root / 'other' / 'store').mkdir()
        (self.root / 'other' / 'store' / 'ca').write_bytes(b'inside')
        (directory / 'ca-cert.pem').symlink_to('/store/ca')
        for read in (read_as_user.read, read_by_permission.read):
            seen = read('/etc/pki', READER, str(self.root / 'other'))
            self.assertEqual(b'inside', seen.files['ca-cert.pem'].content)


def _kind(file: credential_set.File) -> str:
    if file.waits:
        return 'fifo'
    if file.content is not None:
        return 'read'
    if file == credential_set.MISSING:
        return 'missing'
    if file.stat_error == 13:
        return 'unreachable'
    return 'refused' if file.read_error == 13 else 'other'


class ReadAsUserTest(trees.NeedsRoot):
    """Becoming somebody else, and trying."""

    def _read(self, **limits: float) -> credential_set.File:
        seen = read_as_user.read(str(self.root), READER, **limits)
        return seen.files['ca-cert.pem']

    def test_root_without_capabilities(self) -> None:
        """Root, as QEMU is root, may not read what others closed."""
        file = self.root / 'ca-cert.pem'
        file.write_bytes(b'x')
        os.chown(file, 64101, 64201)
        file.chmod(0o600)
        nobody_special = permission.Identity(0, 0, frozenset({0}))
        seen = read_as_user.read(str(self.root), nobody_special)
        self.assertEqual(13, seen.files['ca-cert.pem'].read_error)

    def test_large_file(self) -> None:
        """A file of any size is read as far as credentials go."""
        with (self.root / 'ca-cert.pem').open('wb') as file:
            file.truncate(80 * 1024 * 1024)
        self.assertTrue(self._read().too_large)

    def test_no_answer(self) -> None:
        """A reader that does not answer is ended, and that is an error."""
        file = self.root / 'ca-cert.pem'
        file.write_bytes(b'x')
        leases = lease.Leases([str(file)])
        self.addCleanup(leases.close)
        # The reader waits for seconds until it may open the file.
        self.assertTrue(leases.take())
        before = _children()
        self.assertRaises(TimeoutError, self._read, time_limit_s=0.01)
        self.assertEqual(before, _children())

    def test_nothing_is_left(self) -> None:
        """No process and no descriptor stays behind."""
        self._read()
        before = _children(), len(os.listdir('/proc/self/fd'))
        self._read()
        after = _children(), len(os.listdir('/proc/self/fd'))
        self.assertEqual(before, after)

    def test_this_process_stays_root(self) -> None:
        """Only the child becomes somebody else."""
        self._read()
        self.assertEqual((0, 0), (os.geteuid(), os.getegid()))

    def test_from_another_thread(self) -> None:
        """It works while other threads run."""
        found: list[credential_set.File] = []
        thread = threading.Thread(target=lambda: found.append(self._read()))
        thread.start()
        thread.join()
        self.assertEqual([credential_set.MISSING], found)


def _children() -> set[str]:
    children = pathlib.Path(f'/proc/self/task/{os.getpid()}/children')
    return set(children.read_text().split())


class WhichReaderTest(trees.NeedsRoot):
    """How it is chosen."""

    def test_root(self) -> None:
        """Root can become anybody."""
        self.assertIs(read_as_user.read, which_reader.choose())

    def test_without_capabilities(self) -> None:
        """A privileged helper that may read but not become others computes."""
        status = subprocess.run(
            [
                'setpriv',
                '--bounding-set',
                '-setuid',
                'cat',
                which_reader.STATUS,
            ],
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        path = self.root / 'status'
        path.write_text(status)
        self.assertIs(read_by_permission.read, which_reader.choose(str(path)))
