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

import re
from unittest import mock

import testtools

from nova_native_tls.pki.gnutls import library


class TestLibrary(testtools.TestCase):
    def test_version(self):
        """The library that QEMU is linked with, of the same soname."""
        self.assertTrue(re.fullmatch(r'3\.\d+\.\d+.*', library.version()))

    def test_error_has_its_words(self):
        """And its code, for those who tell errors apart."""
        err = library.Failed(code=library.E_NO_CERTIFICATE_FOUND)
        self.assertEqual('No certificate was found.', str(err))
        self.assertEqual(library.E_NO_CERTIFICATE_FOUND, err.code)

    def test_nothing_is_not_null(self):
        """An empty file is something that GnuTLS has to refuse."""
        self.assertTrue(library.datum(b'').data)

    def test_missing(self):
        """One sentence, which says what to do."""
        library._library.cache_clear()
        self.addCleanup(library._library.cache_clear)
        with mock.patch.object(library, 'NAME', 'libnowhere.so.1'):
            err = self.assertRaises(library.LibraryMissing, library.version)
        self.assertIn('libnowhere.so.1', str(err))
        self.assertIn('install GnuTLS', str(err))

    def test_too_old(self):
        """A function that it lacks is found at once, not in the middle."""
        library._library.cache_clear()
        self.addCleanup(library._library.cache_clear)
        more = {'no_such_function': (None, ())}
        with mock.patch.dict(library._FUNCTIONS, more):
            self.assertRaises(library.LibraryMissing, library.version)
