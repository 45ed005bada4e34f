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

import testtools

from tests.tox_envs import lanes


class LanesTest(testtools.TestCase):
    def test_waiting_apart(self):
        """What waits goes first, each lane in the order asked for."""
        self.assertEqual(
            [('cloud', 'lab'), ('py3', 'pep8')],
            lanes.lanes(['py3', 'cloud', 'pep8', 'lab'], serial=False),
        )

    def test_one_lane(self):
        """There may be nothing to run beside."""
        for envs in (['lab'], ['py3', 'pep8']):
            self.assertEqual([tuple(envs)], lanes.lanes(envs, serial=False))
        envs = ['py3', 'lab', 'pep8']
        self.assertEqual([tuple(envs)], lanes.lanes(envs, serial=True))

    def test_nothing_lost(self):
        """Every environment is in one lane."""
        parted = lanes.lanes(lanes.ENVS, serial=False)
        self.assertEqual(
            sorted(lanes.ENVS), sorted(env for lane in parted for env in lane)
        )
