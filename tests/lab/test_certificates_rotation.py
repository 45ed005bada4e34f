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

"""Certificates and their CA are replaced under a guest that moves."""

from __future__ import annotations

import testtools

from tests.lab.certificates import rotation_run
from tests.lab.certificates import stand


class RotationTest(testtools.TestCase):
    """A short run; ``tox -e rotation`` is the long one."""

    RENEWALS = 3

    def test_rotation(self) -> None:
        """No migration fails, none is in clear text, nothing restarts."""
        one = stand.get()
        one.restore()
        done = rotation_run.run(one, renewals=self.RENEWALS)
        self.assertEqual([], done.wrong)
        # Before, between and after all that was replaced.
        self.assertGreater(len({leg.sets[0] for leg in done.legs}), 3)
        for serials in done.serials.values():
            self.assertEqual(self.RENEWALS, len(set(serials)))
        before, after = done.authorities
        self.assertEqual(1, len(after))
        self.assertEqual(frozenset(), before & after)
