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

"""A controller between two hosts, with a guest on the first."""

from __future__ import annotations

import threading
from typing import Any

import fixtures
import testtools

from nova_native_tls import exception
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import controller
from nova_native_tls.migration import libvirt_api
from nova_native_tls.migration import progress
from nova_native_tls.migration import record as migration_record
from nova_native_tls.migration import run
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import versions
from tests.unit.migration import fakes


class TwoHostsTestCase(testtools.TestCase):
    """Two hosts and a guest named vm on the first."""

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(
            fixtures.MockPatchObject(run, 'POLL_INTERVAL_S', 0.001)
        )
        self.source = fakes.Connection(
            fakes.SOURCE_URI, 'host1', uuid='uuid-of-host1'
        )
        self.destination = fakes.Connection(
            fakes.DESTINATION_URI,
            'host2',
            uuid='uuid-of-host2',
            qemu=versions.Version(10, 0, 13),
        )
        self.domain = fakes.Domain(looks=[fakes.look()])
        self.source.domains['vm'] = self.domain
        self.world = fakes.World(self.source, self.destination)
        self.useFixture(
            fixtures.MockPatchObject(
                libvirt_api.Connection, 'open', self.world.open
            )
        )
        self.cancel = threading.Event()
        self.wish_to_cancel = False

    def _see(self, _seen: progress.Progress) -> None:
        if self.wish_to_cancel:
            self.cancel.set()

    def _job(
        self,
        *,
        destination_uri: str = fakes.DESTINATION_URI,
        source_uri: str = fakes.SOURCE_URI,
        domain: str = 'vm',
        settings: dict[str, Any] | None = None,
        **request: Any,
    ) -> controller.Job:
        values = {'native_tls': True, 'scheme': 'tls', **(settings or {})}
        return controller.Job(
            source_uri=source_uri,
            destination_uri=destination_uri,
            domain=domain,
            settings=migration_settings.MigrationSettings(**values),
            request=migration_call.MigrationRequest(**request),
        )

    def _migrate(
        self, **job: Any
    ) -> tuple[migration_record.MigrationRecord, tuple[str, ...]]:
        return controller.migrate(
            self._job(**job), cancel=self.cancel, on_progress=self._see
        )

    def _refused(
        self, expected: type[exception.NativeTLSError], **job: Any
    ) -> exception.NativeTLSError:
        """Expect this error, a guest untouched and nothing left open."""
        err: exception.NativeTLSError = self.assertRaises(
            expected, self._migrate, **job
        )
        self.assertEqual([], self.domain.migrated)
        self.assertNotIn('cancel_job', self.domain.calls)
        opened = [uri for uri in self.world.opened if uri in self.world.hosts]
        self.assertEqual(sorted(opened), sorted(self.world.closed))
        return err

    def _asked(self) -> migration_call.MigrateCall:
        ((_uri, call),) = self.domain.migrated
        return call
