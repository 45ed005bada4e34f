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

"""Files on a disk, and what else reads certificates and revocation lists."""

from __future__ import annotations

import pathlib

import fixtures
import hypothesis
from hypothesis import strategies
import testtools

from nova_native_tls import exception
from nova_native_tls.host import revocation_list
from nova_native_tls.pki import credential_files
from nova_native_tls.pki import inspect
from nova_native_tls.pki import pem
from tests.functional.fuzz import damage
from tests.functional.fuzz import good_files
from tests.functional.fuzz import limits
from tests.functional.fuzz import profile

_SERVER = good_files.hosts()[1]
_CERT = _SERVER['server-cert.pem']
_CRL = _SERVER['ca-crl.pem']
_UNUSUAL = good_files.unusual_certificates()
_OTHERS = tuple(_SERVER.values())


class FileFuzzTest(testtools.TestCase):
    @hypothesis.given(damage.file_content(_CERT, _OTHERS))
    @profile.examples(100)
    def test_read(self, content):
        """What is read is what is there, or all of it that counts."""
        directory = self.useFixture(fixtures.TempDir()).path
        path = pathlib.Path(directory, 'server-cert.pem')
        path.write_bytes(content)
        with limits.bounded():
            found = credential_files.read_file(str(path))
        self.assertEqual(content, found.content)

    def test_largest(self):
        """A file that is too large is told so, without its content."""
        directory = self.useFixture(fixtures.TempDir()).path
        path = pathlib.Path(directory, 'server-cert.pem')
        with path.open('wb') as file:
            file.truncate(2**40)
        with limits.bounded():
            found = credential_files.read_file(str(path))
        self.assertTrue(found.too_large)
        self.assertIsNone(found.content)

    @hypothesis.given(
        damage.file_content(_CERT, _OTHERS), strategies.integers(0, 4000)
    )
    @profile.examples(200)
    def test_pack(self, content, at_most):
        """What is kept of a large file is no larger than asked for."""
        with limits.bounded():
            kept = pem.pack(content, at_most=at_most)
        self.assertLessEqual(len(kept), at_most + len(b'\0\n'))
        for block in kept.replace(b'\0', b'').split(b'-----END')[:-1]:
            self.assertIn(block.strip().split(b'\n')[-1], content)

    @hypothesis.given(
        damage.file_content(_CERT, _OTHERS)
        | strategies.sampled_from(_UNUSUAL)
        | strategies.sampled_from(_UNUSUAL).flatmap(damage.edited_inside)
    )
    @profile.examples(600)
    def test_inspect(self, content):
        """A certificate is described, or the reason why not is told."""
        try:
            with limits.bounded():
                found = inspect.first_certificate(content)
        except exception.CertificateUnreadable as err:
            self.assertNotIn('MemoryError', str(err))
        else:
            self.assertRegex(found.sha256, r'^[0-9a-f]{64}$')
            self.assertIsInstance(found.host_names, tuple)

    @hypothesis.given(damage.file_content(_CRL, _OTHERS))
    @profile.examples(300)
    def test_revocation_list(self, content):
        """Lists are read and asked, or the reason why not is told."""
        with limits.bounded():
            try:
                found = revocation_list.read(content)
            except ValueError as err:
                self.assertNotIn('memory', str(err))
                return
            for one in found:
                self.assertIn(one.revokes(_CERT), (True, False))
