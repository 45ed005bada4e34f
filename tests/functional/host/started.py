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

"""A process that has told that it runs, until the end of the test."""

from __future__ import annotations

import subprocess

import fixtures


class Started(fixtures.Fixture):
    """A process that writes a line when it is as it should be.

    :ivar pid: its number.
    """

    def __init__(self, *argv: str) -> None:
        super().__init__()
        self._argv = argv

    def _setUp(self) -> None:
        child = subprocess.Popen(self._argv, stdout=subprocess.PIPE)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        assert child.stdout is not None
        self.addCleanup(child.stdout.close)
        child.stdout.readline()
        self.pid = child.pid
