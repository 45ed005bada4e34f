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

"""Tests of prove/arguments.py."""

from __future__ import annotations

from typing import Any

import testtools

from nova_native_tls.prove import arguments
from nova_native_tls.prove import subject


def _subject(**changes: Any) -> subject.Subject:
    values = {'host': 'host1', 'directory': '/etc/pki/qemu', 'name': None}
    return subject.Subject(**values | changes)


class CredentialsTest(testtools.TestCase):
    """The properties with which libvirt makes the object."""

    def test_ordinary(self) -> None:
        """Both ends verify; nothing else is set."""
        for endpoint in ('server', 'client'):
            self.assertEqual(
                {
                    'dir': '/etc/pki/qemu',
                    'endpoint': endpoint,
                    'verify-peer': True,
                },
                arguments.credentials(_subject(), endpoint),
            )

    def test_without_verification(self) -> None:
        """migrate_tls_x509_verify = 0 is for destinations only."""
        made = {
            endpoint: arguments.credentials(_subject(verify=False), endpoint)
            for endpoint in ('server', 'client')
        }
        self.assertFalse(made['server']['verify-peer'])
        self.assertTrue(made['client']['verify-peer'])

    def test_all(self) -> None:
        """Priority and passphrase are passed at both ends."""
        given = _subject(priority='NORMAL:%COMPAT', passphrase='x')
        made = arguments.credentials(given, 'server')
        self.assertEqual('NORMAL:%COMPAT', made['priority'])
        self.assertEqual(arguments.PHRASE_ID, made['passwordid'])

    def test_passphrase_is_not_shown(self) -> None:
        """It is in no representation that could be logged."""
        self.assertNotIn('hidden', repr(_subject(passphrase='hidden')))


class ArgumentTest(testtools.TestCase):
    """How QEMU reads an object."""

    def test_values(self) -> None:
        """Truth is on or off; a comma is doubled."""
        self.assertEqual(
            'kind,a=on,b=off,c=x,,y=z',
            arguments.as_argument(
                'kind', {'a': True, 'b': False, 'c': 'x,y=z'}
            ),
        )
