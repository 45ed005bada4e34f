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

"""A bad side channel, where it is read last: when libvirt is to be asked.

What a peer says at the pre-checks is in ``test_driver_unreadable_peer``.
"""

from __future__ import annotations

from typing import Any
from unittest import mock

import testtools.matchers

from nova_native_tls import exception
from nova_native_tls.nova import carrier
from nova_native_tls.nova.telling import failure
from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import test_driver_plan
from tests.functional.nova_adapter import test_driver_unreadable_peer

DESTINATION = carrier.Role.DESTINATION

ADDRESS = '203.0.113.2'


class SecondAnswerTest(test_driver_plan.PlanTestCase):
    """What the destination sends from ``pre_live_migration``."""

    def migrate(self, driver: Any, data: Any, domain: Any) -> mock.Mock:
        """Migrate as Nova from 32.2 does: an error is rolled back, raised.

        :returns: the recovery that Nova was given.
        """
        recover = mock.Mock(name='recover_method')
        instance = adapter.instance()

        def parent(*arguments: Any) -> None:
            rolled_back = arguments[5]
            try:
                self.operate(
                    data, driver=driver, domain=domain, instance=instance
                )
            except Exception:
                rolled_back('recovered', migration_status='failed')
                raise

        with self.parent('live_migration', side_effect=parent):
            driver.live_migration(
                self.context, instance, 'host2', 'post', recover, True, data
            )
        return recover

    def test_unreadable(self) -> None:
        """Rolled back and told in one line; the VM is not put into ERROR."""
        tell = mock.create_autospec(failure.tell)
        self.exchange(failure, tell=tell)
        driver = self.driver()
        for text in test_driver_unreadable_peer.UNREADABLE:
            tell.reset_mock()
            domain = test_driver_plan.Domain()
            recover = self.migrate(
                driver, adapter.sent(DESTINATION, text), domain
            )
            self.assertIsNone(domain.flags, text[:80])
            recover.assert_called_once_with(
                'recovered', migration_status='failed'
            )
            tell.assert_called_once()
            said = str(tell.call_args.args[2].full)
            self.assertIn('says about itself', said)
            self.assertNotIn('\n', said)
            self.assertThat(len(said), testtools.matchers.LessThan(1000))

    def test_missing(self) -> None:
        """As of a stock peer: verified as what is dialled, nobody refused."""
        for data in (
            adapter.migrate_data(target_connect_addr=ADDRESS),
            adapter.migrate_data({}, target_connect_addr=ADDRESS),
            adapter.migrate_data(
                {'6d4f0a33-7a0e-4b7b-9b1f-1d3c0a9e2f10': 'attachment'},
                target_connect_addr=ADDRESS,
            ),
        ):
            domain = self.operate(adapter.over_rpc(data))
            assert domain.params is not None
            self.assertEqual(ADDRESS, domain.params['tls.destination'])
            self.assertEqual(test_driver_plan.SAFE, domain.flags)

    def test_unreadable_is_never_taken_for_missing(self) -> None:
        """That would verify another name than the peer wants."""
        for text in test_driver_unreadable_peer.UNREADABLE:
            self.assertRaises(
                exception.FactsUnreadable,
                self.operate,
                adapter.sent(DESTINATION, text, target_connect_addr=ADDRESS),
            )
