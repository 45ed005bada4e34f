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

"""The driver's pre-checks before a migration, at both ends."""

from __future__ import annotations


from nova import exception as nova_exception

from nova_native_tls.checks import base
from nova_native_tls.checks import result
from nova_native_tls.nova import carrier
from nova_native_tls.nova.facts import own_facts
from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import legs
from tests.unit.checks import contexts
from tests.unit.peer import host_facts

DESTINATION = carrier.Role.DESTINATION
SOURCE = carrier.Role.SOURCE
Stage = base.Stage
Status = result.Status


class LegsTest(legs.Legs):
    """Two hosts that both have this project."""

    def test_all_the_way(self) -> None:
        """Each end learns the other's facts in its turn."""
        checks = {
            stage: contexts.Answers(contexts.finding(), stages=[stage])
            for stage in Stage
        }
        driver = self.driver(**{s.name: c for s, c in checks.items()})
        data = self.destination(driver)
        destination = own_facts.collect(self.host)
        self.assertEqual(destination, carrier.get(data, DESTINATION))

        # From here on this is the source.
        self.configure(host='compute1')
        self.host.host_name = 'host1.example.org'
        self.write_certificate('host1.example.org')
        source = own_facts.collect(self.host)
        self.assertNotEqual(destination, source)
        data = self.source(driver, adapter.over_rpc(data))
        self.assertEqual(source, carrier.get(data, SOURCE))

        self.assertEqual('claimed', self.again(driver, adapter.over_rpc(data)))
        self.assertEqual(
            [
                [],
                [],
                [(destination, None)],
                [(source, destination)],
                [(source, source)],
            ],
            [[(c.own, c.peer) for c in checks[s].asked] for s in Stage],
        )

    def test_disks(self) -> None:
        """The checks know whether disks are to be copied, once Nova does."""
        check = contexts.Answers(contexts.finding())
        driver = self.driver(a=check)
        for block in (True, False):
            self.source(driver, adapter.migrate_data(block_migration=block))
        data = adapter.migrate_data()
        del data._obj_block_migration
        self.source(driver, data)
        self.destination(driver)
        self.assertEqual(
            [True, False, None, None], [c.block for c in check.asked]
        )

    def test_preparation_sends_facts_again(self) -> None:
        """nova-compute has emptied the dictionary by then."""
        driver = self.driver()
        data = self.prepare(driver, adapter.migrate_data({}))
        self.assertEqual(
            own_facts.collect(self.host),
            carrier.get(adapter.over_rpc(data), DESTINATION),
        )

    def test_warning(self) -> None:
        """It is logged at every leg, and stops none."""
        driver = self.driver(
            a=contexts.Answers(contexts.finding(Status.WARNING))
        )
        data = self.destination(driver)
        self.source(driver, data)
        self.again(driver, data)
        self.assertEqual(3, self.log.output.count('a host: it was seen'))

    def test_failure(self) -> None:
        """Each leg refuses, with the reason."""
        driver = self.driver(
            a=contexts.Answers(contexts.finding(Status.FAILURE))
        )
        data = adapter.migrate_data()
        for leg in (
            self.destination,
            self.source,
            lambda driver, data: driver.check_source_migrate_data_at_dest(
                self.context,
                adapter.instance(),
                data,
                'migration',
                'limits',
                'allocs',
            ),
        ):
            self.assertIn(
                'a host: it was seen', self.assert_refused(leg, driver, data)
            )

    def test_failure_sends_nothing(self) -> None:
        """A host that refuses adds nothing to what Nova sends."""
        driver = self.driver(
            a=contexts.Answers(contexts.finding(Status.FAILURE))
        )
        data = adapter.migrate_data()
        self.assert_refused(self.destination, driver, data)
        self.assertNotIn(carrier.FIELD, data)

    def test_the_third_leg_claims_nothing_when_refused(self) -> None:
        """Mediated devices are claimed in Nova's part, which comes after."""
        driver = self.driver(
            a=contexts.Answers(contexts.finding(Status.FAILURE))
        )
        with self.parent('check_source_migrate_data_at_dest') as parent:
            self.assert_refused(
                driver.check_source_migrate_data_at_dest,
                self.context,
                adapter.instance(),
                adapter.migrate_data(),
                'migration',
                'limits',
                'allocs',
            )
        parent.assert_not_called()

    def test_what_nova_itself_refuses(self) -> None:
        """Nova's own error passes.

        The destination is asked first, because Nova's own check there leaves
        a file behind that it removes only when the whole leg succeeds.
        """
        check = contexts.Answers(contexts.finding())
        driver = self.driver(a=check)
        error = nova_exception.MigrationPreCheckError(reason='no room')
        for method, arguments in (
            (
                'check_can_live_migrate_destination',
                (adapter.instance(), 's', 'd'),
            ),
            (
                'check_can_live_migrate_source',
                (adapter.instance(), adapter.migrate_data()),
            ),
        ):
            with self.parent(method, side_effect=error):
                self.assertIs(
                    error,
                    self.assertRaises(
                        nova_exception.MigrationPreCheckError,
                        getattr(driver, method),
                        self.context,
                        *arguments,
                    ),
                )
        self.assertEqual(
            [base.Stage.DESTINATION], [asked.stage for asked in check.asked]
        )


class ShippedChecksTest(legs.Legs):
    """The checks of this project, inside the driver."""

    def test_a_destination_without_a_name(self) -> None:
        """Refused on the destination already, with the names found."""
        self.write_certificate('a.example.org', 'b.example.org')
        message = self.assert_refused(self.destination, self.driver())
        for text in ('a.example.org, b.example.org', 'tls_destination'):
            self.assertIn(text, message)

    def test_a_destination_that_let_it_pass(self) -> None:
        """The source refuses a name that cannot be verified."""
        for name in (None, '*.example.org', 'host 2', 'fe80::1%eth0'):
            self.assert_refused(
                self.source,
                self.driver(),
                adapter.sent(DESTINATION, host_facts.written(tls_name=name)),
            )

    def test_a_destination_that_is_too_old(self) -> None:
        """The source holds the call against the destination's QEMU."""
        self.configure('libvirt', live_migration_parallel_connections=2)
        message = self.assert_refused(
            self.source,
            self.driver(),
            adapter.sent(DESTINATION, host_facts.written(qemu='5.1')),
        )
        self.assertIn('the destination has 5.1.0', message)


class StockPeerTest(legs.Legs):
    """The other host has no such project."""

    def test_stock_destination(self) -> None:
        """The source accepts it, and tells its own facts all the same."""
        data = self.source(
            self.driver(), adapter.over_rpc(adapter.migrate_data())
        )
        self.assertEqual(
            own_facts.collect(self.host), carrier.get(data, SOURCE)
        )

    def test_stock_source(self) -> None:
        """The destination accepts it."""
        self.assertEqual(
            'claimed',
            self.again(
                self.driver(), adapter.over_rpc(adapter.migrate_data({}))
            ),
        )


class NothingLeftTest(adapter.AdapterTestCase):
    """A destination that refuses leaves no file behind."""

    def test_nova_is_asked_only_after_us(self) -> None:
        """Nova's part makes a file that is removed only if we return."""
        driver = self.driver(
            a=contexts.Answers(contexts.finding(Status.FAILURE))
        )
        with self.parent('check_can_live_migrate_destination') as parent:
            self.assertRaises(
                nova_exception.MigrationPreCheckError,
                driver.check_can_live_migrate_destination,
                self.context,
                adapter.instance(),
                's',
                'd',
            )
        parent.assert_not_called()
