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

"""``ca revoke``, ``crl``, ``show`` and ``rotate``."""

from __future__ import annotations


from cryptography import x509

from nova_native_tls.cmd import ca_arguments
from tests.unit.ca import authorities
from tests.unit.cmd import ca_commands

HOST = authorities.HOST


class TestRevoke(ca_commands.CACommandTestCase):
    def setUp(self):
        super().setUp()
        self.init(now=ca_arguments.now())

    def listed(self, crl: bytes) -> list[int]:
        return [each.serial_number for each in x509.load_pem_x509_crl(crl)]

    def test_name_and_serial(self):
        """Either names what is revoked; the list is where it says."""
        first, second = self.signed('host1'), self.signed('host2')
        serial = f'{second.serial_number:x}'
        pairs = ':'.join(
            f'{byte:02X}' for byte in second.serial_number.to_bytes(20)
        )

        found = self.json('revoke', '--name', 'host1')
        self.assertEqual([f'{first.serial_number:040X}'], found['revoked'])
        self.assert_refused(
            self.run_ca('revoke', '--name', 'host1'), 'Nothing was revoked'
        )
        self.json('revoke', '--serial', pairs)
        self.assert_refused(
            self.run_ca('revoke', '--serial', serial), 'Nothing was revoked'
        )

        with open(found['crl'], 'rb') as file:
            self.assertEqual(
                {first.serial_number, second.serial_number},
                set(self.listed(file.read())),
            )

    def test_one_of_them(self):
        """One has to say what, and not twice."""
        self.assert_wrong_usage('revoke')
        self.assert_wrong_usage('revoke', '--name', 'a', '--serial', '1')
        self.assert_wrong_usage('revoke', '--serial', 'x')

    def test_crl(self):
        """Lists are made anew, and printed or put into a file."""
        done = self.run_ca('crl', '--days', '3')
        self.assertEqual([], self.listed(done.out.encode()))
        path = self.root / 'crl.pem'
        self.run_ca('crl', '--out', str(path))

        first, second = (
            x509.load_pem_x509_crl(content)
            for content in (done.out.encode(), path.read_bytes())
        )
        self.assertLess(first.next_update_utc, second.next_update_utc)


class TestShowAndRotate(ca_commands.CACommandTestCase):
    def setUp(self):
        super().setUp()
        self.init(now=ca_arguments.now())

    def test_show(self):
        """People see a summary, programs everything."""
        found = self.signed(HOST, 'host1')

        shown = self.json('show')
        self.assertEqual(
            [f'{found.serial_number:040X}'],
            [each['serial'] for each in shown['certificates']],
        )
        self.assertEqual('steady', shown['step'])
        self.assertEqual([], shown['to_do'])
        self.assertEqual(
            self.reading().bundle(ca_arguments.now()).decode(),
            self.run_ca('show', '-f', 'value', '-c', 'bundle').out.rstrip('\n')
            + '\n',
        )
        table = self.run_ca('show').out
        self.assertIn('1 valid', table)
        self.assertIn('1 in PEM', table)
        self.assertIn('signs: CN=QEMU migration CA generation 1', table)

    def test_to_do(self):
        """What should be done soon makes the exit status a warning."""
        with self.working() as ca:
            ca.make_lists(now=ca_arguments.now() - 91 * authorities.DAY)
        done = self.run_ca('show')
        self.assertEqual(1, done.status)
        self.assertIn('ca crl', done.out)

        self.directory = self.root / 'short'
        self.init(now=ca_arguments.now(), validity=100 * authorities.DAY)
        done = self.run_ca('show')
        self.assertEqual(1, done.status)
        self.assertIn('ca rotate start', done.out)

    def test_rotation(self):
        """The three steps, each with what the hosts report."""
        old = self.signed(HOST)
        started = self.json('rotate', 'start', '--key-type', 'rsa-3072')
        self.assertEqual([HOST], started['waiting_for'])
        self.assertEqual(
            ['ECDSA secp256r1', 'RSA 3072'],
            [each['key_type'] for each in started['generations']],
        )
        self.assert_refused(self.run_ca('rotate', 'switch'), HOST, '--report')

        trusting = self.report(old)
        self.json('rotate', 'switch', '--report', trusting)
        new = self.signed(HOST, options=('--replace',))
        self.assert_refused(
            self.run_ca('rotate', 'finish', '--report', trusting), HOST
        )
        finished = self.json('rotate', 'finish', '--report', self.report(new))

        self.assertEqual('steady', finished['step'])
        self.assertEqual(
            [2], [each['generation'] for each in finished['generations']]
        )

    def test_reports_are_kept(self):
        """A host that has reported need not do so again."""
        first, second = self.signed('host1'), self.signed('host2')
        self.json('rotate', 'start')

        self.assert_refused(
            self.run_ca('rotate', 'switch', '--report', self.report(first)),
            'from host2 yet',
        )
        self.assertEqual(['host2'], self.json('show')['waiting_for'])
        self.json('rotate', 'switch', '--report', self.report(second))

    def test_bad_report(self):
        """What is no report is named, and nothing happens."""
        self.json('rotate', 'start')
        before = self.contents()

        self.assert_refused(
            self.run_ca('rotate', 'switch', '--report', '/nonexistent'),
            '/nonexistent',
        )
        self.assertEqual(before, self.contents())
