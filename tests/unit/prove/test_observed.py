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

"""Tests of prove/observed.py."""

from __future__ import annotations

import dataclasses
from typing import Any

import fixtures
import testtools

from nova_native_tls.checks import result
from nova_native_tls.host import daemon
from nova_native_tls.host import migration_conf
from nova_native_tls.host import unseen
from nova_native_tls.migration import versions
from nova_native_tls.prove import host
from nova_native_tls.prove import observed
from nova_native_tls.prove import subject
from tests.unit.host import observations

PROVEN = result.Finding(
    code='proven', status=result.Status.SUCCESS, subject='host1', detail='yes'
)


class ProveTest(testtools.TestCase):
    """What was seen of a host becomes what QEMU is asked."""

    def setUp(self) -> None:
        super().setUp()
        self.asked: list[subject.Subject] = []

        def prove(
            given: subject.Subject, **_options: Any
        ) -> tuple[result.Finding, ...]:
            self.asked.append(given)
            return (PROVEN,)

        self.useFixture(fixtures.MockPatchObject(host, 'prove', prove))

    def _prove(self, **changes: Any) -> list[str]:
        seen = observations.good(**changes)
        found = observed.prove(seen, name='host1.example.org')
        return [each.code for each in found]

    def test_subject(self) -> None:
        """Directory, user and name are those that were seen."""
        self.assertEqual(['proven'], self._prove())
        self.assertEqual(
            subject.Subject(
                host=observations.HOST,
                directory=observations.DIRECTORY,
                name='host1.example.org',
                account=subject.Account(
                    name='libvirt-qemu',
                    uid=observations.UID,
                    gid=observations.GID,
                    groups=(observations.GID,),
                ),
            ),
            self.asked[0],
        )

    def test_qemu_conf(self) -> None:
        """So is what libvirt passes to QEMU; older ones pass no priority."""
        conf = migration_conf.MigrationConf(
            verify=False, priority='NORMAL:%COMPAT'
        )
        view = observations.good().libvirt
        newer = dataclasses.replace(
            view,
            versions=versions.HostVersions(
                libvirt=versions.Version(11, 6), qemu=versions.Version(10, 0)
            ),
        )
        self._prove(conf=conf)
        self._prove(conf=conf, libvirt=newer)
        self.assertEqual(
            [(False, None), (False, 'NORMAL:%COMPAT')],
            [(asked.verify, asked.priority) for asked in self.asked],
        )

    def test_passphrase(self) -> None:
        """And the passphrase that libvirt has."""
        files = dataclasses.replace(
            observations.credential_files(), passphrase='a phrase'
        )
        self._prove(credentials=files)
        self.assertEqual('a phrase', self.asked[0].passphrase)

    def test_unseen(self) -> None:
        """Without these there is nothing to ask, and no success."""
        for field in ('directory', 'conf', 'user', 'passphrase_unseen'):
            seen = observations.good(**{field: unseen.Unseen('hidden')})
            (found,) = observed.prove(seen, name='x')
            self.assertEqual('prove.not-possible', found.code)
            self.assertIs(result.Status.FAILURE, found.status)
            self.assertEqual('hidden', found.detail)
        self.assertEqual([], self.asked)

    def test_container(self) -> None:
        """Where libvirt has other files, it is said whose were proven."""
        other = daemon.Daemon(
            program='libvirtd', pid=7, started_at=0.0, root='/proc/7/root'
        )
        self.assertEqual(
            ['prove.another-root', 'proven'], self._prove(daemon=other)
        )
