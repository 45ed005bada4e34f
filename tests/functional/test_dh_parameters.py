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

"""The group for Diffie-Hellman is the one that it should be."""

from __future__ import annotations

import subprocess

import testtools

from nova_native_tls.identity import dh_parameters


class DHParametersTest(testtools.TestCase):
    """OpenSSL has the groups of RFC 7919 as well."""

    def test_group(self) -> None:
        """It recognises ours by its number."""
        done = subprocess.run(
            ['openssl', 'dhparam', '-text', '-noout'],
            input=dh_parameters.ffdhe3072(),
            capture_output=True,
            check=True,
        )
        self.assertIn(b'GROUP: ffdhe3072', done.stdout)
