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

"""Tests of following a guest, on hosts that are directories."""

from __future__ import annotations

import pathlib
import tempfile
from typing import Any
import unittest

from tests.lab.harness import errors
from tests.lab.harness.guest import disk as guest_disk
from tests.lab.harness.guest import guest
from tests.lab.harness.guest import spec as guest_spec
from tests.unit.lab_harness import fake_host


def beat(number: int, *, bad: int = 0, checked: int = 0) -> str:
    """Return a line of the guest."""
    return (
        f'beat={number} dirtied_pages=1 checked_pages={checked} '
        f'bad_pages={bad} passes=0'
    )


class GuestTestCase(unittest.TestCase):
    """A guest is alive only if all of it can be seen."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        root = pathlib.Path(directory.name)
        self.host: Any = fake_host.FakeHost(root / 'host1')
        kernel = root / 'kernel.elf'
        kernel.write_bytes(b'kernel')
        self.guest = guest.Guest(
            guest_spec.GuestSpec(name='g', disk_mib=2), kernel
        )

    def test_state(self) -> None:
        """The state is virsh's; of an unknown guest it is absent."""
        self.assertEqual('absent', self.guest.state(self.host))
        self.host.states = {'g2': 'running', 'g': 'shut off'}
        self.assertEqual('shut off', self.guest.state(self.host))
        self.assertFalse(self.guest.is_running_on(self.host))
        self.host.states = {'g': 'running'}
        self.assertTrue(self.guest.is_running_on(self.host))

    def test_define_and_start(self) -> None:
        """Kernel and definition are on the host before it starts."""
        self.guest.define_and_start(self.host, paused=True)
        self.assertEqual(
            b'kernel', self.host.path(guest_spec.KERNEL).read_bytes()
        )
        self.assertEqual(
            ['define', 'start'], [call[0] for call in self.host.virsh_calls]
        )
        self.assertIn('--paused', self.host.virsh_calls[1])

    def test_new_kernel(self) -> None:
        """An older kernel on the host is replaced."""
        self.guest.prepare_destination(self.host)
        self.host.path(guest_spec.KERNEL).write_bytes(b'older')
        self.guest.prepare_destination(self.host)
        self.assertEqual(
            b'kernel', self.host.path(guest_spec.KERNEL).read_bytes()
        )

    def test_image(self) -> None:
        """Its pages are on both hosts, as QEMU wants them on each."""
        spec = guest_spec.GuestSpec(name='g', fill='image')
        image = self.host.path('/image')
        image.parent.mkdir(parents=True, exist_ok=True)
        image.write_bytes(b'pages')
        made = guest.Guest(spec, image, image=image)
        for prepare in (made.define_and_start, made.prepare_destination):
            installed = self.host.path(guest_spec.MEMORY_IMAGE)
            installed.unlink(missing_ok=True)
            prepare(self.host)
            self.assertEqual(b'pages', installed.read_bytes())

    def test_no_image(self) -> None:
        """A guest that is to be made of one is not made without."""
        spec = guest_spec.GuestSpec(name='g', fill='image')
        with self.assertRaisesRegex(guest.GuestError, 'needs an image'):
            guest.Guest(spec, self.host.path('/kernel'))

    def test_earlier_stay(self) -> None:
        """What the guest said here long ago is not taken for news."""
        self.host.write_console('g', beat(99))
        self.guest.prepare_destination(self.host)
        with self.assertRaisesRegex(guest.GuestError, 'did not beat'):
            self.guest.heartbeat(self.host, timeout_s=0)

    def test_ready(self) -> None:
        """Ready comes with what the guest fills."""
        self.host.write_console(
            'g', 'ready memory_mib=128 static_pages=3 working_set_pages=4'
        )
        ready = self.guest.wait_ready(self.host, timeout_s=0)
        self.assertEqual(3, ready.static_pages)

    def test_error(self) -> None:
        """A kernel that stopped is an error at once, with its words."""
        self.host.write_console('g', 'error unknown parameter')
        with self.assertRaisesRegex(guest.GuestError, 'unknown parameter'):
            self.guest.wait_ready(self.host)

    def test_alive(self) -> None:
        """Running, beats that come, and no bad page: alive."""
        self.host.states = {'g': 'running'}
        self.host.write_console('g', beat(4))
        last = self.guest.verify_alive(self.host, beats=0, timeout_s=0)
        self.assertEqual(4, last.number)

    def test_not_running(self) -> None:
        """Old beats do not make a guest alive that is not running."""
        self.host.states = {'g': 'paused'}
        self.host.write_console('g', beat(4))
        with self.assertRaisesRegex(guest.GuestError, "'paused' on host1"):
            self.guest.verify_alive(self.host, beats=0, timeout_s=0)

    def test_no_new_beats(self) -> None:
        """A guest that is running and says nothing new is not alive."""
        self.host.states = {'g': 'running'}
        self.host.write_console('g', beat(4))
        with self.assertRaisesRegex(guest.GuestError, 'number=4'):
            self.guest.verify_alive(self.host, beats=1, timeout_s=0)

    def test_bad_pages(self) -> None:
        """One bad page is an error wherever beats are read."""
        self.host.states = {'g': 'running'}
        self.host.write_console('g', beat(4), beat(5, bad=1))
        for look in (
            self.guest.heartbeat,
            self.guest.verify_alive,
            self.guest.verify_memory,
        ):
            with (
                self.subTest(look),
                self.assertRaisesRegex(guest.GuestError, 'bad_pages=1'),
            ):
                look(self.host, timeout_s=0)

    def test_memory_not_checked(self) -> None:
        """Pages checked before now are no verdict on now."""
        self.host.states = {'g': 'running'}
        self.host.write_console('g', beat(9, checked=10**9))
        with self.assertRaisesRegex(guest.GuestError, 'check all of its'):
            self.guest.verify_memory(self.host, timeout_s=0)

    def test_disk_is_verified_off(self) -> None:
        """The guest is shut off before its disk is read."""
        self.host.states = {'g': 'running'}
        with self.assertRaises(guest_disk.GuestDiskError):
            self.guest.verify_disk(self.host)
        self.assertEqual([('destroy', 'g')], self.host.virsh_calls)

    def test_destroy(self) -> None:
        """Guest, definition and disk go; again is no error."""
        disk = self.host.path(self.guest.spec.disk_path)
        disk.parent.mkdir(parents=True)
        disk.write_bytes(b'disk')
        self.host.states = {'g': 'running'}
        self.guest.destroy(self.host)
        self.guest.destroy(self.host)
        self.assertEqual(
            [('destroy', 'g'), ('undefine', 'g')], self.host.virsh_calls
        )
        self.assertFalse(disk.exists())

    def test_errors_are_lab_errors(self) -> None:
        """Who catches the lab's errors catches these."""
        self.assertTrue(issubclass(guest.GuestError, errors.LabError))
        self.assertTrue(issubclass(guest_disk.GuestDiskError, errors.LabError))
