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

"""Tests of canary/definition.py."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import testtools

from nova_native_tls.canary import definition
from nova_native_tls import canary_uuid

KIND = definition.Kind(virt_type='kvm', machine='pc-i440fx-7.2', arch='x86_64')


def _built(**changes: str) -> ElementTree.Element:
    values = {'name': definition.name('host1.example.org', 7)} | changes
    return ElementTree.fromstring(
        definition.build(values['name'], KIND, started=1_700_000_000.25)
    )


class BuildTest(testtools.TestCase):
    """What libvirt is asked to start."""

    def test_kind(self) -> None:
        """Type, architecture and machine are those that were chosen."""
        root = _built()
        boot = root.find('os/type')
        self.assertEqual('kvm', root.get('type'))
        self.assertEqual(
            {'arch': 'x86_64', 'machine': 'pc-i440fx-7.2'}, boot.attrib
        )

    def test_uuid(self) -> None:
        """It is known by its UUID, too."""
        self.assertTrue(canary_uuid.is_canary(_built().findtext('uuid')))

    def test_nothing_in_it(self) -> None:
        """16 MiB of memory, one processor, no device of any use."""
        root = _built()
        self.assertEqual('16384', root.findtext('memory'))
        self.assertEqual('KiB', root.find('memory').get('unit'))
        self.assertEqual('1', root.findtext('vcpu'))
        self.assertEqual(
            ['controller', 'memballoon'],
            [device.tag for device in root.find('devices')],
        )

    def test_ends_by_itself(self) -> None:
        """The firmware resets it after a minute, and that ends it."""
        root = _built()
        self.assertEqual('60000', root.find('os/bios').get('rebootTimeout'))
        for event in ('on_reboot', 'on_poweroff', 'on_crash'):
            self.assertEqual('destroy', root.findtext(event))

    def test_other_firmware(self) -> None:
        """What only SeaBIOS knows is not asked of others."""
        kind = definition.Kind(
            virt_type='kvm', machine='virt-7.2', arch='aarch64'
        )
        root = ElementTree.fromstring(definition.build('x', kind, started=1.0))
        self.assertIsNone(root.find('os/bios'))


class KindTest(testtools.TestCase):
    """What kind of guest somebody else's is."""

    def test_as_built(self) -> None:
        """It is read as it is written."""
        self.assertEqual(KIND, definition.Kind.of(_built()))

    def test_of_nothing(self) -> None:
        """What is not there is empty: libvirt refuses it."""
        self.assertEqual(
            definition.Kind(virt_type='', machine='', arch=''),
            definition.Kind.of(ElementTree.fromstring('<domain/>')),
        )


class NameTest(testtools.TestCase):
    """What it is called."""

    def test_name(self) -> None:
        """After the first label of its host's name, and a number."""
        self.assertEqual(
            'nova-native-tls-canary-host1-3',
            definition.name('host1.example.org', 3),
        )

    def test_odd_host(self) -> None:
        """Nothing gets into the name that has a meaning elsewhere."""
        self.assertEqual(
            'nova-native-tls-canary-a--b-1', definition.name('a/%b', 1)
        )
        self.assertEqual(
            'nova-native-tls-canary-host-1', definition.name('.x', 1)
        )

    def test_is_from(self) -> None:
        """A host knows its own by their names, whatever its domain."""
        own = definition.name('host1.example.org', 12)
        self.assertTrue(definition.is_from('host1.example.org', own))
        self.assertTrue(definition.is_from('host1', own))
        for host in ('host', 'host11', 'host1-12', '', 'other'):
            self.assertFalse(definition.is_from(host, own), host)
        for name in ('instance-12', definition.name('host1-1', 2)):
            self.assertFalse(definition.is_from('host1', name), name)

    def test_recognised(self) -> None:
        """Every name that is given is recognised, those of Nova are not."""
        for host in ('host1.example.org', 'a/%b', '', 'A_9'):
            self.assertTrue(
                definition.could_be(definition.name(host, 12)), host
            )
        for name in (
            'instance-0000002a',
            'nova-native-tls-canary-host1',
            'nova-native-tls-canary-host1-x',
            'my-nova-native-tls-canary-host1-1',
            'nova-native-tls-canary-host1-1\n',
        ):
            self.assertFalse(definition.could_be(name), name)


class StartedTest(testtools.TestCase):
    """A canary is told from everything else."""

    def test_canary(self) -> None:
        """Its time of start is in its metadata."""
        self.assertEqual(1_700_000_000.25, definition.started(_built()))

    def test_no_canary(self) -> None:
        """One thing that is different, and it is somebody's guest."""

        def without_mark(root: ElementTree.Element) -> None:
            root.find('metadata').clear()

        def another_mark(root: ElementTree.Element) -> None:
            root.find('metadata')[0].tag = '{urn:other}canary'

        def two_marks(root: ElementTree.Element) -> None:
            root.find('metadata').append(root.find('metadata')[0])

        def another_name(root: ElementTree.Element) -> None:
            root.find('name').text = 'instance-0000002a'

        def no_name(root: ElementTree.Element) -> None:
            root.remove(root.find('name'))

        def more_memory(root: ElementTree.Element) -> None:
            root.find('memory').text = '16385'

        def no_memory(root: ElementTree.Element) -> None:
            root.remove(root.find('memory'))

        def no_time(root: ElementTree.Element) -> None:
            del root.find('metadata')[0].attrib['started']

        def never(root: ElementTree.Element) -> None:
            root.find('metadata')[0].set('started', 'nan')

        def device(tag: str):
            def add(root: ElementTree.Element) -> None:
                ElementTree.SubElement(root.find('devices'), tag)

            return add

        changes = [
            without_mark,
            another_mark,
            two_marks,
            another_name,
            no_name,
            more_memory,
            no_memory,
            no_time,
            never,
            *map(device, ('disk', 'interface', 'hostdev', 'filesystem')),
        ]
        for change in changes:
            root = _built()
            change(root)
            self.assertIsNone(definition.started(root), change)

    def test_empty(self) -> None:
        """So is what libvirt says nothing of."""
        self.assertIsNone(definition.started(ElementTree.Element('domain')))
