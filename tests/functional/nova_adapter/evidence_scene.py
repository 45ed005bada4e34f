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

"""Two hosts, a guest that moves, and all places where that is put down."""

from __future__ import annotations

import logging
import pathlib
from typing import Any
from unittest import mock

import fixtures
import libvirt
from nova import objects
from nova.virt.libvirt import guest as nova_guest
from nova.virt.libvirt import migration as nova_migration

from nova_native_tls.evidence import chain
from nova_native_tls.evidence import journal
from nova_native_tls.evidence import record
from nova_native_tls.nova.telling import failure
from nova_native_tls.nova.telling import reason
from nova_native_tls.pki import inspect
from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import notifier
from tests.functional.nova_adapter import test_two_hosts

UUID = adapter.UUID
#: As libvirt 9.0 says it in the event.
ENDED = {
    'operation': 5,
    'time_elapsed': 2345,
    'memory_processed': 150_000_000,
    'data_total': 160_000_000,
    'downtime': 23,
    'success': 1,
}


class Domain:
    """libvirt's object of a guest that moves."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error
        self._callback: Any = None
        self.params: dict[str, Any] = {}
        self.flags: int | None = None
        self.deregistered: list[int] = []

    def connect(self) -> Domain:
        """The connection, which is this, too."""
        return self

    def domainEventRegisterAny(
        self, domain: Any, event: int, callback: Any, opaque: Any
    ) -> int:
        """Keep whom to call."""
        assert (domain, opaque) == (self, None)
        assert event == libvirt.VIR_DOMAIN_EVENT_ID_JOB_COMPLETED
        self._callback = callback
        return 7

    def domainEventDeregisterAny(self, number: int) -> None:
        """Call nobody."""
        self.deregistered.append(number)

    def jobStats(self, flags: int = 0) -> dict[str, int]:
        """A look while it runs."""
        return {
            'type': libvirt.VIR_DOMAIN_JOB_UNBOUNDED,
            'memory_processed': 1000,
            'disk_processed': 5000,
            'downtime': 999,
        }

    def migrateToURI3(
        self, dconnuri: str, params: dict[str, Any], flags: int
    ) -> None:
        """Move, and say how it went."""
        self.params, self.flags = params, flags
        if self._error is not None:
            raise self._error
        if self._callback is not None:
            self._callback(self, self, ENDED, None)


def record_of(pem: bytes) -> record.Certificate:
    """What is recorded of the first certificate of a file."""
    return record.Certificate.of(inspect.first_certificate(pem))


class EvidenceTestCase(test_two_hosts.TwoHosts):
    """Two hosts, and everything that can be written to."""

    def setUp(self) -> None:
        super().setUp()
        self.exchange(
            nova_migration,
            get_updated_guest_xml=mock.Mock(return_value='<domain/>'),
        )
        self.path = (
            pathlib.Path(self.useFixture(fixtures.TempDir()).path) / 'e'
        )
        self.configure('native_tls', evidence_file=str(self.path))
        self.bus = self.useFixture(notifier.Bus())
        self.info = self.useFixture(
            fixtures.FakeLogger(
                'nova_native_tls.nova.evidence', level=logging.INFO
            )
        )
        self.events: list[Any] = []

        def create(event: Any, uuid: str, request_id: str) -> None:
            self.assertEqual(
                (UUID, self.context.request_id), (uuid, request_id)
            )
            self.events.append(event)

        self.exchange(objects.InstanceActionEvent, create=create)
        self.write_event = mock.create_autospec(failure.write_event)
        self.exchange(failure, write_event=self.write_event)
        self.exchange(
            reason,
            on_source=lambda error, **_known: reason.Reason(
                details='because', full=f'because of {error}'
            ),
        )
        self.recover = mock.Mock(name='recover_method')

    def move(self, domain: Any = None, *, block: bool = False) -> None:
        """Migrate, from Nova's first check to the end."""
        self.migrate()
        self.be('compute2')
        data = adapter.migrate_data({}, block_migration=block)
        data = adapter.over_rpc(self.prepare(self.made, data))
        self.be('compute1')
        self.run_on_source(data, domain or Domain())

    def run_on_source(self, data: Any, domain: Any) -> None:
        """Let Nova's own operation run on the source."""
        instance = adapter.instance()
        instance.display_name = 'web1'
        made, guest = self.made, nova_guest.Guest(domain)

        def monitor(
            _self: Any, _context: Any, _i: Any, guest: Any, *_rest: Any
        ) -> None:
            guest._domain.jobStats()

        def nova(_self: Any, _c: Any, _i: Any, *arguments: Any) -> None:
            _dest, _post, recover, block, _data = arguments
            try:
                with self.parent(
                    '_live_migration_monitor', side_effect=monitor
                ):
                    made._live_migration_monitor(
                        self.context, instance, guest, *'dprbmfx'
                    )
                made._live_migration_operation(
                    self.context,
                    instance,
                    'compute2',
                    block,
                    data,
                    guest,
                    ['vda'] if block else [],
                )
            except Exception:
                recover()
                raise

        with self.parent('live_migration', side_effect=nova):
            made.live_migration(
                self.context,
                instance,
                'compute2',
                mock.Mock(name='post'),
                self.recover,
                data.block_migration,
                data,
            )

    def recorded(self) -> record.Record:
        """What stands in the file."""
        (line,) = journal.read(str(self.path))
        return record.from_fields(chain.from_line(line.content).content)
