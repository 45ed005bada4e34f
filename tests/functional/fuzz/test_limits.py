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

"""What bounds the other tests here does so."""

from __future__ import annotations

import testtools

from tests.functional.fuzz import limits


class LimitsTest(testtools.TestCase):
    def test_time(self):
        """Work that does not end is ended."""

        def work() -> None:
            with limits.bounded(cpu_s=0.05):
                while True:
                    pass

        self.assertRaises(limits.TooLong, work)

    def test_memory(self):
        """More memory than allowed is not to be had, and then it is again."""

        def take() -> bytearray:
            with limits.bounded(memory_mib=64):
                return bytearray(128 * 1024 * 1024)

        self.assertRaises(MemoryError, take)
        self.assertEqual(128, len(bytearray(128 * 1024 * 1024)) >> 20)
