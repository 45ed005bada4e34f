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

"""One migration through two drivers, from Nova's first check to libvirt."""

from __future__ import annotations

import dataclasses
from typing import Any
from unittest import mock

import libvirt
from nova import exception as nova_exception
from nova.virt.libvirt import guest as nova_guest
from nova.virt.libvirt import migration as nova_migration

from nova_native_tls.checks import base
from nova_native_tls.checks import result
from nova_native_tls.nova import carrier
from nova_native_tls.nova import course
from nova_native_tls.nova.telling import action_event
from nova_native_tls import policy
from tests.functional.nova_adapter import adapter
from tests.unit.checks import contexts

SOURCE, DESTINATION = 'compute1', 'compute2'
REMEDY = 'mend it'

TLS, CLEAR, REFUSED = 'TLS', 'clear', 'refused'


def says(value: str | None) -> dict[str, str]:
    """What a flavor or an instance holds."""
    return {} if value is None else {policy.KEY: value}


class Domain:
    """libvirt's object of the guest: it moves, and its flags are kept."""

    def __init__(self) -> None:
        self.flags: int | None = None
        self.params: dict[str, Any] = {}

    def migrateToURI3(
        self, dconnuri: str, params: dict[str, Any], flags: int
    ) -> None:
        """Note the call."""
        self.params, self.flags = params, flags


@dataclasses.dataclass
class Host:
    """One nova-compute, with options of its own."""

    name: str
    driver: Any
    check: contexts.Answers
    options: dict[str, Any]
    libvirt: dict[str, Any]

    def break_at(self, *stages: base.Stage) -> None:
        """Let a check fail at these stages."""
        finding = contexts.finding(result.Status.FAILURE)
        self.check.stages = frozenset(stages)
        self.check.findings = (
            dataclasses.replace(
                finding,
                subject=self.name,
                detail='something is wrong',
                remedy=REMEDY,
            ),
        )


@dataclasses.dataclass(frozen=True)
class Move:
    """What became of a migration.

    :ivar mode: TLS, CLEAR or REFUSED.
    :ivar told: why it was refused.
    :ivar flags: what libvirt was asked with.
    :ivar carried: the keys that one host sent to the other, by leg.
    """

    mode: str
    told: str = ''
    flags: int | None = None
    carried: tuple[frozenset[str], ...] = ()


class PolicyTestCase(adapter.AdapterTestCase):
    """compute1 and compute2, with checks that pass, and native TLS off."""

    def setUp(self) -> None:
        super().setUp()
        self.exchange(
            nova_migration,
            get_updated_guest_xml=mock.Mock(return_value='<domain/>'),
        )
        self.write_event = mock.create_autospec(action_event.write)
        self.exchange(action_event, write=self.write_event)
        self.source = self._host(SOURCE)
        self.destination = self._host(DESTINATION)
        self.ended: list[course.Course] = []
        self.exchange(self.source.driver, _native_tls_ended=self.ended.append)

    def _host(self, name: str) -> Host:
        check = contexts.Answers(contexts.finding())
        return Host(
            name=name,
            driver=self.driver(
                a=check, passes=contexts.Answers(contexts.finding())
            ),
            check=check,
            options={},
            libvirt={'live_migration_with_native_tls': False},
        )

    def be(self, host: Host) -> Any:
        """Let what follows happen on this host; its driver."""
        self.configure(host=host.name)
        self.configure('libvirt', **host.libvirt)
        self.configure(
            'native_tls',
            **{
                'migration_encryption': None,
                'aggregate_migration_encryption': 'database',
                'allow_weaker_instances': True,
                **host.options,
            },
        )
        host.driver._parse_migration_flags()
        return host.driver

    def everywhere(self, **options: Any) -> None:
        """Set options of [native_tls] on both hosts."""
        for host in (self.source, self.destination):
            host.options.update(options)

    def native_tls(self, value: bool) -> None:
        """Set [libvirt] live_migration_with_native_tls on both hosts."""
        for host in (self.source, self.destination):
            host.libvirt['live_migration_with_native_tls'] = value

    def move(self, instance: Any = None) -> Move:
        """Migrate an instance, as Nova does."""
        instance = instance or adapter.instance()
        try:
            data, carried = self.pre_check(instance)
        except nova_exception.MigrationPreCheckError as err:
            return Move(mode=REFUSED, told=str(err))
        data, domain = self.prepare(instance, data), Domain()
        self.migrate(instance, data, domain)
        assert domain.flags is not None
        return Move(
            mode=TLS if domain.flags & libvirt.VIR_MIGRATE_TLS else CLEAR,
            flags=domain.flags,
            carried=(*carried, _keys(data)),
        )

    def pre_check(
        self, instance: Any, data: Any = None
    ) -> tuple[Any, tuple[frozenset[str], ...]]:
        """Ask at the three legs, over RPC; Nova's own parts pass."""
        with self.parent(
            'check_can_live_migrate_destination',
            return_value=adapter.migrate_data() if data is None else data,
        ):
            data = adapter.over_rpc(
                self.be(self.destination).check_can_live_migrate_destination(
                    self.context, instance, 'src', 'dst'
                )
            )
        first = _keys(data)
        with self.parent('check_can_live_migrate_source', return_value=data):
            data = adapter.over_rpc(
                self.be(self.source).check_can_live_migrate_source(
                    self.context, instance, data
                )
            )
        with self.parent('check_source_migrate_data_at_dest'):
            self.be(self.destination).check_source_migrate_data_at_dest(
                self.context, instance, data, 'migration', 'limits', 'allocs'
            )
        return data, (first, _keys(data))

    def prepare(self, instance: Any, data: Any) -> Any:
        """Prepare the destination; nova-compute empties what was carried."""
        data.old_vol_attachment_ids = {}
        with self.parent('pre_live_migration', return_value=data):
            return adapter.over_rpc(
                self.be(self.destination).pre_live_migration(
                    self.context, instance, 'b', 'n', 'd', data
                )
            )

    def migrate(self, instance: Any, data: Any, domain: Any) -> None:
        """Let Nova's own operation run on the source."""
        made = self.be(self.source)

        def nova(_self: Any, *_arguments: Any) -> None:
            made._live_migration_operation(
                self.context,
                instance,
                DESTINATION,
                False,
                data,
                nova_guest.Guest(domain),
                [],
            )

        with self.parent('live_migration', side_effect=nova):
            made.live_migration(
                self.context,
                instance,
                DESTINATION,
                mock.Mock(name='post'),
                mock.Mock(name='recover'),
                False,
                data,
            )


def _keys(data: Any) -> frozenset[str]:
    if carrier.FIELD not in data:
        return frozenset()
    return frozenset(data.old_vol_attachment_ids)
