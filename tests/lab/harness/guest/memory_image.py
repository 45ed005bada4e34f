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

"""Makes a file of pages as an ordinary guest has them, for its memory.

Half of them are a process's: the anonymous memory of a Python that has
imported its whole library. The other half is what a kernel keeps of files:
libraries, programs and texts. Pages of zeros are left out, because they cost
next to nothing however they are sent.

It depends on what is installed, so numbers of two machines differ; for one
machine they hardly do. The process has an empty environment, and no file is
read that not everybody may read: nothing of whoever runs it is in there.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
import os
import pathlib
import subprocess
import sys
import tempfile

from tests.lab.harness import errors

MIB = 1024 * 1024
PAGE_BYTES = 4096
SIZE_MAX_MIB = 64
#: Pages that stay together, so that they are like their neighbours.
RUN_PAGES = 64

#: Of one file, so that all of them have their share.
_FILE_MAX_BYTES = MIB // 2
_FILES = (
    ('/usr/lib', ('*-linux-gnu/*.so*',)),
    ('/usr/bin', ('*',)),
    (
        '/usr',
        ('lib/python3*/**/*.py', 'share/doc/*/*', 'share/perl/**/*.p[lm]'),
    ),
)
_ZERO_PAGE = bytes(PAGE_BYTES)

#: What fills the process: all modules that need no display and print nothing,
#: then their sources as trees, until there is enough. That is not what
#: ru_maxrss says: a process inherits it from the one that started it.
_PROCESS = """
import ast, importlib, pathlib, sys, warnings
warnings.simplefilter('ignore')
unwanted = {'antigravity', 'idlelib', 'lib2to3', 'this', 'tkinter', 'turtle',
            'turtledemo'}
for name in sorted(sys.stdlib_module_names - unwanted):
    try:
        importlib.import_module(name)
    except Exception:
        pass
def resident_pages():
    return int(pathlib.Path('/proc/self/statm').read_text().split()[1])
trees = []
for path in sorted(pathlib.Path(ast.__file__).parent.glob('*.py')):
    if resident_pages() > 80 * 256:
        break
    trees.append(ast.parse(path.read_bytes()))
print('ready', flush=True)
sys.stdin.read()
"""


class MemoryImageError(errors.LabError):
    """There is not enough to make the image of; the text says of what."""


def build(
    directory: pathlib.Path, *, size_mib: int = SIZE_MAX_MIB
) -> pathlib.Path:
    """Return the image in ``directory``, made unless it is there.

    :raises MemoryImageError: this machine has too little of something.
    :raises ValueError: more than a guest should be given.
    """
    if not 1 <= size_mib <= SIZE_MAX_MIB:
        raise ValueError(
            f'size_mib is {size_mib}: 1 to {SIZE_MAX_MIB} MiB are made'
        )
    image = directory / f'memory-image-{size_mib}.bin'
    if image.exists():
        return image
    directory.mkdir(parents=True, exist_ok=True)
    half = size_mib * MIB // PAGE_BYTES // 2
    halves = (
        spread(_process_pages(), half, what='process memory'),
        spread(_file_pages(), half, what='files below /usr'),
    )
    with tempfile.NamedTemporaryFile(dir=directory, delete=False) as file:
        for begin in range(0, half, RUN_PAGES):
            for pages in halves:
                file.write(b''.join(pages[begin : begin + RUN_PAGES]))
    os.chmod(file.name, 0o644)
    os.replace(file.name, image)
    return image


def spread(pages: Sequence[bytes], count: int, *, what: str) -> list[bytes]:
    """Choose so many pages, in runs that are as far apart as can be.

    :raises MemoryImageError: there are fewer.
    """
    runs = [
        pages[begin : begin + RUN_PAGES]
        for begin in range(0, len(pages) - RUN_PAGES + 1, RUN_PAGES)
    ]
    wanted = -(-count // RUN_PAGES)
    if len(runs) < wanted:
        raise MemoryImageError(
            f'A memory image needs {count} pages of {what}, and here are '
            f'only {len(runs) * RUN_PAGES}: make a smaller one'
        )
    chosen = [runs[index * len(runs) // wanted] for index in range(wanted)]
    return [page for run in chosen for page in run][:count]


def without_zeros(content: bytes) -> Iterator[bytes]:
    """Yield the whole pages of it that are not all zero."""
    for begin in range(0, len(content) - PAGE_BYTES + 1, PAGE_BYTES):
        page = content[begin : begin + PAGE_BYTES]
        if page != _ZERO_PAGE:
            yield page


def _process_pages() -> list[bytes]:
    with subprocess.Popen(
        [sys.executable, '-I', '-B', '-c', _PROCESS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={'PYTHONHASHSEED': '0'},
        cwd='/',
    ) as process:
        assert process.stdout is not None
        if process.stdout.readline() != b'ready\n':
            process.kill()
            raise MemoryImageError('The process to copy did not start')
        pages = list(_anonymous_pages(pathlib.Path(f'/proc/{process.pid}')))
        process.kill()
    return pages


def _anonymous_pages(process: pathlib.Path) -> Iterator[bytes]:
    with (process / 'mem').open('rb', buffering=0) as memory:
        for line in (process / 'maps').read_text().splitlines():
            span, permissions, _offset, _device, inode, *name = line.split()
            if permissions != 'rw-p' or inode != '0':
                continue
            if name and name[0] != '[heap]':
                continue
            begin, end = (int(part, 16) for part in span.split('-'))
            memory.seek(begin)
            yield from without_zeros(memory.read(end - begin))


def _file_pages() -> list[bytes]:
    found = []
    for root, patterns in _FILES:
        paths = {
            path
            for pattern in patterns
            for path in pathlib.Path(root).glob(pattern)
            if not path.is_symlink() and path.is_file()
        }
        for path in sorted(paths):
            if not path.stat().st_mode & 0o004:
                continue
            with path.open('rb') as file:
                content = file.read(_FILE_MAX_BYTES)
            # As a kernel has it: the rest of the last page is zero.
            content += bytes(-len(content) % PAGE_BYTES)
            found.append(list(without_zeros(content)))
    return [page for pages in found for page in pages]
