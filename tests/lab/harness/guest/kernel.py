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

"""Builds the lab's guest kernel from the C sources in ``kernel_source/``."""

from __future__ import annotations

import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

from tests.lab.harness import errors

SOURCES = pathlib.Path(__file__).parent / 'kernel_source'

# -mgeneral-regs-only: nothing saves FPU or SSE state across the interrupt.
# -fno-tree-loop-distribute-patterns: no calls to a memset that is not there.
COMPILE = (
    'gcc',
    '-m32',
    '-std=gnu11',
    '-O1',
    '-ffreestanding',
    '-nostdlib',
    '-fno-pic',
    '-fno-stack-protector',
    '-fno-asynchronous-unwind-tables',
    '-fno-tree-loop-distribute-patterns',
    '-fcf-protection=none',
    '-mgeneral-regs-only',
    '-mno-sse',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-c',
)
LINK = (
    'ld',
    '-m',
    'elf_i386',
    '-z',
    'noexecstack',
    '--no-warn-rwx-segments',
    '--build-id=none',
)
PACKAGES = {'gcc': 'gcc', 'ld': 'binutils'}


class GuestKernelError(errors.LabError):
    """The guest kernel could not be built; the text says what to do."""


def build(directory: pathlib.Path) -> pathlib.Path:
    """Return the guest kernel in ``directory``, built if sources changed.

    The name carries a digest of sources and flags, so that a kernel is never
    stale, and it appears in one step, so that two builders may run at once.

    :raises GuestKernelError: the compiler or linker is missing or failed.
    """
    kernel = directory / f'guest-kernel-{_digest()}.elf'
    if kernel.exists():
        return kernel
    _require_tools()
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory) as name:
        objects = pathlib.Path(name)
        for source in _compiled_sources():
            _run(
                *COMPILE, str(source), '-o', str(objects / f'{source.stem}.o')
            )
        linked = objects / 'kernel.elf'
        _run(
            *LINK,
            '-T',
            str(SOURCES / 'link.ld'),
            '-o',
            str(linked),
            *sorted(str(path) for path in objects.glob('*.o')),
        )
        linked.chmod(0o644)
        os.replace(linked, kernel)
    return kernel


def _compiled_sources() -> list[pathlib.Path]:
    return sorted([*SOURCES.glob('*.c'), *SOURCES.glob('*.S')])


def _digest() -> str:
    digest = hashlib.sha256(repr((COMPILE, LINK)).encode())
    headers = [SOURCES / 'guest.h', SOURCES / 'link.ld']
    for path in [*_compiled_sources(), *headers]:
        digest.update(path.name.encode() + b'\0' + path.read_bytes())
    return digest.hexdigest()[:12]


def _require_tools() -> None:
    missing = [
        package
        for tool, package in PACKAGES.items()
        if shutil.which(tool) is None
    ]
    if missing:
        raise GuestKernelError(
            'The guest kernel cannot be built without a compiler and a '
            f'linker: apt-get install {" ".join(missing)}'
        )


def _run(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise GuestKernelError(
            f'Building the guest kernel failed, {argv[0]} said: '
            f'{done.stderr.strip()}'
        )
