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

"""Versions are read strictly and ordered as releases are."""

from __future__ import annotations

import testtools

from nova_native_tls import exception
from nova_native_tls.migration import versions

V = versions.Version

READABLE = {
    '9.0': V(9, 0, 0),
    '9.0.0': V(9, 0, 0),
    '7.2.22': V(7, 2, 22),
    '10.1': V(10, 1, 0),
    '0.7.2': V(0, 7, 2),
    ' 8.2.2\n': V(8, 2, 2),
    '999.999.999': V(999, 999, 999),
}
UNREADABLE = (
    '',
    ' ',
    '9',
    '9.',
    '.9',
    '9..0',
    '9.0.0.0',
    '9.0.0-4+deb12u2',
    '7.2.22 (Debian 1:7.2+dfsg-7)',
    'v9.0.0',
    '-9.0',
    '9,0',
    '9.x',
    '1000.0.0',
    '9.0 .0',
    '9' * 5000 + '.0',
    '\uff19.0',
    '\u0669.0',
)


class VersionTest(testtools.TestCase):
    """One release of libvirt or QEMU."""

    def test_readable(self) -> None:
        """Two or three numbers with dots are a version."""
        for text, version in READABLE.items():
            self.assertEqual(version, V.parse(text), text)

    def test_unreadable(self) -> None:
        """Everything else is refused, and the text is named."""
        for text in UNREADABLE:
            err = self.assertRaises(exception.InvalidVersion, V.parse, text)
            self.assertEqual(text, err.text)

    def test_order_is_by_number(self) -> None:
        """10.1 comes after 9.4, and 10.0.9 before 10.1."""
        releases = [V(2, 9), V(2, 11), V(9, 4), V(10, 0, 9), V(10, 1)]
        self.assertEqual(releases, sorted({*releases}))
        self.assertTrue(V(10, 0, 9) < V(10, 1))
        self.assertFalse(V(10, 1, 0) < V(10, 1))

    def test_text_has_three_numbers(self) -> None:
        """Whatever was read, all three numbers are shown."""
        self.assertEqual('9.0.0', str(V.parse('9.0')))
        self.assertEqual('7.2.22', str(V(7, 2, 22)))

    def test_libvirts_number(self) -> None:
        """libvirt packs the three numbers into one."""
        for number, version in (
            (9_000_000, V(9, 0, 0)),
            (11_003_000, V(11, 3, 0)),
            (7_002_022, V(7, 2, 22)),
            (10_000_999, V(10, 0, 999)),
        ):
            self.assertEqual(version, V.from_libvirt_number(number))


class ContextTest(testtools.TestCase):
    """What is known of both ends."""

    def test_nothing_is_known_unless_said(self) -> None:
        """An unknown version is None, not some release."""
        context = versions.Context()
        for end in (context.source, context.destination):
            self.assertIsNone(end.libvirt)
            self.assertIsNone(end.qemu)
