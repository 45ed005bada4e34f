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

"""Tests of canary_uuid.py."""

from __future__ import annotations

import uuid

import testtools

from nova_native_tls import canary_uuid


class CanaryUUIDTest(testtools.TestCase):
    """Whoever knows no more than a UUID knows that it is a canary."""

    def test_recognised(self) -> None:
        """Every UUID that is given is recognised, those of Nova are not."""
        for _each in range(20):
            text = canary_uuid.new()
            self.assertTrue(canary_uuid.is_canary(text), text)
            self.assertFalse(canary_uuid.is_canary(str(uuid.uuid4())))

    def test_standard(self) -> None:
        """It is one of the version that is for makers like us."""
        made = uuid.UUID(canary_uuid.new())
        self.assertEqual((uuid.RFC_4122, 8), (made.variant, made.version))

    def test_different(self) -> None:
        """Two canaries have two."""
        self.assertNotEqual(canary_uuid.new(), canary_uuid.new())
