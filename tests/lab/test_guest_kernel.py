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

"""Tests of the guest kernel itself, in a QEMU without a host around it."""

from __future__ import annotations

import pathlib
import random
import re
import subprocess
import tempfile
import time

import testtools

from tests.lab.harness.guest import console as guest_console
from tests.lab.harness.guest import kernel as guest_kernel
from tests.lab.harness.guest import spec as guest_spec

TIMEOUT_S = 60
MIB = 1024 * 1024
PAGE_BYTES = 4096
#: So many that the guest's pages are not a multiple of it.
IMAGE_PAGES = 301
IMAGE = random.Random(0).randbytes(IMAGE_PAGES * PAGE_BYTES)


class Machine:
    """A QEMU that runs the guest kernel, its console and memory in files."""

    def __init__(
        self,
        directory: pathlib.Path,
        *,
        memory_mib: int,
        command_line: str,
        image: bytes | None = None,
    ) -> None:
        kernel = guest_kernel.build(directory / 'kernel')
        self._memory = directory / 'memory'
        self._log = directory / 'console.log'
        module = directory / 'module'
        module.write_bytes(image or b'')
        self._deadline = time.monotonic() + TIMEOUT_S
        self._process = subprocess.Popen(
            [
                'qemu-system-x86_64',
                '-nodefaults',
                '-no-user-config',
                '-display',
                'none',
                '-m',
                str(memory_mib),
                '-machine',
                'pc,accel=tcg,memory-backend=ram',
                '-object',
                f'memory-backend-file,id=ram,share=on,'
                f'size={memory_mib}M,mem-path={self._memory}',
                '-serial',
                f'file:{self._log}',
                '-kernel',
                str(kernel),
                '-append',
                command_line,
                *([] if image is None else ['-initrd', str(module)]),
            ]
        )

    def close(self) -> None:
        """End QEMU."""
        self._process.kill()
        self._process.wait()

    def written(self) -> bytes:
        """Return what the guest said so far."""
        return self._log.read_bytes() if self._log.exists() else b''

    def console(self) -> guest_console.Console:
        """Return what the guest said so far, read."""
        return guest_console.parse(self.written())

    def beat(self, number: int) -> guest_console.Beat:
        """Wait for a beat of at least this number."""
        while not (beats := self.console().beats) or (
            beats[-1].number < number
        ):
            self._wait()
        return beats[-1]

    def error(self) -> str:
        """Wait for the guest to stop with an error."""
        while (error := self.console().error) is None:
            self._wait()
        return error

    def _wait(self) -> None:
        if self._process.poll() is not None:
            raise AssertionError('QEMU has ended')
        if time.monotonic() > self._deadline:
            raise AssertionError(
                f'after {TIMEOUT_S} s the guest had said only '
                f'{self.written()!r}'
            )
        time.sleep(0.05)

    def read(self, address: int, size: int) -> bytes:
        """Return guest memory."""
        with self._memory.open('rb') as memory:
            memory.seek(address)
            return memory.read(size)

    def overwrite(self, address: int, content: bytes) -> None:
        """Change guest memory behind the guest's back."""
        with self._memory.open('r+b') as memory:
            memory.seek(address)
            memory.write(content)


class GuestKernelTestCase(testtools.TestCase):
    """It fills, dirties, checks, and says so."""

    def start(
        self,
        command_line: str | None = None,
        *,
        memory_mib: int = 32,
        image: bytes | None = None,
        **spec,
    ) -> Machine:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.spec = guest_spec.GuestSpec(
            name='g', memory_mib=memory_mib, **spec
        )
        if command_line is None:
            command_line = self.spec.command_line
        machine = Machine(
            pathlib.Path(directory.name),
            memory_mib=memory_mib,
            command_line=command_line,
            image=image,
        )
        self.addCleanup(machine.close)
        return machine

    def test_beats(self) -> None:
        """Beats count, pages are dirtied at the rate, all stay good."""
        machine = self.start(working_set_mib=4, dirty_mib_s=8)
        machine.beat(4)
        console = machine.console()
        ready = console.ready
        self.assertIsNotNone(ready)
        self.assertEqual(
            (32, 4 * 256), (ready.memory_mib, ready.working_set_pages)
        )
        self.assertEqual(
            [1, 2, 3, 4], [beat.number for beat in console.beats[:4]]
        )
        for beat in console.beats:
            self.assertEqual(0, beat.bad_pages)
        first, last = console.beats[0], console.beats[3]
        # A tick more or less between two lines.
        self.assertAlmostEqual(
            3 * 8 * 256,
            last.dirtied_pages - first.dirtied_pages,
            delta=8 * 256 / 20,
        )
        self.assertGreater(last.passes, 0)

    def test_idle(self) -> None:
        """A guest that is told to dirty nothing dirties nothing."""
        machine = self.start(working_set_mib=0, dirty_mib_s=0)
        self.assertEqual(0, machine.beat(2).dirtied_pages)

    def test_flat_out(self) -> None:
        """Without a limit beats still come and the memory stays good."""
        machine = self.start(working_set_mib=8, dirty_mib_s='max')
        beat = machine.beat(3)
        self.assertEqual(0, beat.bad_pages)
        # Far more than once through the working set in each second.
        self.assertGreater(beat.dirtied_pages, 3 * 10 * 8 * 256)

    def test_secret_in_every_page(self) -> None:
        """Every page from 2 MiB on has the secret, and its own number."""
        for fill in ('pattern', 'random'):
            machine = self.start(fill=fill)
            machine.beat(1)
            ready = machine.console().ready
            for index in (0, 1, 2048, ready.static_pages - 1):
                address = 2 * MIB + index * PAGE_BYTES
                page = machine.read(address, 256)
                self.assertIn(self.spec.secret.encode(), page)
                self.assertIn(f'{address // PAGE_BYTES:08x}'.encode(), page)

    def test_image(self) -> None:
        """The pages of an image are taken in turn, and stay as they are."""
        machine = self.start(
            fill='image', image=IMAGE, working_set_mib=4, dirty_mib_s=64
        )
        # Everything has been dirtied and checked more than once.
        self.assertGreater(machine.beat(3).passes, 1)
        self.assertEqual(0, machine.console().beats[-1].bad_pages)
        ready = machine.console().ready
        secret = self.spec.secret.encode()
        # Whole pages: the kernel has the secret, too, elsewhere in one.
        first = next(
            address
            for address in range(2 * MIB, 32 * MIB, PAGE_BYTES)
            if machine.read(address, len(secret)) == secret
        )
        # It takes no more of the memory than it has to.
        self.assertLess(first, len(IMAGE) + 3 * MIB)
        for index in range(ready.static_pages + ready.working_set_pages):
            address = first + index * PAGE_BYTES
            page = machine.read(address, PAGE_BYTES)
            self.assertIn(secret, page[:64])
            self.assertIn(f'{address // PAGE_BYTES:08x}'.encode(), page[:64])
            # The last word is the page's own, and the line before.
            origin = index % IMAGE_PAGES * PAGE_BYTES
            self.assertTrue(
                page[64:-4] == IMAGE[origin + 64 : origin + PAGE_BYTES - 4],
                f'page {index} is not as in the image',
            )

    def test_bad_page_of_image_is_found(self) -> None:
        """In a copy, and in the image, where it is bad for all copies."""
        machine = self.start(
            fill='image',
            image=IMAGE,
            working_set_mib=0,
            dirty_mib_s=0,
            check_mib_s=512,
        )
        self.assertEqual(0, machine.beat(2).bad_pages)
        machine.overwrite(30 * MIB + 2000, b'\xa5')
        last = machine.beat(2).number
        self.assertGreater(machine.beat(last + 2).bad_pages, 0)
        self.assertIn(
            f'bad page={30 * 256}\n'.encode(),
            machine.written().replace(b'\r', b''),
        )

    def test_secret_is_not_said(self) -> None:
        """The console never has the secret, in neither form."""
        machine = self.start()
        machine.beat(2)
        self.assertNotIn(self.spec.secret.encode(), machine.written())
        self.assertNotIn(
            self.spec.secret.encode().hex().encode(), machine.written()
        )

    def test_bad_page_is_found(self) -> None:
        """One byte changed anywhere in a page is found, in any fill."""
        # In the working set and, from 10 MiB on, in the static pages.
        changed = {
            2 * MIB + 5,
            3 * MIB + PAGE_BYTES - 1,
            10 * MIB,
            11 * MIB + 47,
            12 * MIB + 50,
            13 * MIB + 58,
            14 * MIB + 63,
            15 * MIB + 64,
            16 * MIB + 2000,
            17 * MIB + PAGE_BYTES - 1,
        }
        for fill in ('pattern', 'random', 'zero'):
            machine = self.start(
                fill=fill, working_set_mib=4, dirty_mib_s=0, check_mib_s=512
            )
            machine.beat(1)
            for address in changed:
                machine.overwrite(address, b'\xa5')
            self.assertGreater(machine.beat(3).bad_pages, 0)
            self.assertEqual(
                {address // PAGE_BYTES for address in changed},
                set(
                    map(
                        int,
                        re.findall(
                            rb'^bad page=(\d+)$',
                            machine.written(),
                            re.MULTILINE,
                        ),
                    )
                ),
                fill,
            )
            machine.close()

    def test_stale_page_is_found(self) -> None:
        """A page of the working set as it was before is found."""
        machine = self.start(working_set_mib=1, dirty_mib_s=1, check_mib_s=512)
        machine.beat(1)
        page = machine.read(2 * MIB, PAGE_BYTES)
        number = machine.beat(3).number
        self.assertEqual(0, machine.beat(number).bad_pages)
        machine.overwrite(2 * MIB, page)
        self.assertGreater(machine.beat(number + 2).bad_pages, 0)

    def test_bad_image(self) -> None:
        """An image that is too small or too large stops the kernel."""
        for image, sentence in (
            (bytes(PAGE_BYTES - 1), 'at least one page'),
            (bytes(31 * MIB), 'leaves no memory'),
        ):
            machine = self.start(fill='image', image=image)
            self.assertIn(sentence, machine.error())
            machine.close()

    def test_bad_parameters(self) -> None:
        """Each bad parameter stops the kernel with its name."""
        good = 'secret=abcdefgh'
        for command_line, name in (
            ('', 'secret'),
            ('secret=short', 'secret'),
            (f'secret={"x" * 49}', 'secret'),
            ('secret_hex=6G', 'hex'),
            (f'{good} fill=some', 'fill'),
            (f'{good} dirty_mib_s=8', 'working_set_mib'),
            (f'{good} dirty_mib_s=x', 'dirty_mib_s'),
            (f'{good} working_set_mib=64', 'working_set_mib'),
            (f'{good} fill=image', 'a module with at least one page'),
            (f'{good} other=1', 'unknown parameter'),
        ):
            machine = self.start(command_line)
            self.assertIn(name, machine.error(), command_line)
            machine.close()
