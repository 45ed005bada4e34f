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

"""Records of migrations, written and read."""

from __future__ import annotations

import dataclasses
import datetime
import json

import testtools

from nova_native_tls.evidence import record
from nova_native_tls.pki import model
from tests.unit.evidence import records


class RecordTest(testtools.TestCase):
    """From a record to JSON and back."""

    def test_back(self) -> None:
        """Nothing is lost, whether it is known or not."""
        for one in (records.full(), records.small(3)):
            text = json.dumps(record.to_fields(one))
            self.assertEqual(one, record.from_fields(json.loads(text)))

    def test_time_zone(self) -> None:
        """A time is written in UTC, and read only with a time zone."""
        zone = datetime.timezone(datetime.timedelta(hours=5))
        here = records.full(began=records.BEGAN.astimezone(zone))
        fields = record.to_fields(here)
        self.assertEqual('2026-11-21T22:01:02.345678+00:00', fields['began'])
        fields['began'] = '2026-11-21T22:01:02'
        self.assertRaises(ValueError, record.from_fields, fields)

    def test_later_release(self) -> None:
        """What is not known here is left aside."""
        fields = record.to_fields(records.full())
        fields['weather'] = {'rain': True}
        self.assertEqual(records.full(), record.from_fields(fields))

    def test_earlier_release(self) -> None:
        """What it did not say is not known."""
        fields = record.to_fields(records.full())
        needed = {
            *('began', 'uuid', 'name', 'guest', 'source', 'destination'),
            'result',
        }
        read = record.from_fields(
            {name: fields[name] for name in fields if name in needed}
        )
        self.assertIsNone(read.channels)
        self.assertEqual(record.Identity(), read.source_identity)
        for name in needed:
            self.assertRaises(
                ValueError,
                record.from_fields,
                {other: fields[other] for other in needed if other != name},
            )

    def test_wrong_kinds(self) -> None:
        """A field with anything else in it is refused."""
        fields = record.to_fields(records.full())
        wrong = ({'a': []}, [1], 'perhaps', True, None)
        for field in dataclasses.fields(record.Record):
            refused = 0
            for value in wrong:
                try:
                    record.from_fields({**fields, field.name: value})
                except ValueError:
                    refused += 1
            # At most a text, or a truth, and what is not known.
            self.assertGreaterEqual(refused, 3, field.name)

    def test_certificate(self) -> None:
        """The serial number is written as openssl does."""
        for serial, text in ((1, '01'), (0xABC, '0ABC'), (0xABCD, 'ABCD')):
            found = record.Certificate.of(
                model.CertificateInfo(
                    subject='CN=host1',
                    issuer='CN=ca',
                    common_names=(),
                    dns_names=(),
                    ip_addresses=(),
                    not_valid_before_utc=records.BEGAN,
                    not_valid_after_utc=records.BEGAN,
                    serial=serial,
                    sha256='00',
                )
            )
            self.assertEqual(text, found.serial)
            self.assertEqual(records.BEGAN, found.not_after)
