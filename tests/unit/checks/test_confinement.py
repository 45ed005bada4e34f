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

"""AppArmor's rules and SELinux's labels."""

from __future__ import annotations

from typing import Any

import testtools

from nova_native_tls.checks import apparmor
from nova_native_tls.checks import result
from nova_native_tls.checks import selinux
from nova_native_tls.host import apparmor_rules
from nova_native_tls.host import confinement
from nova_native_tls.host import tls_directory
from tests.unit.host import observations

Status = result.Status


class AppArmorTest(testtools.TestCase):
    """The profile of guests."""

    def _found(self, profile: str, **changes: Any) -> result.Finding:
        rules = apparmor_rules.parse(profile, {}.get)
        (found,) = observations.judge(
            apparmor.AppArmorCheck(),
            confinement=confinement.Confinement(
                models=frozenset({'apparmor', 'dac'}), rules=rules
            ),
            **changes,
        )
        return found

    def test_allowed(self) -> None:
        """What Debian's profile allows."""
        found = self._found('/etc/pki/qemu/** r,')
        self.assertEqual(
            ('apparmor.allowed', Status.SUCCESS), (found.code, found.status)
        )

    def test_refused(self) -> None:
        """The line that is to be added really allows it."""
        found = self._found('/etc/pki/CA/* r,')
        self.assertEqual(
            ('apparmor.refused', Status.FAILURE), (found.code, found.status)
        )
        line = found.remedy.split('"')[1]
        self.assertEqual('/etc/pki/qemu/** r,', line)
        self.assertEqual('apparmor.allowed', self._found(line).code)

    def test_link_elsewhere(self) -> None:
        """It is the path behind the link that counts."""
        walks = observations.walks(observations.credential_files())
        walks['ca-cert.pem'] = observations.walk(
            observations.node('/srv/certs/ca.pem'),
            link=observations.node(
                '/etc/pki/qemu/ca-cert.pem', 0o120777, target='/srv/x'
            ),
        )
        found = self._found('/etc/pki/qemu/** r,', walks=walks)
        self.assertEqual('apparmor.refused', found.code)
        self.assertIn('"/srv/certs/** r,"', found.remedy)

    def test_in_doubt(self) -> None:
        """Rules that could not be read may allow it."""
        found = self._found('#include <abstractions/libvirt-qemu>')
        self.assertEqual(
            ('apparmor.in-doubt', Status.WARNING), (found.code, found.status)
        )
        self.assertIn('abstractions/libvirt-qemu', found.detail)


class SELinuxTest(testtools.TestCase):
    """Labels of files."""

    def _found(
        self, label: str | None, directory: str = '/etc/pki/qemu'
    ) -> result.Finding:
        (found,) = observations.judge(
            selinux.SELinuxCheck(),
            confinement=confinement.Confinement(
                models=frozenset({'selinux', 'dac'})
            ),
            labels={
                '': 'system_u:object_r:cert_t:s0',
                'server-key.pem': label,
            },
            directory=tls_directory.TLSDirectory(path=directory),
        )
        return found

    def test_certificates(self) -> None:
        """As the policy has them."""
        found = self._found('unconfined_u:object_r:cert_t:s0')
        self.assertEqual('selinux.labelled', found.code)

    def test_moved_from_home(self) -> None:
        """A file that was moved keeps its label."""
        found = self._found('unconfined_u:object_r:admin_home_t:s0')
        self.assertEqual(
            ('selinux.label', Status.WARNING), (found.code, found.status)
        )
        self.assertIn('server-key.pem', found.detail)
        self.assertEqual('run "restorecon -Rv /etc/pki/qemu"', found.remedy)

    def test_elsewhere(self) -> None:
        """Where the policy knows nothing it has to be told."""
        for label in (None, 'nonsense'):
            found = self._found(label, '/srv/certs')
            self.assertIn('semanage fcontext', found.remedy)
