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

"""The defect of GnuTLS by which QEMU loses guests, without QEMU."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import testtools

from nova_native_tls.migration.known_issues import memory
from nova_native_tls.migration import versions

PROGRAM = pathlib.Path(__file__).with_name('waiting_receiver.py')


class WaitingReceiverTest(testtools.TestCase):
    """A thread waits while another one changes the key."""

    def test_installed_library(self) -> None:
        """What is said to be mended is, and what is not is not."""
        done = subprocess.run(
            [sys.executable, PROGRAM],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        told = json.loads(done.stdout)
        version = versions.Version.parse(told['version'])
        heard = (
            ['a', 'b', 'Decryption has failed.']
            if memory.REKEY.include(version)
            else ['a', 'b', 'c']
        )
        self.assertEqual(heard, told['heard'], done.stderr)
