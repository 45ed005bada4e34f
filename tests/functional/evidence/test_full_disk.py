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

"""Evidence on a full disk is whole."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import fixtures
import testtools

from tests.functional.evidence import full_disk


class FullDiskTest(testtools.TestCase):
    """A real file system with no room."""

    def test_less_and_more_room(self) -> None:
        """An entry is there whole, or not at all; and it is known which."""
        root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        done = subprocess.run(
            [sys.executable, '-m', full_disk.__name__, root],
            capture_output=True,
            text=True,
        )
        self.assertEqual(0, done.returncode, done.stderr)
        seen = json.loads(done.stdout)
        for outcome in ('problems', 'notices', 'unfinished'):
            self.assertEqual(0, seen[outcome], seen)
        # Neither always the one nor always the other.
        self.assertGreater(seen['written'], 20, seen)
        self.assertGreater(seen['refused'], 10, seen)
        # Nothing of it is in the namespace of this process.
        self.assertEqual([], list(root.iterdir()))
