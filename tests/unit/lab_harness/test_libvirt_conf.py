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

"""Tests of the configuration of a host's libvirtd."""

from __future__ import annotations

import unittest

from tests.lab.harness.node import libvirt_conf


class RenderTestCase(unittest.TestCase):
    """libvirt's own format."""

    def test_types(self) -> None:
        """Strings are quoted, numbers are not, lists have brackets."""
        self.assertEqual(
            'a = "x y"\nb = 1\nc = [ "p", "q" ]\nd = [  ]\n',
            libvirt_conf.render(
                {'a': 'x y', 'b': 1, 'c': ['p', 'q'], 'd': []}
            ),
        )

    def test_not_expressible(self) -> None:
        """What the format lacks is refused, not written."""
        for value in (True, 'a"b', 'a\nuser = "root"', ['"']):
            with self.subTest(value=value), self.assertRaises(ValueError):
                libvirt_conf.render({'a': value})


class SettingsTestCase(unittest.TestCase):
    """What a host is configured to do."""

    def test_qemu_is_unprivileged(self) -> None:
        """The normal case is a QEMU that is not root."""
        self.assertEqual('libvirt-qemu', libvirt_conf.QEMU_DEFAULTS['user'])

    def test_default_certificate_directory(self) -> None:
        """No setting says where certificates are."""
        found = [n for n in libvirt_conf.QEMU_DEFAULTS if 'tls' in n]
        self.assertEqual([], found)

    def test_hosts_differ(self) -> None:
        """libvirt refuses to migrate to a host with the same UUID."""
        uuids = {libvirt_conf.host_uuid(f'host{n}') for n in range(9)}
        self.assertEqual(9, len(uuids))

    def test_merged(self) -> None:
        """A change replaces, adds, or with None takes away."""
        self.assertEqual(
            {'a': 9, 'd': 4},
            libvirt_conf.merged({'a': 1, 'b': 2}, {'a': 9, 'b': None, 'd': 4}),
        )

    def test_merged_leaves_the_defaults(self) -> None:
        """One host's change is not another's default."""
        before = dict(libvirt_conf.QEMU_DEFAULTS)
        libvirt_conf.merged(libvirt_conf.QEMU_DEFAULTS, {'user': 'root'})
        self.assertEqual(before, dict(libvirt_conf.QEMU_DEFAULTS))
