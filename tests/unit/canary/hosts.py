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

"""Two stand-ins for hosts, and canaries on them."""

from __future__ import annotations

import testtools

from nova_native_tls.canary import definition
from nova_native_tls.migration import call as migration_call
from tests.unit.migration import fakes

CALL = migration_call.MigrateCall(
    flags=frozenset(
        {'LIVE', 'PEER2PEER', 'UNDEFINE_SOURCE', 'PERSIST_DEST', 'TLS'}
    ),
    params={'tls.destination': 'host2.example.org'},
)

KIND = definition.Kind(virt_type='kvm', machine='pc', arch='x86_64')


class TwoHostsTestCase(testtools.TestCase):
    """Two hosts that know the same guests."""

    def setUp(self) -> None:
        super().setUp()
        self.source = fakes.Connection(fakes.SOURCE_URI, 'host1.example.org')
        self.destination = fakes.Connection(
            fakes.DESTINATION_URI, 'host2.example.org'
        )

    def put(
        self, host: fakes.Connection, number: int, *, started: float
    ) -> fakes.Domain:
        """Put a canary on a host."""
        name = definition.name('host9', number)
        guest = fakes.Domain(name)
        guest.xml = definition.build(name, KIND, started=started)
        guest.hosts.append(host)
        host.domains[name] = guest
        return guest
