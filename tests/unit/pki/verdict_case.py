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

"""Tests of a verdict on one pair of hosts."""

from __future__ import annotations

import datetime

import testtools

from nova_native_tls import severity
from tests.functional.fidelity import certificates
from tests.unit.pki import pairs


class VerdictTestCase(testtools.TestCase):
    """A pair that each test changes, and what is said of it."""

    def setUp(self):
        super().setUp()
        self.pair = pairs.pair()

    def assert_no(self, expected: list[str], **arguments) -> None:
        """QEMU refuses; these are the reasons."""
        found = pairs.predict(self.pair, **arguments)
        self.assertEqual(expected, pairs.codes(found))
        self.assertEqual('no', found.qemu_verdict)
        self.assertEqual(severity.Status.FAILURE, found.status)

    def assert_yes(
        self, status: severity.Status = severity.Status.SUCCESS, **arguments
    ) -> None:
        found = pairs.predict(self.pair, **arguments)
        self.assertEqual([], pairs.codes(found))
        self.assertEqual('yes', found.qemu_verdict)
        self.assertEqual(status, found.status)


def late(template: certificates.Template, days: int) -> bytes:
    """Issue the same again, so many days later."""
    again = template.copy()
    again.cached = None
    return again.der(pairs.NOW + datetime.timedelta(days=days))
