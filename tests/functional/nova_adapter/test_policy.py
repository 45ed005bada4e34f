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

"""Cloud, aggregate and guest decide how libvirt is asked, through all legs."""

from __future__ import annotations

import itertools
from typing import Any

import libvirt
from nova import utils as nova_utils

from nova_native_tls.checks import base
from nova_native_tls.nova.policy import fallback
from nova_native_tls import policy
from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import policy_scene
from tests.unit import test_policy as truth

CLEAR, REFUSED, TLS = (
    policy_scene.CLEAR,
    policy_scene.REFUSED,
    policy_scene.TLS,
)
E = policy.Encryption
Stage = base.Stage
STAGES = (Stage.DESTINATION, Stage.SOURCE, Stage.DESTINATION_AGAIN)
IMAGE = f'image_{policy.IMAGE_KEY}'


class TruthTableTest(policy_scene.PolicyTestCase):
    """The table of the pure tests, from Nova's objects to libvirt's flags."""

    def _assert_table(self, table: str, allow: bool, *, broken: bool) -> int:
        """Move once for each cell and each value of Nova's own option."""
        moves = 0
        for line in table.strip().splitlines():
            cloud, aggregate, *cells = line.split()
            self.everywhere(
                migration_encryption=truth.NAMES[cloud],
                allow_weaker_instances=allow,
            )
            said = truth.NAMES[aggregate]
            self.aggregates = (
                {}
                if said is None
                else dict.fromkeys(('compute1', 'compute2'), said)
            )
            for cell, native_tls in itertools.product(cells, (True, False)):
                flavor, letter = cell.split(':')
                self.native_tls(native_tls)
                moved = self.move(
                    adapter.instance(
                        extra_specs=policy_scene.says(truth.NAMES[flavor])
                    )
                )
                wanted = truth.LETTERS[letter](native_tls)
                self.assertEqual(
                    self._mode(wanted, broken),
                    moved.mode,
                    f'{line}: {cell}, native TLS: {native_tls}: {moved}',
                )
                moves += 1
        return moves

    def _mode(self, wanted: policy.Encryption, broken: bool) -> str:
        if wanted is E.DISABLED:
            return CLEAR
        if not broken:
            return TLS
        return REFUSED if wanted is E.REQUIRED else CLEAR

    def test_hosts_that_are_as_they_should(self) -> None:
        """4 x 4 x 4, and Nova's option: encrypted or not as the table says."""
        self.assertEqual(
            128, self._assert_table(truth.TABLE, True, broken=False)
        )

    def test_flavors_that_may_not_weaken(self) -> None:
        """The other table."""
        self.assertEqual(
            128, self._assert_table(truth.STRICTER_TABLE, False, broken=False)
        )

    def test_broken_destination(self) -> None:
        """Required is refused, opportunistic goes in clear text."""
        self.destination.break_at(Stage.DESTINATION)
        self.assertEqual(
            128, self._assert_table(truth.TABLE, True, broken=True)
        )


class TenantTest(policy_scene.PolicyTestCase):
    """What a tenant can write only makes it stricter."""

    def test_image_and_instance(self) -> None:
        """Neither weakens; each can require."""
        for cloud, said, mode in (
            ('required', 'disabled', TLS),
            ('disabled', 'required', TLS),
            ('disabled', 'disabled', CLEAR),
            (None, 'required', TLS),
            (None, 'disabled', CLEAR),
        ):
            self.everywhere(migration_encryption=cloud)
            tenants: tuple[dict[str, Any], ...] = (
                {'system_metadata': {IMAGE: said}},
                {'metadata': policy_scene.says(said)},
            )
            for tenant in tenants:
                moved = self.move(adapter.instance(**tenant))
                self.assertEqual(mode, moved.mode, f'{cloud}, {tenant}')

    def test_image_as_nova_keeps_it(self) -> None:
        """A property that Nova does not know is kept where it is read."""
        image = {'properties': {policy.IMAGE_KEY: 'required'}}
        kept = nova_utils.get_system_metadata_from_image(image)
        moved = self.move(adapter.instance(system_metadata=kept))
        self.assertEqual(TLS, moved.mode)

    def test_what_does_not_count_is_told(self) -> None:
        """By one line on the source."""
        self.everywhere(migration_encryption='required')
        self.move(adapter.instance(metadata=policy_scene.says('disabled')))
        self.assertEqual(
            1, self.log.output.count('instance says disabled, which does not')
        )

    def test_no_value(self) -> None:
        """A typing error is no way to get clear text."""
        moved = self.move(adapter.instance(metadata=policy_scene.says('of')))
        self.assertEqual(TLS, moved.mode)


class BrokenTest(policy_scene.PolicyTestCase):
    """A check fails at one of the legs."""

    def _break(self, stage: base.Stage) -> policy_scene.Host:
        host = self.source if stage is Stage.SOURCE else self.destination
        host.break_at(stage)
        return host

    def test_required(self) -> None:
        """Nothing moves, and host, cause and remedy are told."""
        self.everywhere(migration_encryption='required')
        for stage in STAGES:
            host = self._break(stage)
            moved = self.move()
            self.assertEqual(REFUSED, moved.mode, str(stage))
            self.assertEqual(
                'Migration pre-check error: '
                f'{host.name}: something is wrong: mend it',
                moved.told,
            )
            host.break_at()
        self.write_event.assert_not_called()

    def test_opportunistic(self) -> None:
        """It moves in clear text, which is told each time."""
        self.everywhere(migration_encryption='opportunistic')
        for stage in STAGES:
            host = self._break(stage)
            self.write_event.reset_mock()
            moved = self.move()
            self.assertEqual(CLEAR, moved.mode, str(stage))
            why = (
                'The live migration is in clear text: opportunistic, as cloud '
                '[native_tls] migration_encryption says: '
                f'{host.name}: something is wrong: mend it'
            )
            self.assertIn(why, self.log.output)
            (call,) = self.write_event.call_args_list
            self.assertEqual(fallback.EVENT, call.args[2])
            self.assertEqual(why, call.args[3])
            host.break_at()

    def test_opportunistic_and_nothing_is_wrong(self) -> None:
        """Encrypted, and nothing is told."""
        self.everywhere(migration_encryption='opportunistic')
        self.assertEqual(TLS, self.move().mode)
        self.write_event.assert_not_called()
        self.assertNotIn('clear text', self.log.output)

    def test_required_by_the_source_only(self) -> None:
        """What the destination has found travels to it."""
        self.source.options['migration_encryption'] = 'required'
        self.destination.options['migration_encryption'] = 'opportunistic'
        self.destination.break_at(Stage.DESTINATION)
        moved = self.move()
        self.assertEqual(REFUSED, moved.mode)
        self.assertIn('compute2: something is wrong: mend it', moved.told)

    def test_disabled(self) -> None:
        """Nobody is disturbed by what is not needed."""
        self.native_tls(True)
        self.everywhere(migration_encryption='disabled')
        for stage in STAGES:
            self._break(stage)
        self.assertEqual(CLEAR, self.move().mode)
        self.assertNotIn('something is wrong', self.log.output)

    def test_tunnel(self) -> None:
        """It excludes native TLS."""
        self.source.libvirt['live_migration_tunnelled'] = True
        self.everywhere(migration_encryption='required')
        moved = self.move()
        self.assertEqual(REFUSED, moved.mode)
        self.assertIn('live_migration_tunnelled to false', moved.told)
        self.everywhere(migration_encryption='opportunistic')
        moved = self.move()
        self.assertEqual(CLEAR, moved.mode)
        assert moved.flags is not None
        self.assertTrue(moved.flags & libvirt.VIR_MIGRATE_TUNNELLED)


class TwoPoliciesTest(policy_scene.PolicyTestCase):
    """The two ends do not agree."""

    def test_the_stricter_counts(self) -> None:
        """Whichever end it is of."""
        modes = {'disabled': CLEAR, 'opportunistic': TLS, 'required': TLS}
        for source, destination in itertools.product(modes, repeat=2):
            self.source.options['migration_encryption'] = source
            self.destination.options['migration_encryption'] = destination
            stricter = max(map(E, (source, destination)), key=list(E).index)
            self.assertEqual(
                modes[stricter], self.move().mode, f'{source}, {destination}'
            )
            (terms,) = {each.terms for each in self.ended[-1:]}
            assert terms is not None
            self.assertEqual(stricter, terms.decision.encryption)

    def test_different_aggregates(self) -> None:
        """A guest that leaves a cluster is held to what holds outside."""
        self.everywhere(migration_encryption='required')
        self.aggregates = {'compute1': 'disabled'}
        self.assertEqual(TLS, self.move().mode)
        self.aggregates['compute2'] = 'disabled'
        self.assertEqual(CLEAR, self.move().mode)
        self.everywhere(migration_encryption='disabled')
        self.aggregates = {'compute2': 'required'}
        self.assertEqual(TLS, self.move().mode)
        (ended,) = self.ended[-1:]
        assert ended.terms is not None
        self.assertEqual('aggregate of-compute2', ended.terms.decision.owner)

    def test_option_of_the_destination_only(self) -> None:
        """live_migration_with_native_tls is about where a move begins."""
        self.destination.libvirt['live_migration_with_native_tls'] = True
        self.assertEqual(CLEAR, self.move().mode)
        self.native_tls(True)
        self.source.options['migration_encryption'] = 'disabled'
        self.assertEqual(CLEAR, self.move().mode)


class AtOnceTest(policy_scene.PolicyTestCase):
    """Two guests with opposite policies."""

    def test_interleaved(self) -> None:
        """Every leg of one between those of the other."""
        self.native_tls(True)
        secret = adapter.instance(extra_specs=policy_scene.says('required'))
        public = adapter.instance(
            '5d1c2f33-7a52-4f0f-9f43-5b6b3f6ffb2b',
            extra_specs=policy_scene.says('disabled'),
        )
        flags = {}
        first, _carried = self.pre_check(secret)
        second, _carried = self.pre_check(public)
        first = self.prepare(secret, first)
        second = self.prepare(public, second)
        for instance, data in ((public, second), (secret, first)):
            domain = policy_scene.Domain()
            self.migrate(instance, data, domain)
            assert domain.flags is not None
            flags[instance.uuid] = domain.flags & libvirt.VIR_MIGRATE_TLS
        self.assertEqual(
            {public.uuid: 0, secret.uuid: libvirt.VIR_MIGRATE_TLS}, flags
        )
