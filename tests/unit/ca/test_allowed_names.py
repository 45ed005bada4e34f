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

"""Which names an operator allows."""

from __future__ import annotations

import testtools

from nova_native_tls.ca import allowed_names
from nova_native_tls import exception


class TestAllowedNames(testtools.TestCase):
    def refused(self, allowed, *asked: str) -> str:
        error = self.assertRaises(
            exception.RequestRefused, allowed.check, asked
        )
        return str(error)

    def test_names(self):
        """Every name has to be allowed; case and zeros do not matter."""
        allowed = allowed_names.AllowedNames(
            names=('Host1.example.org', '2001:db8:0::1')
        )

        allowed.check(['host1.example.org', '2001:db8::1'])
        self.assertIn(
            'add --name host1 --name host2',
            self.refused(allowed, 'host1.example.org', 'host1', 'host2'),
        )

    def test_nothing_allowed(self):
        """Who allows nothing is asked to."""
        self.assertIn(
            'it asks for host1,',
            self.refused(allowed_names.AllowedNames(), 'host1'),
        )

    def test_patterns(self):
        """An asterisk stands for anything but a dot, and for no address."""
        allowed = allowed_names.AllowedNames(
            patterns=('compute*.example.org', '*')
        )

        allowed.check(['compute1.example.org', 'compute.example.org', 'x'])
        for name in (
            'compute1.evil.example.org',
            'xcompute1.example.org',
            'compute1.example.org.evil',
            'compute1xexample.org',
            '203.0.113.1',
            '2001:db8::1',
        ):
            self.assertIn(name, self.refused(allowed, name))

    def test_wrong_patterns(self):
        """What could never be a host name is told, though nobody asks it."""
        for pattern in ('', '*.example.org/', '.*', '[a-z]', 'a b'):
            allowed = allowed_names.AllowedNames(
                names=('host1',), patterns=(pattern,)
            )
            self.assertIn('no pattern', self.refused(allowed, 'host1'))
