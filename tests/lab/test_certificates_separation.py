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

"""What a guest that broke out of its QEMU can do with QEMU's certificate."""

from __future__ import annotations

import time

import testtools

from tests.lab.certificates import stand
from tests.lab.harness.node import libvirt_conf

STOLEN = '/run/stolen'
LIBVIRT_CA = '/etc/pki/CA/cacert.pem'
#: In the directory that virsh is told, libvirt's names for its files. It wants
#: to trust its own certificate before it shows it to anybody.
_STEAL = f"""
cat {LIBVIRT_CA} {stand.QEMU_PKI}/ca-cert.pem > {STOLEN}/cacert.pem
cp {stand.QEMU_PKI}/client-cert.pem {STOLEN}/clientcert.pem
cp {stand.QEMU_PKI}/client-key.pem {STOLEN}/clientkey.pem
"""

#: OpenSSL shows what it has to whoever asks for a certificate at all.
_SHOW = [
    *('openssl', 's_client', '-connect', f'host2.{stand.DOMAIN}:16514'),
    *('-cert', f'{STOLEN}/clientcert.pem'),
    *('-key', f'{STOLEN}/clientkey.pem'),
]
HANGS_AFTER_S = 60
POLL_S = 0.05


class SeparationTest(testtools.TestCase):
    """As QEMU's user, on one host, towards the libvirt of the other."""

    def setUp(self) -> None:
        super().setUp()
        self.stand = stand.get()
        self.stand.restore()
        self.here, self.there = self.stand.lab.hosts
        self.user = libvirt_conf.QEMU_USER
        self.addCleanup(self.here.run, ['rm', '-rf', STOLEN])
        self.here.run(['install', '-d', '-o', self.user, STOLEN])
        self.here.run(['sh', '-ec', _STEAL], user=self.user)

    def connect(self, *, stolen: bool) -> str:
        """Ask libvirt for its name, with QEMU's files or with its own.

        :returns: what it says, if it lets us in.
        """
        uri = self.there.uri('tls', f'host2.{stand.DOMAIN}')
        if stolen:
            uri += f'?pkipath={STOLEN}'
        return self.here.run(
            ['virsh', '--connect', uri, 'hostname'],
            user=self.user if stolen else None,
            check=False,
        ).stdout.strip()

    def refusals(self) -> list[str]:
        """What libvirt there has said of those whom it did not let in."""
        beginning = 'virNetTLSContextCheckCertificate:'
        return [
            line.partition(beginning)[2]
            for line in self.there.libvirtd_log().splitlines()
            if beginning in line and ': warning :' in line
        ]

    def wait_refused(self, before: list[str]) -> str:
        """Give what libvirt says of the next one, once it has."""
        deadline = time.monotonic() + HANGS_AFTER_S
        while (said := self.refusals()) == before:
            self.assertLess(time.monotonic(), deadline, 'nobody was refused')
            time.sleep(POLL_S)
        return said[-1]

    def separation(self) -> dict[str, str]:
        """What ``host check`` says of it."""
        return {
            code: status
            for code, status in self.stand.findings('host2').items()
            if code.startswith('separation.')
        }

    def test_own_ca(self) -> None:
        """libvirt does not let it in, and ``host check`` is content."""
        self.assertEqual(f'host2.{stand.DOMAIN}', self.connect(stolen=False))
        before = self.refusals()
        self.assertEqual('', self.connect(stolen=True))
        # libvirt's client keeps back what the other end does not ask for.
        self.assertIn('No certificate was found', self.wait_refused(before))
        before = self.refusals()
        self.here.run(_SHOW, user=self.user, check=False)
        self.assertIn("hasn't got a known issuer", self.wait_refused(before))
        self.assertEqual({'separation.kept': 'success'}, self.separation())

    def test_shared_ca(self) -> None:
        """With a CA in common it rules the other host, and is warned of."""
        own = self.there.read_file(LIBVIRT_CA)
        self.addCleanup(self.there.restart_libvirtd)
        self.addCleanup(self.there.write_file, LIBVIRT_CA, own)
        shared = self.there.read_file(f'{stand.QEMU_PKI}/ca-cert.pem')
        self.there.write_file(LIBVIRT_CA, own + shared)
        self.there.restart_libvirtd()
        self.assertEqual(f'host2.{stand.DOMAIN}', self.connect(stolen=True))
        self.assertEqual(
            {'separation.shared-ca': 'warning'}, self.separation()
        )
