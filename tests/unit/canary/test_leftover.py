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

"""Tests of canary/leftover.py."""

from __future__ import annotations

import testtools

from nova_native_tls.canary import leftover
from nova_native_tls import exception
from tests.unit.canary import hosts
from tests.unit.migration import fakes

NOW = 1_700_000_000.0


class RemoveTest(hosts.TwoHostsTestCase):
    """What nobody ended is ended now, and nothing else."""

    def _remove(self) -> tuple[str, ...]:
        return leftover.remove(self.source, now=NOW)

    def test_old(self) -> None:
        """A canary that is older than any on its way is ended."""
        guest = self.put(self.source, 1, started=NOW - 301)
        self.assertEqual((guest.name,), self._remove())
        self.assertEqual({}, self.source.domains)

    def test_young(self) -> None:
        """Another process may have sent it just now."""
        guest = self.put(self.source, 1, started=NOW - 299)
        self.assertEqual((), self._remove())
        self.assertNotIn('destroy', guest.calls)

    def test_from_the_future(self) -> None:
        """A clock that was set back must not keep it alive."""
        self.put(self.source, 1, started=NOW + 299)
        guest = self.put(self.source, 2, started=NOW + 301)
        self.assertEqual((guest.name,), self._remove())

    def test_instance(self) -> None:
        """An instance is not even looked at, whatever its metadata say."""
        guest = self.put(self.source, 1, started=0)
        guest.name = 'instance-0000002a'
        self.assertEqual((), self._remove())
        self.assertEqual([], guest.calls)

    def test_somebody_elses(self) -> None:
        """The name alone does not make a canary."""
        guest = self.put(self.source, 1, started=0)
        guest.xml = f'<domain><name>{guest.name}</name></domain>'
        self.assertEqual((), self._remove())
        self.assertNotIn('destroy', guest.calls)

    def test_just_ended(self) -> None:
        """One that has ended while it is looked at is no error."""
        guest = self.put(self.source, 1, started=0)
        guest.xml = fakes.libvirt_failed('no domain')
        old = self.put(self.source, 2, started=0)
        self.assertEqual((old.name,), self._remove())

    def test_not_ended(self) -> None:
        """One that cannot be ended is an error."""
        guest = self.put(self.source, 1, started=0)
        guest.destroy_error = fakes.libvirt_failed('device is busy')
        with testtools.ExpectedException(
            exception.LibvirtFailed, '.*device is busy'
        ):
            self._remove()

    def test_now(self) -> None:
        """By default it is now."""
        self.put(self.source, 1, started=NOW)
        self.assertEqual(1, len(leftover.remove(self.source)))

    def test_names(self) -> None:
        """Names of canaries of any age, and of nothing else."""
        guest = self.put(self.source, 1, started=NOW)
        self.source.domains['vm'] = fakes.Domain('vm')
        self.assertEqual({guest.name}, leftover.names(self.source))
