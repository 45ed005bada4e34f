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

"""Settings of qemu.conf with libvirt's defaults."""

from __future__ import annotations

import testtools

from nova_native_tls import exception
from nova_native_tls.host import control_conf
from nova_native_tls.host import migration_conf
from nova_native_tls.pki import qemu_conf


def read(text: str = '') -> migration_conf.MigrationConf:
    """Read a qemu.conf."""
    return migration_conf.from_settings(qemu_conf.parse(text))


class MigrationConfTest(testtools.TestCase):
    """What counts in the end."""

    def test_defaults(self) -> None:
        """Without any setting: verified, not forced, 64 ports."""
        self.assertEqual(migration_conf.MigrationConf(), read())
        self.assertEqual((49152, 49215), (read().port_min, read().port_max))

    def test_verify(self) -> None:
        """Its own setting, or the general one, or yes."""
        for text, wanted in (
            ('default_tls_x509_verify = 0', False),
            ('migrate_tls_x509_verify = 0', False),
            ('default_tls_x509_verify = 0; migrate_tls_x509_verify = 1', True),
            (
                'default_tls_x509_verify = 1; migrate_tls_x509_verify = 0',
                False,
            ),
        ):
            self.assertEqual(wanted, read(text).verify, text)

    def test_secret(self) -> None:
        """The general one only if there is nothing else of migration's."""
        general = 'default_tls_x509_secret_uuid = "d"'
        directory = 'migrate_tls_x509_cert_dir = "/d"'
        own = 'migrate_tls_x509_secret_uuid = "m"'
        for text, wanted in (
            (general, 'd'),
            (f'{general}; {own}', 'm'),
            (f'{general}; {directory}', None),
            (f'{general}; {directory}; {own}', 'm'),
        ):
            self.assertEqual(wanted, read(text).secret_uuid, text)

    def test_priority(self) -> None:
        """Its own, or the general one."""
        self.assertEqual('A', read('default_tls_priority = "A"').priority)
        both = 'default_tls_priority = "A"; migrate_tls_priority = "B"'
        self.assertEqual('B', read(both).priority)

    def test_wrong_types(self) -> None:
        """libvirt would not run a guest with them."""
        for text in (
            'migrate_tls_x509_cert_dir = 1',
            'migrate_tls_x509_verify = 2',
            'migrate_tls_x509_verify = "1"',
            'migrate_tls_force = "yes"',
            'migration_port_min = "49152"',
            'migration_port_min = 0',
            'migration_port_min = 50000; migration_port_max = 49999',
            'migration_port_max = 65536',
            'user = 5',
        ):
            self.assertRaises(exception.QemuConfUnreadable, read, text)

    def test_local_addresses(self) -> None:
        """With those libvirt does not start."""
        for name in ('migration_host', 'migration_address'):
            for value in ('localhost', 'localhost6', '127.0.0.1', '[::1]'):
                text = f'{name} = "{value}"'
                self.assertRaises(exception.QemuConfUnreadable, read, text)
            for value in ('0.0.0.0', '::', 'host2.example.org', '127.0.0.2'):
                self.assertEqual(read(''), read(f'{name} = "{value}"'))


class ControlConfTest(testtools.TestCase):
    """libvirtd.conf, as far as it matters."""

    def test_given_and_not(self) -> None:
        """What is not there, or no text, is libvirt's default."""
        found = control_conf.from_settings(
            'libvirtd.conf', qemu_conf.parse('tls_port = "1"; tcp_port = 2')
        )
        self.assertEqual(('1', '16509'), (found.tls_port, found.tcp_port))
        self.assertEqual('/etc/pki/CA/cacert.pem', found.ca_file)
