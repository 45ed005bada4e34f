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

"""An end that says nothing, one that has forgotten, and nobody who asks."""

from __future__ import annotations

from typing import Any
from unittest import mock

import libvirt
from nova import exception as nova_exception
from nova import objects
import oslo_messaging

from nova_native_tls.nova import carrier
from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import policy_scene

CLEAR, REFUSED, TLS = (
    policy_scene.CLEAR,
    policy_scene.REFUSED,
    policy_scene.TLS,
)


class StockPeerTest(policy_scene.PolicyTestCase):
    """The other end says nothing, as far as policy goes."""

    def _source(self, encryption: str | None) -> Any:
        self.source.options['migration_encryption'] = encryption
        data = adapter.over_rpc(adapter.migrate_data())
        with self.parent('check_can_live_migrate_source', return_value=data):
            self.be(self.source).check_can_live_migrate_source(
                self.context, adapter.instance(), data
            )
        domain = policy_scene.Domain()
        self.migrate(
            adapter.instance(),
            adapter.migrate_data({}, target_connect_addr='203.0.113.2'),
            domain,
        )
        return domain.flags

    def _destination(self, encryption: str | None) -> None:
        self.destination.options['migration_encryption'] = encryption
        made, instance = self.be(self.destination), adapter.instance()
        with (
            self.parent('check_can_live_migrate_destination'),
            self.parent('check_source_migrate_data_at_dest'),
        ):
            made.check_can_live_migrate_destination(
                self.context, instance, 'src', 'dst'
            )
            made.check_source_migrate_data_at_dest(
                self.context,
                instance,
                adapter.migrate_data({}),
                'migration',
                'limits',
                'allocs',
            )

    def test_required_by_a_rule(self) -> None:
        """Refused: nobody knows what the other end does."""
        for leg, what in (
            (self._source, 'the destination does not say that it can'),
            (self._destination, 'the source does not say that it encrypts'),
        ):
            err = self.assertRaises(
                nova_exception.MigrationPreCheckError, leg, 'required'
            )
            self.assertIn(what, str(err))
            self.assertIn('install nova-native-tls there', str(err))

    def test_required_by_novas_option(self) -> None:
        """As stock Nova does it: the source asks for TLS."""
        self.native_tls(True)
        self.assertTrue(self._source(None) & libvirt.VIR_MIGRATE_TLS)
        self._destination(None)

    def test_opportunistic(self) -> None:
        """In clear text, and both ends say so."""
        self.assertFalse(
            self._source('opportunistic') & libvirt.VIR_MIGRATE_TLS
        )
        self.assertIn('The live migration is in clear text', self.log.output)
        self._destination('opportunistic')
        self.assertIn('comes in clear text, as far as', self.log.output)

    def test_disabled(self) -> None:
        """Nothing to say."""
        self.native_tls(True)
        self.assertFalse(self._source('disabled') & libvirt.VIR_MIGRATE_TLS)
        self._destination('disabled')

    def test_a_destination_on_which_nobody_wants_encryption(self) -> None:
        """It is stock; a source that requires it stays away."""
        self.source.options['migration_encryption'] = 'required'
        self.assertEqual(REFUSED, self.move().mode)

    def test_unreadable(self) -> None:
        """What it wants is not known, so nothing moves."""
        self.everywhere(migration_encryption='opportunistic')
        for text in ('', '{', '[]', '{"format": 2}'):
            data = adapter.over_rpc(
                adapter.migrate_data({'native_tls:destination:policy': text})
            )
            with self.parent(
                'check_can_live_migrate_source', return_value=data
            ):
                self.assertRaises(
                    nova_exception.MigrationPreCheckError,
                    self.be(self.source).check_can_live_migrate_source,
                    self.context,
                    adapter.instance(),
                    data,
                )


class RestartTest(policy_scene.PolicyTestCase):
    """A nova-compute is restarted between the legs."""

    def _forget(self, host: policy_scene.Host) -> None:
        host.driver._native_tls_legs._said.clear()

    def _move(self, *, forgetful: policy_scene.Host, encryption: str) -> bool:
        self.everywhere(migration_encryption=encryption)
        instance, domain = adapter.instance(), policy_scene.Domain()
        data, _carried = self.pre_check(instance)
        self._forget(forgetful)
        self.migrate(instance, self.prepare(instance, data), domain)
        assert domain.flags is not None
        return bool(domain.flags & libvirt.VIR_MIGRATE_TLS)

    def test_source(self) -> None:
        """Required stays encrypted; opportunistic does not know."""
        self.assertTrue(
            self._move(forgetful=self.source, encryption='required')
        )
        self.assertFalse(
            self._move(forgetful=self.source, encryption='opportunistic')
        )
        self.assertIn('nova-compute was restarted after', self.log.output)
        self.assertFalse(
            self._move(forgetful=self.source, encryption='disabled')
        )

    def test_destination(self) -> None:
        """What it has found is lost."""
        self.assertTrue(
            self._move(forgetful=self.destination, encryption='required')
        )
        self.assertFalse(
            self._move(forgetful=self.destination, encryption='opportunistic')
        )

    def test_nothing_is_kept(self) -> None:
        """After a migration neither end remembers it."""
        self.everywhere(migration_encryption='required')
        self.move()
        for host in (self.source, self.destination):
            self.assertEqual({}, host.driver._native_tls_legs._said)
        self.assertIsNone(
            self.source.driver._native_tls_courses.get(adapter.instance())
        )


class GateTest(policy_scene.PolicyTestCase):
    """Nobody says anything, and Nova's option is off."""

    def test_nothing_is_sent(self) -> None:
        """Nor looked at, nor logged, nor asked differently."""
        moved = self.move()
        self.assertEqual(CLEAR, moved.mode)
        self.assertEqual((frozenset(),) * 3, moved.carried)
        self.assertEqual('', self.log.output)
        self.assertEqual([], self.ended)
        for host in (self.source, self.destination):
            self.assertEqual([], host.check.asked)

    def test_aggregates_are_asked_for_once(self) -> None:
        """By each end, for all legs of a migration."""
        asked: list[str] = []
        known = objects.AggregateList.get_by_host

        def get_by_host(context: Any, host: str, key: str) -> Any:
            asked.append(host)
            return known(context, host, key=key)

        self.exchange(objects.AggregateList, get_by_host=get_by_host)
        self.move()
        self.assertEqual(['compute2', 'compute1'], asked)

    def test_one_instance_that_says_something(self) -> None:
        """It is encrypted, and the next is Nova's own again."""
        moved = self.move(
            adapter.instance(extra_specs=policy_scene.says('required'))
        )
        self.assertEqual(TLS, moved.mode)
        self.assertEqual(
            frozenset(
                {
                    carrier.Role.DESTINATION.value,
                    'native_tls:destination:policy',
                }
            ),
            moved.carried[0],
        )
        self.assertEqual((frozenset(),) * 3, self.move().carried)

    def test_instance_that_cannot_be_read(self) -> None:
        """What it says is not known: nothing moves."""
        instance = adapter.instance()
        del instance._obj_metadata
        instance._context = self.context
        self.exchange(
            objects.Instance,
            obj_load_attr=mock.Mock(
                side_effect=oslo_messaging.MessagingTimeout('no reply')
            ),
        )
        moved = self.move(instance)
        self.assertEqual(REFUSED, moved.mode)
        self.assertIn('what the instance says', moved.told)


class ConfiguredTest(policy_scene.PolicyTestCase):
    """Whether a host as a whole has to do with encryption."""

    def test_options(self) -> None:
        """Whatever they say of it; what they leave to others is nothing."""
        for option, value, expected in (
            ('migration_encryption', None, False),
            ('aggregate_migration_encryption', 'database', False),
            ('aggregate_migration_encryption', 'none', False),
            ('aggregate_migration_encryption', 'required', True),
            *(
                ('migration_encryption', value, True)
                for value in ('disabled', 'opportunistic', 'required')
            ),
        ):
            self.source.options = {option: value}
            made = self.be(self.source)
            self.assertIs(expected, made._native_tls, f'{option} {value}')
        self.source.options = {}
        self.native_tls(True)
        self.assertTrue(self.be(self.source)._native_tls)

    def test_start(self) -> None:
        """It looks at itself when nova-compute starts."""
        self.source.options['migration_encryption'] = 'opportunistic'
        made = self.be(self.source)
        self.source.check.asked.clear()
        with self.parent('init_host'):
            made.init_host('compute1')
        self.assertTrue(self.source.check.asked)
        for asked in self.source.check.asked:
            self.assertTrue(asked.settings.native_tls)
