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

"""Whose file it is."""

from __future__ import annotations

import testtools

from nova_native_tls.explain import credential_file
from nova_native_tls.explain import entry


class TestIdentify(testtools.TestCase):
    def test_qemu(self):
        """The name tells what it is and who reads it."""
        for name, kind, host in (
            ('server-cert.pem', 'server-cert', entry.Host.DESTINATION),
            ('server-key.pem', 'server-key', entry.Host.DESTINATION),
            ('server-cert-3.pem', 'server-cert', entry.Host.DESTINATION),
            ('ca-crl.pem', 'ca-crl', entry.Host.DESTINATION),
            ('dh-params.pem', 'dh-params', entry.Host.DESTINATION),
            ('client-cert.pem', 'client-cert', entry.Host.SOURCE),
            ('client-key-0.pem', 'client-key', entry.Host.SOURCE),
            ('ca-cert.pem', 'ca-cert', None),
        ):
            for path in (name, f'/opt/a dir/{name}'):
                found = credential_file.identify(path)
                self.assertEqual((kind, host), (found.kind, found.host))
                self.assertEqual('QEMU', found.reader)
                self.assertIn('next migration', found.reload)

    def test_libvirtd(self):
        """Its own files are for its own connections."""
        for name, kind, host in (
            ('servercert.pem', 'servercert', entry.Host.DESTINATION),
            ('clientkey.pem', 'clientkey', entry.Host.SOURCE),
            ('cacert.pem', 'cacert', None),
        ):
            found = credential_file.identify(f'/etc/pki/libvirt/{name}')
            self.assertEqual((kind, host), (found.kind, found.host))
            self.assertEqual('libvirtd', found.reader)
            self.assertIn('restart libvirtd', found.reload)

    def test_neither(self):
        """What only looks similar tells nothing."""
        for path in (
            '',
            'x',
            '/etc/pki/qemu',
            '/my-server-cert.pem',
            'server-cert.pem.old',
            'server-cert-10.pem',
            'server-certs.pem',
        ):
            found = credential_file.identify(path)
            self.assertEqual(('file', None), (found.kind, found.host), path)
