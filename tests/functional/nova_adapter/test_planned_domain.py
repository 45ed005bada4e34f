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

"""Nova's own Guest.migrate on a domain that plans the call."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
from typing import Any

import libvirt
from nova.virt.libvirt import guest as nova_guest
import testtools

from nova_native_tls import exception
from nova_native_tls.migration import call as migration_call
from nova_native_tls.nova.call import planned_domain

Call = migration_call.MigrateCall
URI = 'qemu+tls://host2/system'
SOME = {'migrate_uri': 'tcp://203.0.113.2', 'bandwidth': 100}


class RecordingDomain:
    """Keeps what libvirt would have been asked."""

    name = 'instance-00000001'

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any], int]] = []

    def migrateToURI3(
        self, dconnuri: str, params: dict[str, Any], flags: int
    ) -> str:
        """libvirt's method, of the one signature that it has."""
        self.asked.append((dconnuri, params, flags))
        return 'migrated'

    def UUIDString(self) -> str:
        """Any other method."""
        return 'a UUID'


def _unchanged(call: Call) -> Call:
    return call


def _migrate(
    plan: Callable[[Call], Call], **arguments: Any
) -> tuple[dict[str, Any], int]:
    domain = RecordingDomain()
    nova_guest.Guest(planned_domain.PlannedDomain(domain, plan)).migrate(
        URI, **arguments
    )
    ((uri, params, flags),) = domain.asked
    assert uri == URI
    return params, flags


class GuestTest(testtools.TestCase):
    """The call is planned, nothing else changes."""

    arguments = {
        'migrate_uri': 'tcp://203.0.113.2',
        'migrate_disks': ['vda', 'vdb'],
        'destination_xml': '<domain/>',
        'flags': libvirt.VIR_MIGRATE_LIVE
        | libvirt.VIR_MIGRATE_TLS
        | libvirt.VIR_MIGRATE_NON_SHARED_INC,
        'bandwidth': 100,
    }

    def _stock(self, **arguments: Any) -> tuple[dict[str, Any], int]:
        domain = RecordingDomain()
        nova_guest.Guest(domain).migrate(URI, **arguments)
        ((_uri, params, flags),) = domain.asked
        return params, flags

    def test_a_plan_that_changes_nothing(self) -> None:
        """libvirt is asked what stock Nova asks, types included."""
        for arguments in ({}, {'flags': 3}, self.arguments):
            theirs = self._stock(**arguments)
            ours = _migrate(_unchanged, **arguments)
            self.assertEqual(theirs, ours)
            self.assertEqual(
                {name: type(value) for name, value in theirs[0].items()},
                {name: type(value) for name, value in ours[0].items()},
            )

    def test_what_the_plan_sees(self) -> None:
        """Flags by name, parameters that are known, lists as tuples."""
        seen: list[Call] = []

        def plan(call: Call) -> Call:
            seen.append(call)
            return call

        _migrate(plan, **self.arguments)
        self.assertEqual(
            [
                Call(
                    flags=frozenset({'LIVE', 'TLS', 'NON_SHARED_INC'}),
                    params={
                        'migrate_uri': 'tcp://203.0.113.2',
                        'migrate_disks': ('vda', 'vdb'),
                        'bandwidth': 100,
                    },
                )
            ],
            seen,
        )

    def test_what_the_plan_adds_and_drops(self) -> None:
        """All of it reaches libvirt, and what is unknown stays."""

        def plan(call: Call) -> Call:
            params = dict(call.params)
            del params['bandwidth']
            return dataclasses.replace(
                call,
                flags=(call.flags - {'LIVE'}) | {'PARALLEL'},
                params={
                    **params,
                    'migrate_disks': ('vdc',),
                    'tls.destination': 'host2.example.org',
                },
            )

        params, flags = _migrate(plan, **self.arguments)
        self.assertEqual(
            {
                'migrate_uri': 'tcp://203.0.113.2',
                'migrate_disks': ['vdc'],
                'destination_xml': '<domain/>',
                'persistent_xml': '<domain/>',
                'tls.destination': 'host2.example.org',
            },
            params,
        )
        self.assertEqual(
            libvirt.VIR_MIGRATE_TLS
            | libvirt.VIR_MIGRATE_NON_SHARED_INC
            | libvirt.VIR_MIGRATE_PARALLEL,
            flags,
        )

    def test_unknown_flags(self) -> None:
        """Bits of a libvirt that is newer than this project stay set."""
        newer = 1 << 40 | 1 << 29
        for plan in (
            _unchanged,
            lambda call: dataclasses.replace(call, flags=frozenset()),
        ):
            _params, flags = _migrate(plan, flags=newer)
            self.assertEqual(newer, flags)

    def test_the_callers_dictionary_stays(self) -> None:
        """What Nova passed may be used again."""
        params = {'bandwidth': 1, 'destination_xml': '<domain/>'}
        planned_domain.PlannedDomain(
            RecordingDomain(),
            lambda call: dataclasses.replace(call, params={}),
        ).migrateToURI3(URI, params=params, flags=0)
        self.assertEqual(
            {'bandwidth': 1, 'destination_xml': '<domain/>'}, params
        )

    def test_a_plan_that_refuses(self) -> None:
        """libvirt is not asked at all."""
        domain = RecordingDomain()

        def plan(call: Call) -> Call:
            raise exception.MigrationRefused(reasons='too old')

        guest = nova_guest.Guest(planned_domain.PlannedDomain(domain, plan))
        self.assertRaises(exception.MigrationRefused, guest.migrate, URI)
        self.assertEqual([], domain.asked)

    def test_everything_else_of_the_domain(self) -> None:
        """Attributes, methods and missing ones are the domain's own."""
        domain = planned_domain.PlannedDomain(RecordingDomain(), _unchanged)
        self.assertEqual('instance-00000001', domain.name)
        self.assertEqual('a UUID', domain.UUIDString())
        self.assertEqual('migrated', domain.migrateToURI3(URI))
        self.assertFalse(hasattr(domain, 'abortJob'))


class OtherUriTest(testtools.TestCase):
    """The address of a migration network is in no libvirt certificate."""

    uri = 'qemu+tls://203.0.113.2/system'
    unreachable = (
        'operation failed: Failed to connect to remote libvirt URI '
        "qemu+tls://203.0.113.2/system: Failed to verify peer's certificate"
    )

    def _migrate(
        self, *errors: str | None, uri: str = uri, other_uri: str | None = URI
    ) -> list[str]:
        """Migrate; libvirt answers with these errors, one after another."""
        answers = iter(errors)
        tried = []

        class Domain(RecordingDomain):
            def migrateToURI3(
                self, dconnuri: str, params: dict[str, Any], flags: int
            ) -> str:
                tried.append(dconnuri)
                super().migrateToURI3(dconnuri, params, flags)
                error = next(answers)
                if isinstance(error, str):
                    error = libvirt.libvirtError(error)
                if error is not None:
                    raise error
                return 'migrated'

        domain = Domain()
        planned = planned_domain.PlannedDomain(
            domain, _unchanged, other_uri=other_uri
        )
        try:
            planned.migrateToURI3(uri, params=dict(SOME), flags=1)
        except libvirt.libvirtError as err:
            tried.append(str(err))
        # Only the daemon's name differs; QEMU dials what it was to dial.
        for _uri, params, flags in domain.asked:
            self.assertEqual((SOME, 1), (params, flags))
        return tried

    def test_first_name_is_good(self) -> None:
        """No other is tried."""
        self.assertEqual([self.uri], self._migrate(None))

    def test_first_name_is_in_no_certificate(self) -> None:
        """Nothing was migrated yet: the other name is tried."""
        self.assertEqual(
            [self.uri, URI], self._migrate(self.unreachable, None)
        )

    def test_libvirt_9_0(self) -> None:
        """There the error of the connection comes as it is."""
        error = libvirt.libvirtError('authentication failed')
        error.err = (
            libvirt.VIR_ERR_AUTH_FAILED,
            libvirt.VIR_FROM_RPC,
            "authentication failed: Failed to verify peer's certificate",
            *(None,) * 6,
        )
        self.assertEqual([self.uri, URI], self._migrate(error, None))

    def test_both_fail(self) -> None:
        """The second error is the one that counts; there is no third try."""
        self.assertEqual(
            [self.uri, URI, 'host2 is down'],
            self._migrate(self.unreachable, 'host2 is down'),
        )

    def test_any_other_failure(self) -> None:
        """A migration that may have begun is not begun again."""
        sentence = 'operation failed: migration out job: it broke'
        self.assertEqual([self.uri, sentence], self._migrate(sentence))

    def test_no_other_name(self) -> None:
        """Then the failure is final."""
        for other in (None, self.uri):
            self.assertEqual(
                [self.uri, self.unreachable],
                self._migrate(self.unreachable, other_uri=other),
            )

    def test_not_for_other_transports(self) -> None:
        """SSH and TCP have no certificate that could lack a name."""
        for uri in ('qemu+ssh://203.0.113.2/system', 'qemu+tcp://h/system'):
            self.assertEqual(
                [uri, self.unreachable],
                self._migrate(self.unreachable, uri=uri),
            )
