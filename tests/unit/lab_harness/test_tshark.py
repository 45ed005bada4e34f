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

"""Tests of reading tshark's columns."""

from __future__ import annotations

import unittest

from tests.lab.harness.wire import tshark

RETRY = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c'


class ParseTestCase(unittest.TestCase):
    """A ServerHello says version and cipher suite."""

    def test_versions(self) -> None:
        """TLS 1.3 is in the extension, TLS 1.2 in the old field."""
        self.assertEqual(
            [
                tshark.ServerHello(
                    frame=4,
                    version='TLS 1.3',
                    cipher_suite='TLS_AES_256_GCM_SHA384',
                ),
                tshark.ServerHello(
                    frame=9,
                    version='TLS 1.2',
                    cipher_suite='TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
                ),
            ],
            tshark.parse(
                '4\taa\t0x0303\t0x0304\t0x1302\n9\tbb\t0x0303\t\t0xc030\n'
            ),
        )

    def test_unknown_numbers(self) -> None:
        """What has no name here keeps its number."""
        (hello,) = tshark.parse('4\taa\t0x0303\t0x0399\t0x9999\n')
        self.assertEqual(
            ('0x0399', '0x9999'), (hello.version, hello.cipher_suite)
        )

    def test_retry_is_no_hello(self) -> None:
        """A HelloRetryRequest has chosen nothing to encrypt with."""
        self.assertEqual(
            [], tshark.parse(f'4\t{RETRY}\t0x0303\t0x0304\t0x1302\n')
        )

    def test_unknown_line(self) -> None:
        """A line of another form is an error, not nothing."""
        with self.assertRaisesRegex(tshark.TsharkError, 'unknown line'):
            tshark.parse('4 TLSv1.3\n')
