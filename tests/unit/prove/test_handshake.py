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

"""Tests of prove/handshake.py, what needs no QEMU to be seen."""

from __future__ import annotations

import subprocess
import sys

import testtools

SCRIPT = """
import contextlib
from nova_native_tls.prove import handshake
import os
with contextlib.ExitStack() as stack:
    descriptor = handshake._in_memory(stack, 'a phrase')
    with open(f'/proc/self/fd/{descriptor}') as file:
        print(descriptor > 3, file.read())
print(os.path.exists(f'/proc/self/fd/{descriptor}'))
"""


class PassphraseTest(testtools.TestCase):
    """A file in memory."""

    def test_in_memory(self) -> None:
        """It is read from its beginning, and not where the socket goes.

        In a process of its own, where number 3 is free.
        """
        done = subprocess.run(
            (sys.executable, '-c', SCRIPT),
            capture_output=True,
            encoding='utf-8',
            check=False,
        )
        self.assertEqual('True a phrase\nFalse\n', done.stdout, done.stderr)
