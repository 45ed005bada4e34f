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

"""With the option off it is Nova's own driver to the letter."""

from __future__ import annotations

import types
from typing import Any
from unittest import mock

from nova.virt import event as virt_event

from nova_native_tls.checks import runner
from nova_native_tls.migration import cancelling
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.nova.call import planned_domain
from nova_native_tls.nova.call import watched_guest
from nova_native_tls.nova.canary import canaries
from nova_native_tls.nova import carrier
from nova_native_tls.nova import course
from nova_native_tls.nova import driver as driver_module
from nova_native_tls.nova.facts import host_look
from nova_native_tls.nova.facts import own_facts
from nova_native_tls.nova import pre_checks
from nova_native_tls.nova.telling import arrivals
from nova_native_tls.nova.telling import failure
from tests.functional.nova_adapter import adapter

C = 'context'
#: What is read of an instance: nobody says anything.
INSTANCE = types.SimpleNamespace(
    uuid=adapter.UUID,
    flavor=types.SimpleNamespace(name='m1', extra_specs={}),
    system_metadata={},
    metadata={},
)
#: Of a Nova that sends none of it.
DATA = types.SimpleNamespace(fields={})

#: Every method that is overridden, with arguments and keywords.
METHODS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    'init_host': (('compute2',), {}),
    'cleanup_host': (('compute2',), {}),
    'get_available_resource': (('node1',), {}),
    'update_provider_tree': (
        (mock.Mock(**{'has_traits.return_value': False}), 'node1'),
        {'allocations': 'a'},
    ),
    'check_can_live_migrate_destination': (
        (C, INSTANCE, 's', 'd', 'block', 'over'),
        {},
    ),
    'check_can_live_migrate_source': (
        (C, INSTANCE, DATA),
        {'block_device_info': 'disks'},
    ),
    'check_source_migrate_data_at_dest': (
        (C, INSTANCE, DATA, 'm', 'l', 'a'),
        {},
    ),
    'pre_live_migration': ((C, INSTANCE, 'b', 'n', 'd', DATA), {}),
    'post_live_migration_at_destination': ((C, INSTANCE, 'n', 'b', 'd'), {}),
    'rollback_live_migration_at_destination': (
        (C, INSTANCE, 'n', 'b', 'destroy', DATA),
        {},
    ),
    'emit_event': (
        (
            virt_event.LifecycleEvent(
                adapter.UUID, virt_event.EVENT_LIFECYCLE_STOPPED
            ),
        ),
        {},
    ),
    # While the one of setUp runs, that is before the next line ends it.
    'live_migration_abort': ((INSTANCE,), {}),
    'live_migration': (
        (C, INSTANCE, 'dest', 'post', 'recover', 'b', DATA),
        {},
    ),
    '_live_migration_monitor': (
        (C, INSTANCE, 'guest', 'dest', 'post', 'recover', 'b', DATA, 'f', 'n'),
        {},
    ),
    '_live_migration_operation': (
        (C, INSTANCE, 'dest', 'b', DATA, 'guest', 'names'),
        {},
    ),
}


def _ours() -> list[type]:
    """The driver and those of its bases that are not Nova's."""
    bases = driver_module.NativeTLSDriver.__mro__
    return [each for each in bases if not issubclass(adapter.Parent, each)]


class OffTest(adapter.AdapterTestCase):
    """None of our code is reached."""

    def setUp(self) -> None:
        super().setUp()
        self.configure('libvirt', live_migration_with_native_tls=False)
        self.made = self.driver()
        del self.made._native_tls_checks
        # Of one that began before this nova-compute nobody knows whose it is.
        self.made._native_tls_courses.begin(
            course.Course(context=C, instance=INSTANCE, destination='dest')
        )
        for module, names in (
            (arrivals.Arrivals, ('expect', 'arrived', 'not_arrived')),
            (canaries.Canaries, ('start', 'stop', 'takes', 'watch')),
            (cancelling, ('slowed_down',)),
            (carrier, ('put', 'get')),
            (failure, ('tell', 'RollBack')),
            (host_look, ('ask', 'look')),
            (own_facts, ('collect', 'look', 'ask_libvirt')),
            (planned_domain, ('PlannedDomain',)),
            (pre_checks, ('watch',)),
            (runner, ('load', 'Runner')),
            (migration_settings, ('from_conf',)),
            (watched_guest.WatchedMigrations, ('of', 'take')),
        ):
            for name in names:
                self.exchange(
                    module, **{name: mock.Mock(side_effect=AssertionError)}
                )

    def test_every_method(self) -> None:
        """Arguments, answer and errors are the parent's."""
        for method, (arguments, keywords) in METHODS.items():
            with self.parent(method, return_value='answer') as parent:
                answer = getattr(self.made, method)(*arguments, **keywords)
            parent.assert_called_once_with(self.made, *arguments, **keywords)
            if method in (
                'init_host',
                'cleanup_host',
                'update_provider_tree',
                'emit_event',
                'live_migration_abort',
                'live_migration',
                '_live_migration_monitor',
                '_live_migration_operation',
            ):
                self.assertIsNone(answer)
            else:
                self.assertEqual('answer', answer)
            error = ValueError(method)
            with self.parent(method, side_effect=error):
                self.assertIs(
                    error,
                    self.assertRaises(
                        ValueError,
                        getattr(self.made, method),
                        *arguments,
                        **keywords,
                    ),
                )
        self.assertEqual('', self.log.output)

    def test_no_method_is_missing_here(self) -> None:
        """A new override comes with a line in the list above."""
        overridden = {
            name
            for ours in _ours()
            for name, value in vars(ours).items()
            if callable(value)
            and hasattr(adapter.Parent, name)
            and not name.startswith('__')
        }
        self.assertEqual(set(METHODS), overridden)

    def test_what_nova_sends_is_untouched(self) -> None:
        """Whether the dictionary is there or not."""
        for carried in (None, {}, {'volume': 'attachment'}):
            data = adapter.migrate_data(carried)
            data.obj_reset_changes()
            before = data.obj_to_primitive()
            for method, arguments in (
                (
                    'check_can_live_migrate_destination',
                    (C, INSTANCE, 's', 'd'),
                ),
                ('check_can_live_migrate_source', (C, INSTANCE, data)),
                ('pre_live_migration', (C, INSTANCE, 'b', 'n', 'd', data)),
            ):
                with self.parent(method, return_value=data):
                    self.assertIs(data, getattr(self.made, method)(*arguments))
            self.assertEqual(before, data.obj_to_primitive())
            self.assertEqual(set(), data.obj_what_changed())

    def test_what_a_peer_sends_is_not_read(self) -> None:
        """A peer that has the option on is a stock peer."""
        data = adapter.sent(carrier.Role.SOURCE, 'no JSON')
        with self.parent('check_source_migrate_data_at_dest'):
            self.made.check_source_migrate_data_at_dest(
                C, INSTANCE, data, 'm', 'l', 'a'
            )
