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

"""What the destination tells of guests that did not arrive."""

from __future__ import annotations

import datetime
from typing import Any
from unittest import mock

from nova.virt import event as virt_event

from nova_native_tls.nova.telling import failure
from nova_native_tls.nova.telling import reason
from tests.functional.nova_adapter import adapter

FOUND = reason.Reason(details='short', full='long')


class ArrivalsTest(adapter.AdapterTestCase):
    """By the methods and events through which Nova tells the driver."""

    def setUp(self) -> None:
        super().setUp()
        self.tell = mock.create_autospec(failure.tell)
        self.exchange(failure, tell=self.tell)
        self.ask = mock.create_autospec(
            reason.on_destination, return_value=FOUND
        )
        self.exchange(reason, on_destination=self.ask)
        self.made = self.driver()
        self.instance = adapter.instance()

    def _expect(self) -> None:
        data = adapter.migrate_data({})
        with self.parent('pre_live_migration', return_value=data):
            self.made.pre_live_migration(
                self.context, self.instance, None, [], None, data
            )

    def _roll_back(self) -> mock.Mock:
        with self.parent('rollback_live_migration_at_destination') as parent:
            self.made.rollback_live_migration_at_destination(
                self.context, self.instance, [], None, destroy_disks=True
            )
        return parent

    def _hear(self, transition: int) -> None:
        event = virt_event.LifecycleEvent(adapter.UUID, transition)
        with self.parent('emit_event') as parent:
            self.made.emit_event(event)
        parent.assert_called_once_with(self.made, event)

    def _assert_told(self) -> None:
        self.tell.assert_called_once_with(
            self.context, self.instance, FOUND, failure.EVENT_AT_DESTINATION
        )

    def test_rolled_back(self) -> None:
        """Told once, and Nova cleans up as ever."""
        before = datetime.datetime.now(datetime.UTC)
        self._expect()
        parent = self._roll_back()
        self._assert_told()
        self.assertEqual((self.instance.name,), self.ask.call_args.args)
        self.assertEqual('compute1', self.ask.call_args.kwargs['source'])
        since = self.ask.call_args.kwargs['since']
        self.assertTrue(before <= since <= datetime.datetime.now(datetime.UTC))
        parent.assert_called_once_with(
            self.made, self.context, self.instance, [], None, True, None
        )
        self._hear(virt_event.EVENT_LIFECYCLE_STOPPED)
        self._assert_told()

    def test_stopped(self) -> None:
        """On shared storage libvirt's event is all that is heard."""
        self._expect()
        self._hear(virt_event.EVENT_LIFECYCLE_STARTED)
        self._hear(virt_event.EVENT_LIFECYCLE_PAUSED)
        self.tell.assert_not_called()
        self._hear(virt_event.EVENT_LIFECYCLE_STOPPED)
        self._assert_told()

    def test_arrived(self) -> None:
        """A guest that runs here may stop later without a word."""
        self._expect()
        self._hear(virt_event.EVENT_LIFECYCLE_RESUMED)
        self._hear(virt_event.EVENT_LIFECYCLE_STOPPED)
        self.tell.assert_not_called()

    def test_arrived_paused(self) -> None:
        """Then Nova says so."""
        self._expect()
        with self.parent('post_live_migration_at_destination') as parent:
            self.made.post_live_migration_at_destination(
                self.context, self.instance, [], block_migration=True
            )
        parent.assert_called_once_with(
            self.made, self.context, self.instance, [], True, None
        )
        self._hear(virt_event.EVENT_LIFECYCLE_STOPPED)
        self.tell.assert_not_called()

    def test_nothing_expected(self) -> None:
        """Any other guest of this host stops without a word."""
        self._hear(virt_event.EVENT_LIFECYCLE_STOPPED)
        self._roll_back()
        self.ask.assert_not_called()
        self.tell.assert_not_called()

    def test_nothing_known(self) -> None:
        """The source tells then."""
        self.ask.return_value = None
        self._expect()
        self._roll_back()
        self.tell.assert_not_called()

    def test_another_event(self) -> None:
        """Events that are not of a guest's life pass."""
        event: Any = virt_event.InstanceEvent(adapter.UUID)
        with self.parent('emit_event') as parent:
            self.made.emit_event(event)
        parent.assert_called_once_with(self.made, event)
