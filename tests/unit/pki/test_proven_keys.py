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

from __future__ import annotations

import dataclasses
from unittest import mock

import testtools

from nova_native_tls.pki import credential_set
from nova_native_tls.pki import loaded
from nova_native_tls.pki import proven_keys
from nova_native_tls.pki import qemu_acceptance
from nova_native_tls.pki import verdict

from tests.functional.fidelity import keys
from tests.unit.pki import pairs


class ProvenTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.pair = pairs.pair()
        self.proven = proven_keys.ProvenKeys()
        patch = mock.patch.object(qemu_acceptance, '_proven', self.proven)
        patch.start()
        self.addCleanup(patch.stop)

    def host(self, **changes) -> loaded.Host:
        return verdict.load(
            pairs.files(self.pair.destination, **changes),
            pairs.SERVER,
            qemu_version=pairs.OLD,
        )

    def tried(self, priority: str = verdict.PRIORITY) -> bool:
        """Ask for a verdict, and tell if a handshake was done for it."""
        tried = qemu_acceptance._try_key
        with mock.patch.object(
            qemu_acceptance, '_try_key', autospec=True, side_effect=tried
        ) as spy:
            self.found = verdict.of_host(
                pairs.files(self.pair.destination),
                pairs.SERVER,
                qemu_version=pairs.OLD,
                priority=priority,
            )
        return spy.called


class TestRemembered(ProvenTestCase):
    def test_once(self):
        """A key that works is tried once, and the verdict is the same."""
        self.assertTrue(self.tried())
        first = self.found
        self.assertFalse(self.tried())
        self.assertEqual(first, self.found)

    def test_other_files(self):
        """A file that has changed is another one."""
        self.tried()
        host = self.pair.destination
        host.files['ca-cert.pem'] += b'\n'
        self.assertTrue(self.tried())
        self.assertFalse(self.tried())

    def test_other_priority(self):
        """So is another priority."""
        self.tried()
        self.assertTrue(self.tried('NORMAL:-VERS-TLS1.3'))

    def test_damaged_key(self):
        """What fails is tried again, and fails again."""
        pairs.write(self.pair)
        host = self.pair.destination
        host.key = keys.get('p256', 5)
        host.files['server-key.pem'] = b''
        host.write(pairs.NOW)
        for _time in range(2):
            self.tried()
            self.assertEqual('no', self.found.qemu_verdict)

    def test_not_tried(self):
        """What could not be tried is not taken for what works."""
        self.assertTrue(self.tried('NONSENSE'))
        self.assertTrue(self.tried('NONSENSE'))


class TestDigest(ProvenTestCase):
    def digest(self, host: loaded.Host, priority: str = 'NORMAL') -> bytes:
        return self.proven.digest(host, priority)

    def test_everything_counts(self):
        """Nothing that decides can change without another digest."""
        host = self.host()
        files = dict(host.files.files)
        cert, key = files['server-cert.pem'], files['server-key.pem']
        swapped = files | {'server-cert.pem': key, 'server-key.pem': cert}
        # In the same order as before.
        renamed = files | {'server-cert-0.pem': cert}
        del renamed['server-cert.pem']
        end = dataclasses.replace(host.loaded, end=pairs.CLIENT)
        others = [
            self.digest(host, 'SECURE256'),
            self.digest(self.host(passphrase='')),
            self.digest(self.host(passphrase='x')),
            self.digest(dataclasses.replace(host, version=pairs.NEW)),
            self.digest(dataclasses.replace(host, loaded=end)),
            *(
                self.digest(
                    dataclasses.replace(
                        host,
                        files=credential_set.CredentialSet(
                            directory='/x', files=changed
                        ),
                    )
                )
                for changed in (swapped, renamed)
            ),
        ]
        self.assertEqual(self.digest(host), self.digest(self.host()))
        self.assertEqual(7, len({*others} - {self.digest(host)}))

    def test_of_this_process(self):
        """It says nothing to whoever would compare it with a file's."""
        host = self.host()
        other = proven_keys.ProvenKeys()
        self.assertNotEqual(
            self.digest(host), other.digest(host, verdict.PRIORITY)
        )

    def test_bounded(self):
        """The oldest is forgotten."""
        for number in range(1000):
            self.proven.add(bytes([number // 256, number % 256]))
        self.assertIn(bytes([3, 231]), self.proven)
        self.assertNotIn(bytes([0, 0]), self.proven)
        self.assertLess(len(self.proven._proven), 100)
