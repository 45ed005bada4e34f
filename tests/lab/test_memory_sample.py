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

"""What is seen of a guest's memory before it is sent, through real libvirt."""

from __future__ import annotations

import json
import pathlib
import sys
from typing import Any

from tests.lab import base
from tests.lab.harness.guest import guest as lab_guest
from tests.lab import memory_image
from tests.lab import memory_sample_program

PROGRAM = str(pathlib.Path(memory_sample_program.__file__))


class MemorySampleTest(base.LabTestCase):
    """Some pages tell what all are like, and the guest never notices."""

    def look(self, guest: lab_guest.Guest) -> dict[str, Any]:
        """Sample it on its own host."""
        answer = self.source.run(
            [
                sys.executable,
                PROGRAM,
                guest.name,
                guest.spec.secret.encode().hex(),
            ]
        )
        seen: dict[str, Any] = json.loads(answer.stdout)
        return seen

    def test_ordinary(self) -> None:
        """The sample is close to what the memory was made of."""
        guest = self.start_guest(fill='image', dirty_mib_s=0)
        seen = self.look(guest)
        image = memory_image.character(base.image(self.lab))
        # It is in every page of the guest, but for the image itself.
        self.assertGreater(seen['places_with_secret'], 20)
        self.assertEqual(256, seen['pages'])
        self.assertLess(abs(seen['ratio'] / image.ratio - 1), 0.5)
        guest.verify_memory(self.source)

    def test_random(self) -> None:
        """What cannot be compressed is known to be such."""
        guest = self.start_guest(fill='random', dirty_mib_s=0)
        self.assertLess(self.look(guest)['ratio'], 1.1)

    def test_pattern(self) -> None:
        """So is what easily can."""
        guest = self.start_guest(fill='pattern', dirty_mib_s=0)
        self.assertGreater(self.look(guest)['ratio'], 10)

    def test_nothing_stays(self) -> None:
        """libvirt removes the files that it got the memory by."""
        guest = self.start_guest()
        self.look(guest)
        found = self.source.run(
            ['find', '/var/lib/libvirt', '/var/cache/libvirt', '-name']
            + ['qemu.mem.*']
        )
        self.assertEqual('', found.stdout)
        guest.verify_alive(self.source)
