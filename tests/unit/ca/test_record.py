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

"""The lines of the journal."""

from __future__ import annotations

import testtools

from nova_native_tls.ca import record
from tests.unit.ca import authorities

NOW = authorities.NOW
EXAMPLES = (
    record.Generation(at=NOW, generation=1, sha256='ab', subject='CN=x'),
    record.Signed(
        at=NOW,
        serial=2**158 + 5,
        generation=1,
        names=('host1', '203.0.113.1'),
        key_sha256='cd',
        sha256='ef',
        not_before=NOW,
        not_after=NOW + authorities.DAY,
    ),
    record.Revoked(at=NOW, serial=5),
    record.Listed(at=NOW, number=3),
    record.Switched(at=NOW, generation=2),
    record.Finished(at=NOW, generation=2),
    record.Reported(
        at=NOW,
        host='host1',
        seen_at=NOW,
        certificate_sha256='ef',
        trusted_sha256=('ab',),
    ),
)


class TestRecord(testtools.TestCase):
    def test_round_trip(self):
        """What is written is read back the same, one line each."""
        for one in EXAMPLES:
            line = record.to_line(one)

            self.assertEqual(1, line.count(b'\n'))
            self.assertEqual(one, record.from_line(line))

    def test_damaged(self):
        """Whatever else stands in a line is no record."""
        good = record.to_line(EXAMPLES[1])
        for bad in (
            b'',
            b'\0\0\0',
            b'[]',
            b'{}',
            b'{"event": []}',
            b'[' * 100000,
            good[:-20],
            good.replace(b'"signed"', b'"revoked"'),
            good.replace(b'+00:00', b''),
            good.replace(b'"generation": 1', b'"generation": "1"'),
            good.replace(b'["host1", "203.0.113.1"]', b'"host1"'),
            good.replace(b'"sha256": "ef"', b'"sha256": 5'),
        ):
            self.assertRaises(ValueError, record.from_line, bad)

    def test_serial(self):
        """Serial numbers are written as openssl writes them."""
        self.assertEqual('0' * 38 + 'FF', record.serial_text(255))
