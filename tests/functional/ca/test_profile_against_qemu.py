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

"""Certificates of this project in QEMU, GnuTLS and cryptography."""

from __future__ import annotations

import subprocess

from cryptography import x509
from cryptography.x509 import verification

from nova_native_tls.ca import authority
from nova_native_tls.ca import rotation
from nova_native_tls.migration import versions
from nova_native_tls.pki import credential_files
from nova_native_tls.pki import key_type
from nova_native_tls.pki import verdict
from nova_native_tls import severity
from tests.functional.ca import hosts
from tests.unit.ca import authorities

KINDS = tuple(key_type.KeyType)
#: The oldest that is supported, each side of every change of its rules, and
#: the newest that is known.
QEMU_VERSIONS = ('6.2.0', '7.2.0', '8.2.2', '10.0.13', '10.1.0', '10.2.2')


class TestKinds(hosts.HostsTestCase):
    """Two hosts, for each kind of key of the CA and of the hosts."""

    def pairs(self):
        for ca_kind in KINDS:
            self.directory = str(self.root / f'ca-{ca_kind}')
            self.init(ca_kind)
            for kind in KINDS:
                name = f'{ca_kind}-{kind}'
                yield (
                    self.host(f'a-{name}', kind),
                    self.host(f'b-{name}', kind),
                )

    def test_qemu(self):
        """QEMU loads them at both ends, and shakes hands both ways."""
        for one, other in self.pairs():
            self.assert_loads(one)
            self.assert_shake_hands(one, other)
            self.assert_shake_hands(other, one)

    def test_verdict(self):
        """The pre-checks have nothing against them, whatever the QEMU."""
        for one, other in self.pairs():
            for text in QEMU_VERSIONS:
                found = verdict.of_pair(
                    credential_files.read(str(one.directory)),
                    credential_files.read(str(other.directory)),
                    name=other.name,
                    qemu_version=versions.Version.parse(text),
                )
                self.assertEqual(
                    [],
                    [
                        finding
                        for finding in found.findings
                        if finding.status is not severity.Status.SUCCESS
                    ],
                    text,
                )

    def test_certtool(self):
        """GnuTLS's own tool trusts them, at its stricter level."""
        for one, _other in self.pairs():
            done = subprocess.run(
                [
                    *('certtool', '--verify', '--verify-profile=medium'),
                    f'--verify-hostname={one.name}',
                    f'--load-ca-certificate={one.directory}/ca-cert.pem',
                    f'--load-crl={one.directory}/ca-crl.pem',
                    f'--infile={one.directory}/server-cert.pem',
                ],
                capture_output=True,
                encoding='utf-8',
            )
            self.assertEqual(0, done.returncode, done.stdout + done.stderr)
            self.assertIn('The certificate is trusted.', done.stdout)

    def test_strict_verifier(self):
        """The verifier of cryptography takes all but a CA with Ed25519.

        Its rules are those of the Web, where no CA may have such a key.
        """
        for one, _other in self.pairs():
            if one.short.startswith('a-ed25519'):
                self.assertRaises(
                    verification.VerificationError, self.verify, one
                )
            else:
                self.verify(one)

    def verify(self, host: hosts.Host) -> None:
        """Verify as a source would, and as a destination would."""
        read = {
            name: (host.directory / f'{name}.pem').read_bytes()
            for name in ('ca-cert', 'server-cert', 'client-cert')
        }
        builder = verification.PolicyBuilder().store(
            verification.Store(
                x509.load_pem_x509_certificates(read['ca-cert'])
            )
        )
        builder.build_server_verifier(x509.DNSName(host.name)).verify(
            x509.load_pem_x509_certificate(read['server-cert']), []
        )
        builder.build_client_verifier().verify(
            x509.load_pem_x509_certificate(read['client-cert']), []
        )


class TestRevocation(hosts.HostsTestCase):
    def test_revoked(self):
        """A destination refuses a revoked host that has the new list."""
        self.init()
        one, other = self.host('host1'), self.host('host2')
        self.assert_shake_hands(one, other)
        with authority.working(
            self.directory, authorities.no_passphrase
        ) as ca:
            ca.revoke(name=one.name)
        self.assert_shake_hands(one, other)

        self.trust(other)

        said = hosts.shake_hands(one, other)
        self.assertNotIn('virtual size', said.source)
        self.assertIn('certificate has been revoked', said.destination)


class TestRotation(hosts.HostsTestCase):
    def test_every_step(self):
        """At each step all hosts load, and shake hands with each other.

        Also while one host is a step ahead of the other.
        """
        self.init()
        one, other = self.host('host1'), self.host('host2')

        def work(step) -> None:
            with authority.working(
                self.directory, authorities.no_passphrase
            ) as ca:
                step(ca)

        def everybody() -> None:
            for host in (one, other):
                self.assert_loads(host)
            self.assert_shake_hands(one, other)
            self.assert_shake_hands(other, one)

        everybody()
        work(lambda ca: rotation.start(ca, now=self.now))
        for host in (one, other):
            self.trust(host)
            everybody()
        # What the hosts would report is shown elsewhere.
        work(
            lambda ca: ca.note(
                rotation.record.Switched(at=self.now, generation=2)
            )
        )
        for host in (one, other):
            self.renew(host)
            everybody()
        work(
            lambda ca: ca.note(
                rotation.record.Finished(at=self.now, generation=2)
            )
        )
        work(lambda ca: ca.make_lists())
        for host in (one, other):
            self.trust(host)
            everybody()
            bundle = (host.directory / 'ca-cert.pem').read_bytes()
            self.assertEqual(1, bundle.count(b'BEGIN CERTIFICATE'))

    def test_a_step_too_early(self):
        """What the steps wait for would really fail without it."""
        self.init()
        one, other = self.host('host1'), self.host('host2')
        with authority.working(
            self.directory, authorities.no_passphrase
        ) as ca:
            rotation.start(ca, now=self.now)
            ca.note(rotation.record.Switched(at=self.now, generation=2))
        self.trust(one)
        self.renew(one)

        said = hosts.shake_hands(one, other)

        self.assertNotIn('virtual size', said.source)


class TestControl(hosts.HostsTestCase):
    def test_another_ca(self):
        """Hosts of two CAs do not trust each other; QEMU was really asked."""
        self.init()
        one = self.host('host1')
        self.directory = str(self.root / 'another')
        self.init()
        other = self.host('host2')

        self.assertNotIn('virtual size', hosts.shake_hands(one, other).source)
        one.trust(b'x', None)
        for said, loaded in zip(one.loads(), hosts.LOADED, strict=True):
            self.assertNotIn(loaded, said)
