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

"""Environments in which Nova and this project are, together or apart.

Nova is the one of the tests' own environment and the wheel is built from
this repository, both without a network. Nova's folder is made of links, so
that what gets installed beside it does not get into the real one.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
import venv

#: Longer than anything takes; reached only when a program hangs.
HANGS_AFTER_S = 300
REPO = pathlib.Path(__file__).parents[2]
#: What a wheel is made of.
PARTS = (
    'LICENSE',
    'README.rst',
    'nova',
    'nova_native_tls',
    'pyproject.toml',
    'requirements.txt',
    'setup.cfg',
    'setup.py',
)
VERSION = '1.2.3'
NOT_DEPENDENCIES = ('nova', '__editable__', '__pycache__')
ENVIRONMENT = {
    # Constraints, say, that are for a build elsewhere.
    **{k: v for k, v in os.environ.items() if not k.startswith('PIP_')},
    # Nobody but the files that are here is asked.
    'PIP_CONFIG_FILE': os.devnull,
    'PIP_NO_INDEX': '1',
    'PBR_VERSION': VERSION,
}


def _run(*command: str | pathlib.Path) -> None:
    done = subprocess.run(
        command,
        capture_output=True,
        env=ENVIRONMENT,
        text=True,
        timeout=HANGS_AFTER_S,
    )
    if done.returncode:
        raise RuntimeError(f'{command}: {done.stdout}{done.stderr}')


def _site_directories() -> list[pathlib.Path]:
    paths = sysconfig.get_paths()
    return [
        pathlib.Path(path)
        for path in dict.fromkeys((paths['purelib'], paths['platlib']))
    ]


def build_wheel(directory: pathlib.Path) -> pathlib.Path:
    """Build what an operator installs."""
    source = directory / 'source'
    source.mkdir()
    for name in PARTS:
        if (REPO / name).is_dir():
            shutil.copytree(REPO / name, source / name)
        else:
            shutil.copy(REPO / name, source / name)
    pip = (sys.executable, '-m', 'pip', 'wheel', '--no-deps')
    _run(*pip, '--no-build-isolation', '-w', directory, source)
    (wheel,) = directory.glob('*.whl')
    return wheel


def link_dependencies(directory: pathlib.Path) -> None:
    """Offer all that is installed here, except Nova and this project."""
    directory.mkdir()
    for site in _site_directories():
        for entry in site.iterdir():
            if entry.suffix != '.pth' and not entry.name.startswith(
                NOT_DEPENDENCIES
            ):
                (directory / entry.name).symlink_to(entry)


def link_nova(directory: pathlib.Path) -> None:
    """Put Nova there, in folders of its own as far as drivers go."""
    (site,) = (s for s in _site_directories() if (s / 'nova/virt').is_dir())
    (directory / 'nova/virt').mkdir(parents=True)
    for folder in ('nova', 'nova/virt'):
        for entry in (site / folder).iterdir():
            # An editable install of this project leaves nothing in there.
            if entry.name not in ('virt', '__pycache__'):
                (directory / folder / entry.name).symlink_to(entry)
    (metadata,) = site.glob('nova-*.dist-info')
    (directory / metadata.name).symlink_to(metadata)


class Environment:
    """One virtual environment.

    :param path: directories that its Python searches after its own.
    """

    def __init__(self, directory: pathlib.Path, *path: pathlib.Path) -> None:
        venv.create(directory, symlinks=True)
        self.python = directory / 'bin' / 'python'
        self.programs = directory / 'bin'
        (self.site,) = directory.glob('lib/python*/site-packages')
        lines = [str(entry) for entry in path]
        (self.site / 'path.pth').write_text('\n'.join([*lines, '']))

    def add_nova(self) -> None:
        """Nova in its site directory, nova-compute among its programs."""
        link_nova(self.site)
        self.add_nova_compute()

    def add_nova_compute(self) -> pathlib.Path:
        """The program as pip writes it."""
        real = pathlib.Path(sysconfig.get_path('scripts')) / 'nova-compute'
        _first, _newline, rest = real.read_text().partition('\n')
        program = self.programs / 'nova-compute'
        program.write_text(f'#!{self.python}\n{rest}')
        program.chmod(0o755)
        return program

    def install(self, wheel: pathlib.Path, *options: str) -> None:
        """Install this project as an operator does."""
        pip = (sys.executable, '-m', 'pip', '--python', self.python)
        _run(*pip, 'install', '--no-deps', '--no-compile', *options, wheel)

    def run(
        self, *argv: str | pathlib.Path, path: str = '/usr/bin:/bin'
    ) -> subprocess.CompletedProcess[str]:
        """Run one of its programs where nothing else is in reach."""
        program, *arguments = argv
        return subprocess.run(
            [self.programs / program, *arguments],
            capture_output=True,
            cwd='/',
            env={
                'HOME': str(self.site),
                'LC_ALL': 'C.UTF-8',
                'PATH': path,
                'PYTHONDONTWRITEBYTECODE': '1',
            },
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=HANGS_AFTER_S,
        )
