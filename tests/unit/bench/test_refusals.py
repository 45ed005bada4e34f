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

"""What the count of refused migrations says, and what is no refusal."""

from __future__ import annotations

import types
from typing import Any

import testtools

from tests.lab.bench import refusals
from tests.lab.bench import scene as bench_scene
from tests.lab.bench import ways


class CountTest(testtools.TestCase):
    """Nothing is left out."""

    def test_text(self) -> None:
        """All of them, and those without an end."""
        count = refusals.Count(refused=60, endless=15)
        self.assertEqual('60 refused, 15 of them never ended', str(count))

    def test_ways(self) -> None:
        """One connection is the control."""
        self.assertEqual(
            [ways.STOCK, ways.TWO_CONNECTIONS, 'TLS, 4 connections'],
            [way.title for way in refusals.WAYS],
        )


class OnceTest(testtools.TestCase):
    """Only what fails, and leaves the guest where it is, is counted."""

    def _once(self, *, status: int, stays: bool) -> float:
        here = types.SimpleNamespace(
            run=lambda *_argv, **_how: types.SimpleNamespace(returncode=status)
        )
        there = types.SimpleNamespace(
            uri=lambda _scheme: 'qemu+tcp://there/system',
            # No process is there.
            path=lambda _path: types.SimpleNamespace(glob=lambda _names: []),
        )
        guest = types.SimpleNamespace(
            name='no guest of this name', is_running_on=lambda _host: stays
        )
        scene: Any = types.SimpleNamespace(
            here=here, there=there, guest=guest, pair=None
        )
        return refusals._once(scene, refusals.WAYS[0])

    def test_refused(self) -> None:
        """It has a time."""
        self.assertGreaterEqual(self._once(status=1, stays=True), 0)

    def test_not_refused(self) -> None:
        """It arrived, or is nowhere."""
        for status, stays in ((0, True), (0, False), (1, False)):
            self.assertRaises(
                bench_scene.WayFailed, self._once, status=status, stays=stays
            )
