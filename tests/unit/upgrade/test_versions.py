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

"""Versions, before an upgrade: those of today and those to come."""

from __future__ import annotations

import dataclasses
from typing import Any

from oslo_upgradecheck import upgradecheck

from nova_native_tls.host import libvirt_view
from nova_native_tls.migration import versions as migration_versions
from nova_native_tls.upgrade import versions
from tests.functional import credentials
from tests.unit.host import observations
from tests.unit.upgrade import hosts

Code = upgradecheck.Code
V = migration_versions.Version


def _libvirt(**changes: Any) -> libvirt_view.LibvirtView:
    found = observations.good().libvirt
    assert isinstance(found, libvirt_view.LibvirtView)
    return dataclasses.replace(
        found, versions=dataclasses.replace(found.versions, **changes)
    )


class VersionsTest(hosts.HostTestCase):
    """A host with QEMU 7.2, unless said otherwise."""

    def check(self, text: str = '', **changes: Any) -> upgradecheck.Result:
        self.look.return_value = observations.good(**changes)
        return versions.check(self.host(f'{hosts.ON}{text}'))

    def _partial(self) -> Any:
        """A CA bundle that ends at an intermediate one."""
        root = observations.authority()
        middle = credentials.authority(
            subject='in the middle', issuer=root, days=(-1, 300)
        )
        leaf = observations.issue(issuer=middle)
        return observations.credential_files(
            leaf, leaf, ca_cert=middle.cert_pem
        )

    def test_sufficient(self) -> None:
        """Today and from QEMU 10.2 on."""
        found = self.check()
        self.assertIs(Code.SUCCESS, found.code)
        self.assertIn('versions.sufficient', found.details)
        self.assertIn('known-issues.none', found.details)
        self.assertIn('upgrade.no-surprise', found.details)

    def test_too_old(self) -> None:
        """For what the options ask."""
        found = self.check(
            'live_migration_parallel_connections = 2\n'
            'live_migration_permit_post_copy = true\n'
        )
        self.assertIs(Code.FAILURE, found.code)
        self.assertIn('known-issue.post-copy-parallel', found.details)

    def test_partial_chain(self) -> None:
        """QEMU 10.2 wants the root as well: mend it before."""
        found = self.check(credentials=self._partial())
        self.assertIs(Code.WARNING, found.code)
        self.assertIn('upgrade.', found.details)
        self.assertIn('before QEMU is upgraded', found.details)

    def test_refused_today(self) -> None:
        """Who is refused already is not told that all will be well."""
        broken = observations.credential_files(ca_cert=b'none')
        found = self.check(credentials=broken)
        self.assertIs(Code.WARNING, found.code)
        self.assertIn('upgrade.not-looked-at', found.details)
        self.assertNotIn('no-surprise', found.details)

    def test_upgraded_already(self) -> None:
        """There the same is what QEMU of today says."""
        found = self.check(
            credentials=self._partial(), libvirt=_libvirt(qemu=V(10, 2))
        )
        self.assertIn('QEMU of today does not take them', found.details)

    def test_unseen(self) -> None:
        """What was not looked at is no success."""
        for changes in (
            {'credentials': observations.UNSEEN},
            {'libvirt': _libvirt(qemu=None)},
        ):
            found = self.check(**changes)
            self.assertIs(Code.WARNING, found.code)
            self.assertIn('upgrade.not-looked-at', found.details)
