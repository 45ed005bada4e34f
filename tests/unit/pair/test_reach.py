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

"""Tests of what can be said about libvirt's connection to a destination."""

from __future__ import annotations

import os

import fixtures
import testtools

from nova_native_tls.checks import result
from nova_native_tls.host import daemon
from nova_native_tls.host import process
from nova_native_tls.pair import reach

DAEMON = daemon.Daemon(program='libvirtd', pid=1, started_at=0.0)


class ReachTest(testtools.TestCase):
    """Only what dials alike reaches alike."""

    def setUp(self) -> None:
        super().setUp()
        self._patch(daemon, 'find', lambda: DAEMON)
        self._patch(process, 'same_network', lambda _pid: True)
        self._patch(os, 'geteuid', lambda: 0)

    def _patch(self, module: object, name: str, new: object) -> None:
        self.useFixture(fixtures.MockPatchObject(module, name, new))

    def _assert_unknown(self, words: str) -> None:
        found = reach.of_libvirt('host1')
        self.assertEqual('source.reach-unknown', found.code)
        self.assertIs(result.Status.WARNING, found.status)
        self.assertIn(words, found.detail)
        self.assertIn('--depth canary', found.remedy)

    def test_alike(self) -> None:
        """Root in libvirt's network is as good as libvirt."""
        found = reach.of_libvirt('host1')
        self.assertEqual('source.reaches-alike', found.code)
        self.assertIs(result.Status.SUCCESS, found.status)
        self.assertEqual('host1', found.subject)

    def test_other_network(self) -> None:
        """A network of its own is another."""
        self._patch(process, 'same_network', lambda _pid: False)
        self._assert_unknown('another network')

    def test_other_files(self) -> None:
        """So are certificates of its own, in a container."""
        other = daemon.Daemon(
            program='libvirtd', pid=1, started_at=0.0, root='/proc/1/root'
        )
        self._patch(daemon, 'find', lambda: other)
        self._assert_unknown('other files')

    def test_other_user(self) -> None:
        """Another user has other keys."""
        self._patch(os, 'geteuid', lambda: 1000)
        self._assert_unknown('another user')

    def test_no_daemon(self) -> None:
        """What is not seen is not known."""
        self._patch(daemon, 'find', lambda: None)
        self._assert_unknown('not among the processes')

    def test_forbidden(self) -> None:
        """Nor is what may not be looked at."""

        def find() -> None:
            raise PermissionError(13, 'Permission denied')

        self._patch(daemon, 'find', find)
        self._assert_unknown('Permission denied')
