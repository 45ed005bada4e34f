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

"""The directory of the credentials."""

from __future__ import annotations

from typing import Any

import testtools

from nova_native_tls.checks import result
from nova_native_tls.checks import tls_directory
from nova_native_tls.host import daemon
from nova_native_tls.host import tls_directory as host_directory
from tests.unit.host import observations

Status = result.Status
MIGRATE = '/etc/pki/libvirt-migrate'


class TLSDirectoryTest(testtools.TestCase):
    """One answer each."""

    def _found(self, **directory: Any) -> result.Finding:
        (found,) = observations.judge(
            tls_directory.TLSDirectoryCheck(),
            directory=host_directory.TLSDirectory(
                **{'path': MIGRATE} | directory
            ),
            daemon=daemon.Daemon(program='virtqemud', pid=1, started_at=0.0),
        )
        return found

    def test_missing(self) -> None:
        """The command makes it; where it is configured that is said."""
        found = self._found(exists=False)
        self.assertEqual(
            ('directory.missing', Status.FAILURE, f'host1: {MIGRATE}'),
            (found.code, found.status, found.subject),
        )
        self.assertIn(f'install -d -m 0755 {MIGRATE}', found.remedy)
        found = self._found(exists=False, setting='migrate_tls_x509_cert_dir')
        self.assertIn('migrate_tls_x509_cert_dir', found.detail)

    def test_younger_than_libvirt(self) -> None:
        """libvirt does not use it before it is started again."""
        found = self._found(instead='/etc/pki/qemu', younger=True)
        self.assertEqual(
            ('directory.not-in-use', Status.FAILURE),
            (found.code, found.status),
        )
        self.assertIn('/etc/pki/qemu', found.detail)
        self.assertIn('systemctl restart virtqemud', found.remedy)

    def test_in_doubt(self) -> None:
        """What is not known for sure is a warning."""
        found = self._found(instead='/etc/pki/qemu')
        self.assertEqual(
            ('directory.in-doubt', Status.WARNING), (found.code, found.status)
        )

    def test_libvirt_is_not_running(self) -> None:
        """It will decide when it starts, and so is as good."""
        (found,) = observations.judge(
            tls_directory.TLSDirectoryCheck(), daemon=None
        )
        self.assertEqual(
            ('directory.in-use', Status.SUCCESS), (found.code, found.status)
        )
