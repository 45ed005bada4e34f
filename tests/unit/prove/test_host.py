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

"""Tests of prove/host.py, what needs no QEMU to be seen."""

from __future__ import annotations

import contextlib
from typing import Any

import fixtures
import testtools

from nova_native_tls.checks import result
from nova_native_tls.prove import handshake
from nova_native_tls.prove import host
from nova_native_tls.prove import loading
from nova_native_tls.prove import process
from nova_native_tls.prove import programs
from nova_native_tls.prove import subject

BUILD = programs.Build('7.2.22')
SAME = 'qemu-img version 7.2.22\n'


class ProveTest(testtools.TestCase):
    """Builds of QEMU that differ, or are too old."""

    def _prove(
        self, *, build: programs.Build | None, version: str
    ) -> dict[str, result.Status]:
        ended = process.Ended(status=0, output=version, errors='')
        accepted = handshake.Handshake(succeeded=True, client='', server='')

        class Child:
            """Stands in for every program."""

            def __init__(self, *_arguments: Any, **_options: Any) -> None:
                pass

            def __enter__(self) -> Any:
                return self

            def __exit__(self, *_unused: object) -> None:
                pass

            def finish(self, _deadline: process.Deadline) -> process.Ended:
                return ended

        class Ends:
            """Both ends of a handshake that works."""

            def finish(self, _deadline: process.Deadline) -> Any:
                return accepted

        loaded = loading.Loading(
            build=build,
            answers=dict.fromkeys(loading.ENDPOINTS, ''),
            output='',
        )
        for module, name, stand_in in (
            (process, 'Child', Child),
            (loading, 'ask', lambda *_arguments: loaded),
            (
                handshake,
                'start',
                lambda *_a, **_o: contextlib.nullcontext(Ends()),
            ),
        ):
            self.useFixture(fixtures.MockPatchObject(module, name, stand_in))
        given = subject.Subject(host='host1', directory='/d', name='host1')
        found = host.prove(given, which=lambda name: f'/bin/{name}')
        return {
            each.code: each.status
            for each in found
            if each.code.startswith(('prove', 'own'))
            and each.code != 'prove.not-as-qemu'
        }

    def test_same(self) -> None:
        """Tools of the emulator's own build speak for it."""
        self.assertEqual(
            {'own-handshake.accepted': result.Status.SUCCESS},
            self._prove(build=BUILD, version=SAME),
        )

    def test_differ(self) -> None:
        """Of another build, they speak for themselves: that is said."""
        for build in (programs.Build('10.0.0'), programs.Build('7.2.22', 'x')):
            found = self._prove(build=build, version=SAME)
            self.assertIs(
                result.Status.WARNING, found['prove.versions-differ']
            )

    def test_unclear(self) -> None:
        """So it is if nobody knows which build they are."""
        found = self._prove(build=BUILD, version='')
        self.assertIs(result.Status.WARNING, found['prove.versions-differ'])

    def test_too_old(self) -> None:
        """QEMU before 7.0 cannot be asked; that is no success."""
        self.assertEqual(
            {'prove.handshake-impossible': result.Status.WARNING},
            self._prove(
                build=programs.Build('6.2.0'),
                version='qemu-img version 6.2.0\n',
            ),
        )
