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

"""A server's guest is the lab's, with Nova's paths."""

from __future__ import annotations

import dataclasses

import testtools

from tests.cloud.harness.guest import virtual_machine
from tests.cloud.harness.settings import compute_files


class InstanceSpecTest(testtools.TestCase):
    """What is known before Nova has made the server, and after."""

    def test_renamed(self) -> None:
        """The secrets that were booted with are those that are checked."""
        chosen = virtual_machine.InstanceSpec(name='vm', memory_mib=64)
        known = dataclasses.replace(chosen, name='instance-1', uuid='u')
        self.assertEqual(chosen.secret, known.secret)
        self.assertEqual(chosen.command_line, known.command_line)
        self.assertEqual(
            f'{compute_files.INSTANCES}/u/console.log', known.serial_path
        )
        self.assertEqual(f'{compute_files.INSTANCES}/u/disk', known.disk_path)
