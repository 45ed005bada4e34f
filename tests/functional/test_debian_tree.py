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

"""Another Debian's tree: how it is made and entered, without a network."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import fixtures
import testtools

from tests import debian_tree

#: Longer than anything takes; reached only when a program hangs.
HANGS_AFTER_S = 60
CONTENT = debian_tree.Content(name='test', packages=('one', 'two'))
#: Stands for debootstrap, which gets the tree as the last but one.
DEBOOTSTRAP = """\
#!/bin/sh
echo "$@" > "$0.asked"
echo "$http_proxy" > "$0.proxy"
for last; do before=$tree tree=$last; done
mkdir -p "$before/etc"
echo I: Configuring something
exit "$(cat "$0.status")"
"""


class MakeTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.programs = self.directory / 'programs'
        self.programs.mkdir()
        path = f'{self.programs}:{os.environ["PATH"]}'
        self.useFixture(fixtures.EnvironmentVariable('PATH', path))
        self.useFixture(fixtures.EnvironmentVariable('http_proxy'))
        self.program('debootstrap', DEBOOTSTRAP)
        self.program(
            'apt-get',
            '#!/bin/sh\n'
            'echo "Debian-Security main http://security.example.org/debian"\n'
            'echo "Debian contrib http://contrib.example.org/debian"\n'
            'echo "Debian main http://mirror.example.org/debian"\n',
        )
        self.program(
            'apt-config',
            '#!/bin/sh\n'
            'echo \'Acquire::http::Proxy::one.example.org "DIRECT";\'\n'
            'echo \'Acquire::http::Proxy "http://proxy.example.org:1";\'\n',
        )
        self.ends_with(0)
        self.told: list[str] = []

    def program(self, name: str, script: str) -> None:
        """Put a program in front of the real one."""
        path = self.programs / name
        path.write_text(script)
        path.chmod(0o755)

    def ends_with(self, status: int) -> None:
        """Say how debootstrap is to end."""
        (self.programs / 'debootstrap.status').write_text(str(status))

    def asked(self) -> str:
        """What debootstrap was called with."""
        return (self.programs / 'debootstrap.asked').read_text()

    def make(self, content=CONTENT, **options) -> pathlib.Path:
        """Make a tree without talking."""
        return debian_tree.make(
            'trixie',
            content,
            directory=self.directory / 'trees',
            tell=self.told.append,
            **options,
        )

    def test_made(self):
        """From this machine's mirror, by apt's proxy, with all packages."""
        tree = self.directory / 'trees' / 'trixie-test'
        self.assertEqual(tree, self.make())
        self.assertEqual([f'Making a Debian trixie in {tree}.'], self.told)
        self.assertRegex(self.asked(), r'trixie \S+ http://mirror\.example')
        self.assertIn('--include=one,two', self.asked())
        proxy = (self.programs / 'debootstrap.proxy').read_text()
        self.assertEqual('http://proxy.example.org:1\n', proxy)

    def test_made_once(self):
        """What is there is taken, until other packages are wanted."""
        self.make()
        self.ends_with(1)
        self.make()
        other = debian_tree.Content(name='test', packages=('another',))
        self.assertRaises(debian_tree.TreeError, self.make, other)
        self.assertIn('--include=another', self.asked())

    def test_failed(self):
        """That is told in debootstrap's own words, and tried again."""
        self.ends_with(1)
        error = self.assertRaises(debian_tree.TreeError, self.make)
        self.assertIn('I: Configuring something', str(error))
        self.ends_with(0)
        self.make(mirror='http://other.example.org/')
        self.assertIn('http://other.example.org/', self.asked())

    def test_no_mirror(self):
        """It is said how to give one."""
        self.program('apt-get', '#!/bin/sh\n')
        error = self.assertRaises(debian_tree.TreeError, self.make)
        self.assertIn('--mirror', str(error))


class EnterTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.tree = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        for name in ('dev', 'mnt', 'proc', 'tmp'):
            (self.tree / name).mkdir()
        for program in ('/bin/sh', '/usr/bin/env', '/usr/bin/sleep'):
            self._copy(program)
            needed = subprocess.check_output(['ldd', program], text=True)
            for library in re.findall(r'(/\S+) \(', needed):
                self._copy(library)

    def _copy(self, path: str) -> None:
        target = self.tree / path.removeprefix('/')
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)

    def _mounted(self) -> bool:
        mounts = pathlib.Path('/proc/self/mountinfo').read_text()
        return str(self.tree) in mounts

    def test_inside(self):
        """There the repository is, and cannot be written to."""
        script = (
            '[ -e tests/tox_envs/run.py ] || exit 1\n'
            '! (: > tests/new) 2> /dev/null && exit 7'
        )
        self.assertEqual(7, debian_tree.enter(self.tree, ['sh', '-c', script]))
        self.assertFalse(self._mounted())

    def test_killed(self):
        """Nothing in there outlives who asked, even when that was killed."""
        code = (
            'import pathlib\n'
            'from tests import debian_tree\n'
            f'tree = pathlib.Path({str(self.tree)!r})\n'
            'script = "echo up; exec 1>&-; sleep 3600"\n'
            'debian_tree.enter(tree, ["sh", "-c", script])\n'
        )
        process = subprocess.Popen(
            [sys.executable, '-c', code],
            cwd=debian_tree.REPO,
            stdout=subprocess.PIPE,
        )
        self.addCleanup(process.stdout.close)
        self.assertEqual(b'up\n', process.stdout.readline())
        inside = self._processes_inside()
        self.assertNotEqual(set(), inside)
        process.send_signal(signal.SIGKILL)
        process.wait(HANGS_AFTER_S)
        until = time.monotonic() + HANGS_AFTER_S
        while inside & self._processes_inside():
            self.assertLess(time.monotonic(), until, 'it goes on')
            time.sleep(0.01)
        self.assertFalse(self._mounted())

    def _processes_inside(self) -> set[str]:
        found = set()
        for path in pathlib.Path('/proc').glob('[0-9]*'):
            with contextlib.suppress(OSError):
                # The name of its root says where that is in its own mount
                # namespace, not in ours.
                if os.path.samefile(path / 'root', self.tree):
                    found.add(path.name)
        return found
