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

"""The door to libvirt: guests that come and go."""

from __future__ import annotations

from typing import Any

from nova_native_tls import exception
from nova_native_tls.migration import libvirt_api
from tests.unit.migration import stand_in_binding

Error = stand_in_binding.Error
URI = 'qemu:///system'


class DomainTest(stand_in_binding.BindingTestCase):
    """What a guest is, and its end."""

    def test_definition(self) -> None:
        """libvirt's XML is parsed."""
        domain, _theirs = self.make_domain(XMLDesc='<domain type="kvm"/>')
        self.assertEqual('kvm', domain.definition().get('type'))

    def test_no_definition(self) -> None:
        """It may have gone."""
        domain, _theirs = self.make_domain(XMLDesc=Error(42))
        self.assertRaises(exception.LibvirtFailed, domain.definition)

    def test_memory(self) -> None:
        """Physical memory, by address and size."""
        domain, theirs = self.make_domain(memoryPeek=b'page')
        self.assertEqual(b'page', domain.read_memory(1 << 20, 4))
        self.assertIn(('memoryPeek', (1 << 20, 4, 2), {}), theirs.asked)

    def test_no_memory(self) -> None:
        """libvirt may refuse, with a sentence of its own."""
        domain, _theirs = self.make_domain(memoryPeek=Error(1, 'too large'))
        self.assertIn(
            'too large',
            str(
                self.assertRaises(
                    exception.LibvirtFailed, domain.read_memory, 0, 1 << 23
                )
            ),
        )

    def test_destroy(self) -> None:
        """It is ended."""
        domain, theirs = self.make_domain(destroy=0)
        domain.destroy()
        self.assertEqual([('destroy', (), {})], theirs.asked)

    def test_destroy_what_has_ended(self) -> None:
        """It is no error if there is nothing to end."""
        for code in (
            self.binding.VIR_ERR_NO_DOMAIN,
            self.binding.VIR_ERR_OPERATION_INVALID,
        ):
            domain, _theirs = self.make_domain(destroy=Error(code))
            domain.destroy()

    def test_cannot_destroy(self) -> None:
        """Anything else is one: it may still run."""
        domain, _theirs = self.make_domain(destroy=Error(1, 'busy'))
        err = self.assertRaises(exception.LibvirtFailed, domain.destroy)
        self.assertEqual('Destroying vm: busy', str(err))


class ConnectionTest(stand_in_binding.BindingTestCase):
    """Guests of a host."""

    def _connection(
        self, **answers: Any
    ) -> tuple[libvirt_api.Connection, stand_in_binding.RecordingDomain]:
        theirs = stand_in_binding.RecordingDomain(**answers)
        return libvirt_api.Connection(theirs, URI), theirs

    def test_guests(self) -> None:
        """All of them are listed, running or not: no flag is passed."""
        connection, theirs = self._connection(
            listAllDomains=[stand_in_binding.RecordingDomain()]
        )
        self.assertEqual(['vm'], [each.name for each in connection.guests()])
        self.assertEqual([('listAllDomains', (), {})], theirs.asked)

    def test_no_list(self) -> None:
        """No answer is not "none"."""
        connection, _theirs = self._connection(listAllDomains=Error(1))
        self.assertRaises(exception.LibvirtFailed, connection.guests)

    def test_start(self) -> None:
        """It is created, not defined: nothing is left when it ends."""
        connection, theirs = self._connection(
            createXML=stand_in_binding.RecordingDomain()
        )
        self.assertEqual('vm', connection.start_transient('<domain/>').name)
        self.assertEqual([('createXML', ('<domain/>',), {})], theirs.asked)

    def test_cannot_start(self) -> None:
        """libvirt's own words are kept."""
        connection, _theirs = self._connection(createXML=Error(1, 'no KVM'))
        err = self.assertRaises(
            exception.LibvirtFailed, connection.start_transient, '<domain/>'
        )
        self.assertEqual(f'Starting a guest at {URI}: no KVM', str(err))

    def test_capabilities(self) -> None:
        """Machine and type are passed, the answer is parsed."""
        connection, theirs = self._connection(
            getDomainCapabilities='<domainCapabilities><arch>x86_64</arch>'
            '</domainCapabilities>'
        )
        found = connection.guest_capabilities(machine=None, virt_type='kvm')
        self.assertEqual('x86_64', found.findtext('arch'))
        self.assertEqual(
            [
                (
                    'getDomainCapabilities',
                    (),
                    {'machine': None, 'virttype': 'kvm'},
                )
            ],
            theirs.asked,
        )

    def test_no_such_guests(self) -> None:
        """What the host cannot run is an error."""
        connection, _theirs = self._connection(getDomainCapabilities=Error(8))
        self.assertRaises(
            exception.LibvirtFailed,
            connection.guest_capabilities,
            machine='pc',
            virt_type='kvm',
        )
