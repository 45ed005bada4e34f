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

"""``ca sign``."""

from __future__ import annotations

import io

from cryptography import x509

from nova_native_tls.cmd import ca_arguments
from nova_native_tls.cmd import main
from tests.unit.ca import authorities
from tests.unit.cmd import ca_commands

HOST = authorities.HOST


class TestSign(ca_commands.CACommandTestCase):
    def setUp(self):
        super().setUp()
        self.init(now=ca_arguments.now())

    def test_standard_output(self):
        """The certificate alone is printed."""
        found = self.signed(HOST, options=('--days', '7'))

        left = found.not_valid_after_utc - ca_arguments.now()
        self.assertIn(left.days, (6, 7))
        now = ca_arguments.now()
        self.assertEqual(
            [found.serial_number],
            [one.serial for one in self.reading().ledger.valid(now)],
        )

    def test_standard_input(self):
        """A request may come through a pipe."""
        out = io.StringIO()
        stdin = io.TextIOWrapper(io.BytesIO(authorities.request(HOST)))

        status = main.main(
            [
                *('ca', 'sign', '--directory', str(self.directory)),
                *('--allow-pattern', '*.example.org'),
            ],
            stdin=stdin,
            stdout=out,
        )

        self.assertEqual(0, status)
        x509.load_pem_x509_certificate(out.getvalue().encode())

    def test_file(self):
        """The certificate may go into a file, but over nothing else."""
        path = self.root / 'cert.pem'
        sign = ('sign', self.request_file(HOST), '--name', HOST, '--out')

        self.assertEqual(0, self.run_ca(*sign, str(path)).status)

        x509.load_pem_x509_certificate(path.read_bytes())
        self.assertEqual(0o644, path.stat().st_mode & 0o777)
        link = self.root / 'link'
        link.symlink_to(path)
        before = self.contents()
        for bad in (str(link), str(self.root), '/dev/null', '/none/x'):
            self.assert_refused(self.run_ca(*sign, bad), bad)
        self.assertEqual(before, self.contents())

    def test_refusals(self):
        """Nothing is signed that should not be, and each reason is a line."""
        csr = self.request_file(HOST)
        self.assert_refused(
            self.run_ca('sign', csr), 'nothing was signed', f'--name {HOST}'
        )
        self.assert_refused(
            self.run_ca('sign', '/nonexistent', '--name', HOST), '/nonexistent'
        )
        self.signed(HOST)
        csr = self.request_file(HOST)
        self.assert_refused(
            self.run_ca('sign', csr, '--name', HOST), '--replace'
        )
        self.signed(HOST, options=('--replace',))

    def test_many(self):
        """Many requests: each has a file, or its reason is a line."""
        out = self.root / 'out'
        out.mkdir()
        paths = ['/nonexistent']
        for name in ('host1', 'host2', 'other'):
            path = self.root / f'{name}.csr'
            path.write_bytes(authorities.request(f'{name}.example.org'))
            paths.append(str(path))
        sign = ('sign', '--allow-pattern', 'host*.example.org', *paths)
        self.assert_refused(self.run_ca(*sign), '--out-directory')

        done = self.command_line.run(
            *('ca', sign[0], '--directory', str(self.directory)),
            *(*sign[1:], '--out-directory', str(out)),
            terminal=True,
        )

        self.assertEqual((2, ''), (done.status, done.out))
        self.assertIn('/nonexistent: No such file', done.err)
        self.assertIn(f'{paths[3]}: Refused', done.err)
        self.assertIn('\r4 of 4\n', done.err)
        for name in ('host1', 'host2'):
            found = (out / f'{name}.pem').read_bytes()
            x509.load_pem_x509_certificate(found)
        self.assertEqual(2, len(list(out.iterdir())))

    def test_many_into_one(self):
        """No two requests get one file, and none loses its own."""
        (self.root / 'a').mkdir()
        paths = []
        for name in ('a/host1.csr', 'host1.csr', 'host2.pem'):
            path = self.root / name
            path.write_bytes(authorities.request('host1'))
            paths.append(str(path))
        before = self.contents()
        sign = ('sign', '--name', 'host1', '--out-directory', str(self.root))

        self.assert_refused(self.run_ca(*sign, *paths[:2]), 'same file name')
        self.assert_refused(self.run_ca(*sign, paths[2]), 'overwritten')
        self.assertEqual(before, self.contents())

    def test_end_of_the_ca(self):
        """A certificate that ends with the CA is issued with a warning."""
        done = self.run_ca(
            'sign', self.request_file(HOST), '--name', HOST, '--days', '36500'
        )

        self.assertEqual(1, done.status)
        self.assertIn('ca rotate start', done.err)
        x509.load_pem_x509_certificate(done.out.encode())

    def test_no_ca(self):
        """Without a CA it is said how one is made."""
        self.directory = self.root / 'none'

        self.assert_refused(
            self.run_ca('sign', self.request_file(HOST)), 'ca init'
        )
