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


"""Tests of what is said of the machine."""

from __future__ import annotations

import pathlib

import fixtures
import testtools

from tests.lab.bench import machine


class GivenBackTest(testtools.TestCase):
    """Memory that is free, and no longer there."""

    def setUp(self) -> None:
        super().setUp()
        self.sys = pathlib.Path(self.useFixture(fixtures.TempDir()).path)

    def write(self, name: str, text: str) -> None:
        path = self.sys / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def given_back(self, *, order: int, features: str) -> bool:
        """Tell whether it is said, of a kernel with one balloon."""
        self.write(
            'module/page_reporting/parameters/page_reporting_order',
            f'{order}\n',
        )
        self.write(
            'bus/virtio/drivers/virtio_balloon/virtio0/features',
            features + '\n',
        )
        return bool(machine._given_back(self.sys))

    def test_it_is(self) -> None:
        """The balloon reports, and there are pages that large."""
        self.assertTrue(self.given_back(order=9, features='011001'))

    def test_it_is_not(self) -> None:
        """No balloon that does, or no page that large."""
        self.assertFalse(self.given_back(order=9, features='011000'))
        self.assertFalse(self.given_back(order=11, features='011001'))

    def test_no_such_thing(self) -> None:
        """A kernel without it."""
        self.assertEqual('', machine._given_back(self.sys))
