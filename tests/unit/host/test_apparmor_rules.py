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

"""Profiles as distributions have them."""

from __future__ import annotations

import testtools

from nova_native_tls.host import apparmor_rules

TEMPLATE = """
#include <tunables/global>
profile LIBVIRT_TEMPLATE flags=(attach_disconnected) {
  #include <abstractions/libvirt-qemu>
}
"""
ABSTRACTION = """
  # allow access to certificate files
  network inet stream,
  ptrace (readby, tracedby) peer=libvirtd,
  owner @{PROC}/*/auxv r,
  deny capability kill,
  /etc/pki/CA/ r,
  /etc/pki/CA/* r,
  /etc/pki/libvirt{,-spice,-vnc}/ r,
  /etc/pki/libvirt{,-spice,-vnc}/** r,
  /etc/pki/qemu/ r,
  /etc/pki/qemu/** r,
  /run/udev/data/c16[6,7]* r,
  / r, # harmless
  owner /home/** r,
  r /reversed/?.pem,
  "/with blank/**" r,
  audit deny /etc/pki/qemu/secret/** r,
  deny /etc/pki/qemu/written w,
  @{etc_ro}/ssl/** r,
  /only/written w,
  include if exists <local/abstractions/libvirt-qemu>
"""
FILES = {
    'abstractions/libvirt-qemu': ABSTRACTION,
    'tunables/global': '@{etc_ro}=/etc/ /usr/etc/',
}


def rules(**local: str) -> apparmor_rules.Rules:
    """Read the profile, with what a site has added."""
    files = FILES | {'local/abstractions/libvirt-qemu': local.get('local')}
    return apparmor_rules.parse(TEMPLATE, files.get)


class RulesTest(testtools.TestCase):
    """What may be read."""

    def test_allowed(self) -> None:
        """By plain paths, alternatives, wildcards, classes and variables."""
        for path in (
            '/etc/pki/qemu/',
            '/etc/pki/qemu/ca-cert.pem',
            '/etc/pki/qemu/deep/down.pem',
            '/etc/pki/qemu/written',
            '/etc/pki/CA/cacert.pem',
            '/etc/pki/libvirt/x',
            '/etc/pki/libvirt-vnc/x',
            '/run/udev/data/c167',
            '/reversed/a.pem',
            '/with blank/a',
            '/usr/etc/ssl/a/b',
            '/etc/ssl/a',
            '/',
        ):
            self.assertTrue(rules().may_read(path), path)

    def test_not_allowed(self) -> None:
        """By no rule, by an owner's, by one for writing, or denied."""
        for path in (
            '/etc/pki/libvirt-migrate/ca-cert.pem',
            '/etc/pki/qemu',
            '/etc/pki/qemux/ca-cert.pem',
            '/etc/pki/CA/deep/cacert.pem',
            '/etc/pki/libvirt-other/x',
            '/etc/pki/qemu/secret/key.pem',
            '/run/udev/data/c168',
            '/reversed/ab.pem',
            '/home/me/ca-cert.pem',
            '/only/written',
        ):
            self.assertFalse(rules().may_read(path), path)

    def test_site_additions(self) -> None:
        """The line that is to be added, as it is to be added."""
        path = '/etc/pki/libvirt-migrate/ca-cert.pem'
        added = rules(local='"/etc/pki/libvirt-migrate/** r,"'.strip('"'))
        self.assertTrue(added.may_read(path))

    def test_missing_include(self) -> None:
        """It is named, unless it need not exist."""
        self.assertEqual((), rules().missing)
        found = apparmor_rules.parse(TEMPLATE, {}.get)
        self.assertEqual(
            ('tunables/global', 'abstractions/libvirt-qemu'), found.missing
        )

    def test_include_of_itself(self) -> None:
        """A profile that includes itself ends somewhere."""
        text = '#include <self>\n/a r,\n'
        found = apparmor_rules.parse(text, lambda _name: text)
        self.assertTrue(found.may_read('/a'))

    def test_includes_of_itself(self) -> None:
        """It is read once, however often it includes itself."""
        asked = []

        def include(name: str) -> str:
            asked.append(name)
            return '#include <self>\n' * 4 + '/a r,\n'

        found = apparmor_rules.parse('#include <self>\n', include)
        self.assertTrue(found.may_read('/a'))
        self.assertEqual(['self'], asked)

    def test_not_understood(self) -> None:
        """What is too much grants nothing; where it denies, it denies all."""
        many = '/a' + '*a' * 20
        large = '@{Y} = ' + '@{X}' * 10 + '\n@{X} = ' + 'a' * 3000 + '\n'
        for path in (many, '/a@{Y}', '/a[', '/a' + '(' * 9 + '{' * 9999):
            found = apparmor_rules.parse(
                f'{large}/a r,\n{path} r,\n/b r,\n', {}.get
            )
            self.assertEqual(2, len(found.allowed), path[:9])
            found = apparmor_rules.parse(
                f'{large}/b r,\ndeny {path} r,\n', {}.get
            )
            self.assertFalse(found.may_read('/b'), path[:9])

    def test_runs_of_wildcards(self) -> None:
        """Three stars are no more than two."""
        found = apparmor_rules.parse('/a/**** r,\n', {}.get)
        self.assertTrue(found.may_read('/a/b/c'))
        self.assertFalse(found.may_read('/a/'))

    def test_malformed_patterns(self) -> None:
        """They grant nothing, and break nothing."""
        found = apparmor_rules.parse('/a[ r,\n/{a r,\n/b r,', {}.get)
        self.assertTrue(found.may_read('/b'))
        self.assertFalse(found.may_read('/a'))
