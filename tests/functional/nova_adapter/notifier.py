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


"""Nova's own stand-in for the bus of notifications.

The package that it is in needs more than is installed for these tests.
"""

from __future__ import annotations

import functools
import importlib.util
import pathlib
from typing import Any

import fixtures
import nova.conf
from nova import rpc
import nova.tests

CONF = nova.conf.CONF


@functools.cache
def _nova_notifications() -> Any:
    folder = pathlib.Path(nova.tests.__file__).parent
    spec = importlib.util.spec_from_file_location(
        'nova_test_notifications', folder / 'fixtures' / 'notifications.py'
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Bus(fixtures.Fixture):  # type: ignore[misc]
    """Keeps the versioned notifications that nova-compute sends."""

    def __init__(self, notification_format: str = 'versioned') -> None:
        self._format = notification_format

    def _setUp(self) -> None:
        # As nova.rpc.init makes it; the context has to be sent, too.
        serializer = rpc.RequestContextSerializer(rpc.JsonPayloadSerializer())
        self._notifier = _nova_notifications().FakeNotifier(
            None, 'nobody', serializer=serializer
        )
        self.useFixture(
            fixtures.MockPatchObject(rpc, 'NOTIFIER', self._notifier)
        )
        CONF.set_override(
            'notification_format', self._format, group='notifications'
        )
        self.addCleanup(
            CONF.clear_override, 'notification_format', group='notifications'
        )

    @property
    def sent(self) -> list[Any]:
        """Each with publisher_id, priority, event_type and payload."""
        return list(self._notifier.notifications)
