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

"""An installation on a full disk leaves a whole set."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import fixtures
import testtools

from nova_native_tls.identity import request
from tests.functional import credentials
from tests.functional.identity import full_disk
from tests.functional.identity import world

#: An installation needs some fifteen pages.
TIMES = 26


class FullDiskTest(testtools.TestCase):
    """A real file system with room for less than a set."""

    def test_less_room_each_time(self) -> None:
        """With no room, one page, two pages ... until it is enough."""
        root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        root.chmod(0o755)
        materials = root / 'materials.json'
        disk = root / 'disk'
        disk.mkdir()
        ca = credentials.authority()
        made = [request.make([world.HOST]) for _time in range(TIMES)]
        materials.write_text(
            json.dumps(
                {
                    'ca': ca.cert_pem.decode(),
                    'identities': [
                        {
                            'key': each.key_pem.decode(),
                            'csr': each.csr_pem.decode(),
                            'cert': world.sign(each.csr_pem, ca).decode(),
                        }
                        for each in made
                    ],
                }
            )
        )
        done = subprocess.run(
            [sys.executable, '-m', full_disk.__name__, disk, materials],
            capture_output=True,
            text=True,
        )
        self.assertEqual(0, done.returncode, done.stderr)
        seen = json.loads(done.stdout)
        self.assertEqual({'installed', 'refused'}, set(seen['outcomes']), seen)
        # Neither always the one nor always the other, but for the first.
        self.assertGreater(seen['outcomes']['installed'], 3, seen)
        self.assertGreater(seen['outcomes']['refused'], 3, seen)
        # Nothing of it is in the namespace of this process.
        self.assertEqual([], list(disk.iterdir()))
