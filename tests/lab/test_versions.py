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

"""Guests move between Debian 12 and 13, in both directions, with TLS."""

from __future__ import annotations

from collections.abc import Callable

import testtools

from tests.lab.versions import cell
from tests.lab.versions import stand
from tests.lab.versions import ways

DIRECTIONS = (
    ('bookworm', 'trixie'),
    ('trixie', 'bookworm'),
    ('trixie', 'trixie'),
)


class VersionsTest(testtools.TestCase):
    """A new guest for each direction and each way."""


def _test(
    source: str, destination: str, way: ways.Way
) -> Callable[[VersionsTest], None]:
    def test(self: VersionsTest) -> None:
        lab = stand.bring_up(stand.SUITES)
        found = cell.try_out(lab, source, destination, way)
        self.assertEqual((), found.problems, found.result)

    test.__doc__ = f'From {source} to {destination}: {way.name}.'
    return test


for _source, _destination in DIRECTIONS:
    for _way in ways.WAYS:
        _name = ''.join(c if c.isalnum() else '_' for c in _way.name)
        setattr(
            VersionsTest,
            f'test_{_source}_to_{_destination}_{_name}',
            _test(_source, _destination, _way),
        )
