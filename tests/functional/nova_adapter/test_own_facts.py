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

"""What a host finds out about itself."""

from __future__ import annotations

from unittest import mock

from nova.privsep import path as nova_path

from nova_native_tls.migration import versions
from nova_native_tls.nova.facts import host_look
from nova_native_tls.nova.facts import own_facts
from nova_native_tls.peer import facts
from nova_native_tls.pki import qemu_conf
from tests.functional.nova_adapter import adapter
from tests.unit.pki import certificates

HOST = adapter.HOST
V = versions.Version


class CollectTest(adapter.AdapterTestCase):
    """A host where everything can be read."""

    def _collect(self) -> facts.HostFacts:
        return own_facts.collect(self.host)

    def test_everything(self) -> None:
        """Names, versions, and what is in the certificate."""
        self.write_certificate(HOST, '*.example.net')
        self.assertEqual(
            facts.HostFacts(
                host='compute2',
                host_name=HOST,
                tls_name=HOST,
                certificate_names=(HOST, '*.example.net'),
                versions=versions.HostVersions(
                    libvirt=V(11, 3), qemu=V(10, 0, 2)
                ),
                priority='NORMAL',
            ),
            self._collect(),
        )
        self.assertEqual('', self.log.output)

    def test_the_option_decides(self) -> None:
        """What it says is not looked for in the certificate."""
        self.configure('native_tls', tls_destination='other.example.org')
        found = self._collect()
        self.assertEqual('other.example.org', found.tls_name)
        self.assertEqual((HOST,), found.certificate_names)

    def test_no_name_can_be_chosen(self) -> None:
        """Without the option none is made up."""
        self.write_certificate('a.example.org', 'b.example.org')
        found = self._collect()
        self.assertIsNone(found.tls_name)
        self.assertEqual(
            ('a.example.org', 'b.example.org'), found.certificate_names
        )

    def test_a_renewed_certificate(self) -> None:
        """It counts from then on, without a restart."""
        self._collect()
        self.write_certificate('host2.example.net')
        self.assertEqual('host2.example.net', self._collect().tls_name)

    def test_directories(self) -> None:
        """qemu.conf decides, else the special directory, else the usual."""
        pem = {
            name: certificates.pem(certificates.certificate(dns=(name,)))
            for name in ('host2.all', 'host2.special', 'host2.usual')
        }
        self.files.write('/srv/all/server-cert.pem', pem['host2.all'])
        self.files.write('/etc/pki/qemu/server-cert.pem', pem['host2.usual'])
        special = '/etc/pki/libvirt-migrate'
        for conf, expected in (
            ('migrate_tls_x509_cert_dir = "/srv/all"', 'host2.all'),
            ('default_tls_x509_cert_dir = "/srv/all"', 'host2.all'),
            ('', 'host2.usual'),
        ):
            self.files.write(qemu_conf.PATH, conf.encode())
            self.assertEqual(expected, self._collect().tls_name)
        self.files.write(f'{special}/server-cert.pem', pem['host2.special'])
        for conf, expected in (
            ('migrate_tls_x509_cert_dir = "/srv/all"', 'host2.all'),
            ('default_tls_x509_cert_dir = "/srv/all"', 'host2.special'),
            ('', 'host2.special'),
        ):
            self.files.write(qemu_conf.PATH, conf.encode())
            self.assertEqual(expected, self._collect().tls_name)

    def test_as_nova_reads(self) -> None:
        """The stand-in for Nova's privileged reader answers like it."""
        path = '/etc/some.file'
        self.files.write(path, b'0123456789')
        for count in (1, 9, 10, 11, 100):
            self.assertEqual(
                nova_path.last_bytes(str(self.files.path(path)), count),
                self.files.last_bytes(path, count),
            )


class UnreadableTest(adapter.AdapterTestCase):
    """A host where something cannot be read."""

    def _assert_no_names(self, *expected: str) -> None:
        found = own_facts.collect(self.host)
        self.assertEqual(
            (None, (), HOST, V(11, 3)),
            (
                found.tls_name,
                found.certificate_names,
                found.host_name,
                found.versions.libvirt,
            ),
        )
        for text in expected:
            self.assertIn(text, self.log.output)

    def test_certificate(self) -> None:
        """Missing, no file, empty or damaged: no name, and a warning."""
        path = self.files.path(f'{adapter.DIRECTORY}/server-cert.pem')
        for content, expected in (
            (b'', 'cannot be read'),
            (b'-----BEGIN CERTIFICATE-----\n', 'cannot be read'),
            (certificates.key_pem(), 'cannot be read'),
        ):
            path.write_bytes(content)
            self._assert_no_names(expected)
        path.unlink()
        self._assert_no_names('server-cert.pem')
        path.mkdir()
        self._assert_no_names('server-cert.pem')

    def test_qemu_conf(self) -> None:
        """Without it nobody knows which certificate counts."""
        path = self.files.path(qemu_conf.PATH)
        path.write_bytes(b'no setting\n')
        self._assert_no_names('qemu.conf', 'line 1')
        path.unlink()
        self._assert_no_names('qemu.conf')

    def test_the_option_decides_all_the_same(self) -> None:
        """It does not depend on what can be read."""
        self.configure('native_tls', tls_destination=HOST)
        self.files.path(qemu_conf.PATH).unlink()
        found = own_facts.collect(self.host)
        self.assertEqual((HOST, ()), (found.tls_name, found.certificate_names))

    def test_privileged_helper_refuses(self) -> None:
        """Whatever it raises is a reason like any other."""
        for error in (PermissionError('denied'), RuntimeError('half there')):
            with mock.patch.object(
                host_look, 'ask', autospec=True, side_effect=error
            ):
                self._assert_no_names(str(error))


class LongFilesTest(adapter.AdapterTestCase):
    """Nova's helper gives the end of a file, and the beginning counts."""

    def test_certificate(self) -> None:
        """The last certificate of a long file is not this host's."""
        pem = [
            certificates.pem(certificates.certificate(dns=(name,)))
            for name in (adapter.HOST, 'host2.of.somebody.else')
        ]
        self.files.write(
            f'{adapter.DIRECTORY}/server-cert.pem',
            pem[0] + pem[1] * (qemu_conf.MAX_BYTES // len(pem[1])),
        )
        self.assertIsNone(own_facts.collect(self.host).tls_name)

    def test_qemu_conf(self) -> None:
        """The last setting of a long file is not the one that counts."""
        self.files.write(
            '/etc/libvirt/qemu.conf',
            f'migrate_tls_x509_cert_dir = "{adapter.DIRECTORY}"\n'.encode()
            + b'#' * 300000
            + b'\nmigrate_tls_x509_cert_dir = "/x"\n',
        )
        self.files.write(
            '/x/server-cert.pem',
            certificates.pem(certificates.certificate(dns=('host2.x',))),
        )
        self.assertIsNone(own_facts.collect(self.host).tls_name)

    def test_qemu_conf_in_latin_1(self) -> None:
        """libvirt takes any bytes in comments, and so do we."""
        self.files.write(
            '/etc/libvirt/qemu.conf',
            '# Schl\u00fcssel\n'.encode('latin-1')
            + f'migrate_tls_x509_cert_dir = "{adapter.DIRECTORY}"\n'.encode(),
        )
        self.assertEqual(adapter.HOST, own_facts.collect(self.host).tls_name)
