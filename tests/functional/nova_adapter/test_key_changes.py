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

"""A guest that its own GnuTLS cannot lose is migrated as Nova asks for it."""

from __future__ import annotations

from typing import Any

from nova_native_tls.host import key_changes
from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import test_driver_plan
from tests.functional.nova_adapter import test_known_issues
from tests.unit.peer import host_facts

DESTINATION = test_known_issues.DESTINATION


class KeyChangesTest(test_known_issues.KnownIssuesTestCase):
    """What is seen of the guest's QEMU decides, and nothing else."""

    def setUp(self) -> None:
        super().setUp()
        self.start(guest='7.2.22', installed=7_002_022)

    def _migrate(self, **peer: Any) -> tuple[int | None, bool]:
        """Give the flags, and whether the migration is watched."""
        driver = self.driver()
        written = host_facts.written(**peer)
        self.source(driver, adapter.sent(DESTINATION, written))
        domain = self.operate(
            adapter.sent(DESTINATION, written),
            driver=driver,
            instance=adapter.instance(),
        )
        kept = driver._native_tls_watched.take(adapter.UUID)
        return domain.flags, kept.watch is not None

    def test_mended(self) -> None:
        """One connection is enough, and nobody has to watch it."""
        self.configure('native_tls', parallel='nova')
        for safe, flags in (
            (True, test_driver_plan.BASE),
            (False, test_driver_plan.SAFE),
        ):
            self.exchange(
                key_changes, is_safe=lambda *_, safe=safe, **__: safe
            )
            self.assertEqual((flags, False), self._migrate())

    def test_not_mended_and_post_copy(self) -> None:
        """Watched if it has to be."""
        self.configure('libvirt', live_migration_permit_post_copy=True)
        for safe in (True, False):
            self.exchange(
                key_changes, is_safe=lambda *_, safe=safe, **__: safe
            )
            self.assertIs(not safe, self._migrate()[1])

    def test_word_of_the_destination(self) -> None:
        """It says nothing about what the source sends."""
        self.exchange(key_changes, is_safe=lambda *_, **__: False)
        self.assertEqual(
            (test_driver_plan.SAFE, False),
            self._migrate(guest_keeps_keys=True),
        )
