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

"""What the driver does with what a peer sends that cannot be used."""

from __future__ import annotations


import testtools.matchers

from nova_native_tls.nova import carrier
from nova_native_tls.peer import facts
from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import legs
from tests.unit.peer import host_facts

DESTINATION = carrier.Role.DESTINATION
SOURCE = carrier.Role.SOURCE

#: What a peer may send that cannot be used.
UNREADABLE = (
    '',
    ' ',
    'null',
    '5',
    '"host2"',
    '[]',
    '{',
    '{}',
    '\x00',
    host_facts.WRITTEN[:-1],
    host_facts.written(format=2),
    host_facts.written(format='1'),
    host_facts.written(host=None),
    host_facts.written(host_name=['x']),
    host_facts.written(tls_name=5),
    host_facts.written(tls_name=''),
    host_facts.written(tls_name='x' * 300),
    host_facts.written(certificate_names='x'),
    host_facts.written(libvirt=9),
    host_facts.written(qemu='new'),
    host_facts.without('host'),
    host_facts.WRITTEN + ' ' * facts.MAX_LENGTH,
    '[' * facts.MAX_LENGTH,
    '{"a":' * (facts.MAX_LENGTH // 5),
    '1' * facts.MAX_LENGTH,
)


class UnreadablePeerTest(legs.Legs):
    """The other host sends what cannot be used."""

    def test_by_the_destination(self) -> None:
        """The source refuses in one line, and adds nothing."""
        driver = self.driver()
        for text in UNREADABLE:
            data = adapter.sent(DESTINATION, text)
            message = self.assert_refused(self.source, driver, data)
            self.assertNotIn('\n', message)
            self.assertThat(len(message), testtools.matchers.LessThan(1000))
            self.assertNotIn(SOURCE.value, data.old_vol_attachment_ids)

    def test_by_the_source(self) -> None:
        """The destination refuses, and Nova's part is not reached."""
        driver = self.driver()
        for text in UNREADABLE:
            with self.parent('check_source_migrate_data_at_dest') as parent:
                self.assert_refused(
                    driver.check_source_migrate_data_at_dest,
                    self.context,
                    adapter.instance(),
                    adapter.sent(SOURCE, text),
                    'migration',
                    'limits',
                    'allocs',
                )
            parent.assert_not_called()

    def test_a_newer_peer(self) -> None:
        """Both formats are named."""
        message = self.assert_refused(
            self.source,
            self.driver(),
            adapter.sent(DESTINATION, host_facts.written(format=2)),
        )
        self.assertIn('format 2', message)
        self.assertIn('upgrade', message)

    def test_a_newer_peer_that_only_says_more(self) -> None:
        """It is understood."""
        self.source(
            self.driver(),
            adapter.sent(
                DESTINATION, host_facts.written(mode={'required': [1, None]})
            ),
        )
