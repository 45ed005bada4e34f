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

"""What a host says about itself is read with care."""

from __future__ import annotations

import json
import pathlib

import fixtures
import testtools

from nova_native_tls.ca import host_report
from nova_native_tls import exception
from tests.unit.ca import authorities

GOOD = {
    'host': 'host1',
    'time': '2026-11-21T13:00:00+01:00',
    'certificate_sha256': 'a' * 64,
    'trusted_sha256': ['b' * 64, 'c' * 64],
}


class TestHostReport(testtools.TestCase):
    def setUp(self):
        super().setUp()
        root = self.useFixture(fixtures.TempDir()).path
        self.path = pathlib.Path(root) / 'report.json'

    def read(self, content: object):
        self.path.write_text(
            content if isinstance(content, str) else json.dumps(content)
        )
        return host_report.read(str(self.path), now=authorities.NOW)

    def test_good(self):
        """It may stand alone, or among other things that a host shows."""
        for content in (GOOD, {'other': 1, 'report': GOOD}):
            found = self.read(content)

            self.assertEqual('host1', found.host)
            self.assertEqual(authorities.NOW, found.seen_at)
            self.assertEqual(('b' * 64, 'c' * 64), found.trusted_sha256)

    def test_bad(self):
        """Anything else is refused, and its file named."""
        for bad in (
            '',
            'x',
            '[' * 100000,
            '[]',
            '{}',
            'null',
            ' ' * 2_000_000,
            {**GOOD, 'time': 'yesterday'},
            {**GOOD, 'time': '2026-11-21T13:00:00'},
            {**GOOD, 'time': None},
            {**GOOD, 'certificate_sha256': 'A' * 64},
            {**GOOD, 'trusted_sha256': 'b' * 64},
            {**GOOD, 'trusted_sha256': [5]},
            {name: GOOD[name] for name in ('host', 'time')},
        ):
            error = self.assertRaises(
                exception.ReportUnreadable, self.read, bad
            )
            self.assertIn(str(self.path), str(error))

    def test_no_file(self):
        """A file that is not there is named."""
        self.assertRaises(
            exception.ReportUnreadable,
            host_report.read,
            str(self.path),
            now=authorities.NOW,
        )
