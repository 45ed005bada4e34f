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


"""Nova's abort of a migration, by the driver."""

from __future__ import annotations

from typing import Any
from unittest import mock

from nova_native_tls.migration import cancelling
from nova_native_tls.nova import course
from nova_native_tls.nova.telling import failure
from tests.functional.nova_adapter import adapter


class AbortTest(adapter.AdapterTestCase):
    """QEMU survives it when it is slow; see ``migration.cancelling``."""

    def setUp(self) -> None:
        super().setUp()
        self.made = self.driver()
        self.order = mock.Mock()
        self.order.domain.jobStats.return_value = {'memory_processed': 1}
        self.order.domain.migrateGetMaxSpeed.side_effect = [700, 1]
        self.host.guests[adapter.UUID] = mock.Mock(_domain=self.order.domain)
        self.slow = mock.call.domain.migrateSetMaxSpeed(1)
        self.fast = mock.call.domain.migrateSetMaxSpeed(700)

    def _abort(self, **behaviour: Any) -> list[Any]:
        with self.parent('live_migration_abort', **behaviour) as parent:
            self.order.attach_mock(parent, 'parent')
            self.made.live_migration_abort(adapter.instance())
        looks = (
            mock.call.domain.jobStats(),
            mock.call.domain.migrateGetMaxSpeed(),
        )
        return [each for each in self.order.mock_calls if each not in looks]

    def test_one_that_began_earlier(self) -> None:
        """Nova aborts what it finds when it starts."""
        slow, parent, fast = self._abort()
        self.assertEqual((self.slow, self.fast), (slow, fast))
        self.assertEqual('parent', parent[0])

    def _begin(self) -> failure.RollBack:
        """Let one run of which somebody asks, or could not."""
        rolled_back = failure.RollBack(mock.Mock())
        self.made._native_tls_courses.begin(
            course.Course(
                context=self.context,
                instance=adapter.instance(),
                destination='host2',
                error=ValueError(),
                rolled_back=rolled_back,
            )
        )
        return rolled_back

    def test_one_that_runs(self) -> None:
        """Its end is a wish, and it has to come."""
        rolled_back = self._begin()
        self.exchange(cancelling, TIMEOUT_S=-1)
        self.assertEqual(self.slow, self._abort()[0])
        self.assertTrue(rolled_back.wished)
        watched = self.made._native_tls_watched.of(adapter.UUID)
        self.assertTrue(watched.is_overdue())

    def test_refused(self) -> None:
        """Nova hears what libvirt says, and the guest is as fast again."""
        rolled_back = self._begin()
        error = OSError('no job')
        found = self.assertRaises(OSError, self._abort, side_effect=error)
        self.assertIs(error, found)
        self.assertEqual(self.fast, self.order.mock_calls[-1])
        self.assertFalse(rolled_back.wished)
