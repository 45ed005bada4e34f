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


"""Notifications of this project, on Nova's bus."""

from __future__ import annotations

from unittest import mock

from nova.objects import fields
from nova import rpc

from nova_native_tls.nova.telling import notification
from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import notifier


@notification.register
class Example(notification.Payload):
    """A payload."""

    VERSION = '1.2'

    fields = {'name': fields.StringField()}


class SendTest(adapter.AdapterTestCase):
    """They are as Nova's own."""

    def _send(self, **arguments: str) -> None:
        notification.send('example', Example(name='a'), **arguments)

    def test_sent(self) -> None:
        """By this host, of the given priority, with the payload alone."""
        bus = self.useFixture(notifier.Bus())
        self._send(priority=notification.Priority.WARN)
        (sent,) = bus.sent
        self.assertEqual('nova-compute:compute2', sent.publisher_id)
        self.assertEqual('WARN', sent.priority)
        self.assertEqual('native_tls.example', sent.event_type)
        self.assertEqual(
            {
                'nova_object.name': 'Example',
                'nova_object.namespace': 'nova_native_tls',
                'nova_object.version': '1.2',
                'nova_object.data': {'name': 'a'},
            },
            sent.payload,
        )

    def test_not_wanted(self) -> None:
        """Whoever wants the unversioned ones alone gets none."""
        bus = self.useFixture(notifier.Bus('unversioned'))
        self._send()
        self.assertEqual([], bus.sent)
        self.assertEqual('', self.log.output)

    def test_none_is_listening(self) -> None:
        """Without a bus that takes them nothing is sent, and nothing said."""
        bus = self.useFixture(notifier.Bus())
        with mock.patch.object(
            rpc.NOTIFIER, 'is_enabled', autospec=True, return_value=False
        ):
            self._send()
        self.assertEqual([], bus.sent)
        self.assertEqual('', self.log.output)

    def test_error(self) -> None:
        """A bus that fails is told of, and harms nobody."""
        self.useFixture(notifier.Bus())
        with mock.patch.object(
            rpc.NOTIFIER,
            'prepare',
            autospec=True,
            side_effect=OSError('no bus'),
        ):
            self._send()
        self.assertIn(
            'native_tls.example was not sent: OSError: no bus', self.log.output
        )
