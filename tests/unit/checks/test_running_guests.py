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

"""Guests whose QEMU is older, or sees other files."""

from __future__ import annotations

import dataclasses

import testtools

from nova_native_tls.checks import base
from nova_native_tls.checks import result
from nova_native_tls.checks import running_guests
from nova_native_tls.host import guests
from nova_native_tls.host import libvirt_view
from nova_native_tls.host import migration_conf
from nova_native_tls.migration import versions
from tests.functional import credentials as certificates
from tests.unit.host import observations

Status = result.Status
V = versions.Version


def found(*running: guests.Guest, **changes: object) -> list[result.Finding]:
    """Ask about these guests."""
    return observations.judge(
        running_guests.RunningGuestsCheck(), guests=running, **changes
    )


class RunningGuestsTest(testtools.TestCase):
    """Can they leave?"""

    def test_as_new_ones(self) -> None:
        """Also with an older QEMU that has the same rules."""
        (only,) = found(
            observations.guest(), observations.guest(qemu=V(7, 2, 4))
        )
        self.assertEqual('guests.can-leave', only.code)

    def test_said_once(self) -> None:
        """What the installed QEMU refuses, another check says."""
        files = observations.credential_files(
            None, observations.issue(days=(-9, -2))
        )
        (only,) = found(observations.guest(), credentials=files)
        self.assertEqual('guests.can-leave', only.code)

    def test_older_rules(self) -> None:
        """The guest's own QEMU decides, and the guest is named."""
        strict = observations.issue(
            certificates.usage('digital_signature'), rsa_bits=2048
        )
        files = observations.credential_files(None, strict)
        (only,) = found(
            observations.guest(qemu=V(7, 2, 22)),
            observations.guest(name='old', qemu=V(7, 2, 4)),
            credentials=files,
        )
        self.assertEqual(
            (
                'guest.client-cert.no-key-encipherment',
                Status.FAILURE,
                'host1: old (QEMU 7.2.4)',
            ),
            (only.code, only.status, only.subject),
        )

    def test_stale_files(self) -> None:
        """It sees files that are gone; only a new process sees others."""
        stale = observations.guest(
            changed=('client-cert.pem',),
            files=observations.credential_files(
                None, observations.issue(days=(-9, -2))
            ),
        )
        answers = {each.code: each for each in found(stale)}
        expired = answers['guest.client-cert.expired']
        self.assertEqual(Status.FAILURE, expired.status)
        self.assertIn('shut the guest down', expired.remedy)

    def test_other_files_that_work(self) -> None:
        """A warning: the next rotation will not reach it."""
        other = observations.guest(
            changed=('client-cert.pem',),
            files=observations.credential_files(None, observations.issue()),
        )
        (only,) = found(other)
        self.assertEqual(
            ('guest.other-view', Status.WARNING), (only.code, only.status)
        )

    def test_copies(self) -> None:
        """Other files with the same content are no difference."""
        files = observations.credential_files()
        copy = observations.guest(
            changed=('client-cert.pem',),
            files=dataclasses.replace(files, directory='/elsewhere'),
        )
        (only,) = found(copy, credentials=files)
        self.assertEqual('guests.can-leave', only.code)

    def test_private_secret(self) -> None:
        """A key that nobody could try is not known to be wrong."""
        key = observations.faultless().key_pem(certificates.PASSPHRASE)
        files = observations.credential_files(client_key=key)
        for uuid, wanted in (
            ('a uuid', 'guests.can-leave'),
            (None, 'guest.client-key.encrypted'),
        ):
            (only,) = found(
                observations.guest(qemu=V(7, 2, 4)),
                credentials=files,
                conf=migration_conf.MigrationConf(secret_uuid=uuid),
            )
            self.assertEqual(wanted, only.code)

    def test_migration_without_end(self) -> None:
        """It may go on; but no other can begin before it."""
        guest = observations.guest(name='old', stands=True)
        leaving = {
            'stage': base.Stage.SOURCE,
            'guest': guests.Known(name='old', memory_mib=1),
        }
        for context, status in (
            ({}, Status.WARNING),
            (leaving, Status.FAILURE),
        ):
            (only,) = found(guest, context=context)
            self.assertEqual(
                ('guest.migration-stands', status), (only.code, only.status)
            )
            self.assertIn('reboot --hard', only.remedy)

    def test_unknown(self) -> None:
        """What is not known of a guest is not a success."""
        for guest, code in (
            (observations.guest(qemu=None), 'guest.version-unknown'),
            (observations.guest(unseen='gone'), 'guest.not-looked-at'),
        ):
            (only,) = found(guest)
            self.assertEqual((code, Status.WARNING), (only.code, only.status))


class VersionsTest(testtools.TestCase):
    """What is asked of QEMU is asked of the one that runs."""

    #: Parallel connections with TLS need QEMU 5.2.
    ASKED = {'settings': {'parallel_connections': 2}}

    def _libvirt(self, qemu: versions.Version) -> object:
        seen = observations.good().libvirt
        assert isinstance(seen, libvirt_view.LibvirtView)
        return dataclasses.replace(
            seen, versions=versions.HostVersions(libvirt=V(11, 3), qemu=qemu)
        )

    def test_older_than_the_installed_one(self) -> None:
        """It has to be started again; the guest is named."""
        (only,) = found(
            observations.guest(name='old', qemu=V(5, 1)),
            observations.guest(name='new', qemu=V(10, 1)),
            libvirt=self._libvirt(V(10, 1)),
            context=self.ASKED,
        )
        self.assertEqual('guest.tls-parallel-needs-qemu', only.code)
        self.assertIs(Status.FAILURE, only.status)
        self.assertIn('old (QEMU 5.1.0)', only.subject)
        self.assertIn('it gets QEMU 10.1.0', only.remedy)

    def test_the_one_that_leaves(self) -> None:
        """Before a migration others do not count."""
        leaving = {
            **self.ASKED,
            'stage': base.Stage.SOURCE,
            'guest': guests.Known(name='new', memory_mib=1),
        }
        (only,) = found(
            observations.guest(name='old', qemu=V(5, 1)),
            observations.guest(name='new', qemu=V(10, 1)),
            libvirt=self._libvirt(V(10, 1)),
            context=leaving,
        )
        self.assertEqual('guests.can-leave', only.code)

    def test_all_too_old(self) -> None:
        """Then the check of versions has said it."""
        (only,) = found(
            observations.guest(qemu=V(5, 0)),
            libvirt=self._libvirt(V(5, 1)),
            context=self.ASKED,
        )
        self.assertEqual('guests.can-leave', only.code)
