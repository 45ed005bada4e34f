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

"""Which names of a certificate a host tells its peer."""

from __future__ import annotations

import dataclasses

import testtools

from nova_native_tls.peer import facts
from tests.unit.peer import host_facts


class OddNamesTest(testtools.TestCase):
    """What is in a certificate need not be a name."""

    def test_only_names_are_sent(self) -> None:
        """One odd name does not make every peer refuse this host."""
        for name in ('', 'x' * 256, 'QEMU\u00a0host', 'a\nb'):
            sent = dataclasses.replace(
                host_facts.HOST2, certificate_names=('host2', name)
            )
            read = facts.loads(facts.dumps(sent))
            self.assertEqual(('host2',), read.certificate_names)
