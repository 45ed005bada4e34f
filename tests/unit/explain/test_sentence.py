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

"""From a sentence of the catalogue to what finds it."""

from __future__ import annotations

import re

import testtools

from nova_native_tls.explain import sentence


def _found(template: str, text: str) -> dict[str, str] | None:
    match = sentence.compile_sentence(template).pattern.search(text)
    return None if match is None else match.groupdict()


class TestCompileSentence(testtools.TestCase):
    def test_names_and_signs(self):
        """What is between the names is taken as it is."""
        self.assertEqual(
            {'file': '/a b/x.pem', 'reason': 'Error in TAG'},
            _found(
                'Cannot (really) load {file}: {reason}',
                'x: Cannot (really) load /a b/x.pem: Error in TAG.',
            ),
        )
        self.assertIsNone(_found('a.c {file} d', 'abc x d'))

    def test_quotes(self):
        """Those of web pages and of glib are quotes as well."""
        for opening, closing in ("''", '""', '\u2018\u2019', '\u201c\u201d'):
            self.assertEqual(
                {'file': '/x'},
                _found(
                    "Failed to open '{file}': no",
                    f'Failed to open {opening}/x{closing}: no',
                ),
            )
        self.assertEqual({}, _found("hasn't", 'hasn\u2019t'))

    def test_needle(self):
        """It has neither a name nor a quote in it."""
        for template, needle in (
            ('Cannot load {file}: why', 'Cannot load '),
            ("Key '{key}' without corresponding cert", None),
            ("The certificate hasn't got a known issuer", None),
        ):
            compiled = sentence.compile_sentence(template)
            self.assertNotIn("'", compiled.needle)
            self.assertIn(compiled.needle, template)
            if needle is not None:
                self.assertEqual(needle, compiled.needle)

    def test_names(self):
        """They are known, and shown in capitals."""
        compiled = sentence.compile_sentence("Load '{file}' & '{key}'")
        self.assertEqual({'file', 'key'}, compiled.names())
        self.assertEqual("Load 'FILE' & 'KEY'", compiled.shown())

    def test_unknown_name(self):
        """It is a mistake in the catalogue."""
        self.assertRaises(KeyError, sentence.compile_sentence, 'a {nosuch}')

    def test_file_at_the_end(self):
        """It is taken whole."""
        for after in ('', '\n', ', more', '. More', ' more', "'", '.'):
            self.assertEqual(
                {'file': '/etc/pki/qemu/ca-cert.pem'},
                _found(
                    'certificate list {file}',
                    f'certificate list /etc/pki/qemu/ca-cert.pem{after}',
                ),
                after,
            )

    def test_host_name(self):
        """It ends where the next thing begins, with or without a space."""
        for after in ('', '.', '. Message', "'", '\\n', '\n', '"}', ','):
            self.assertEqual(
                {'name': 'host2.example.org'},
                _found(
                    'hostname {name}', f'hostname host2.example.org{after}'
                ),
                after,
            )

    def test_host_name_that_is_not_there(self):
        """The time of the next line is not one."""
        self.assertIsNone(
            _found('hostname {name}', 'hostname 2026-11-21T12:44:37.685253Z x')
        )
        self.assertIsNone(_found('hostname {name}', 'hostname '))

    def test_address(self):
        """It is an IP address and no name."""
        for address in ('10.77.0.2', '2001:db8::2', '::1', 'fe80::1%eth0'):
            self.assertEqual(
                {'ip': address}, _found('hostname {ip}', f'hostname {address}')
            )
        for name in ('host2', 'localhost', 'beef.example.org'):
            self.assertIsNone(_found('hostname {ip}', f'hostname {name}'))

    def test_bounds(self):
        """No name of a sentence can go on for ever."""
        for name, pattern in sentence.GROUPS.items():
            for character in 'a1./: ':
                found = re.match(f'(?:{pattern})', character * 10_000)
                length = 0 if found is None else len(found[0])
                self.assertLess(length, 600, name)
