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

"""QEMU's verdict on this host's credentials, and what mends them."""

from __future__ import annotations

import dataclasses
from typing import Any

import testtools

from nova_native_tls.checks import base
from nova_native_tls.checks import credentials
from nova_native_tls.checks import host_check
from nova_native_tls.checks import result
from nova_native_tls.host import migration_conf
from nova_native_tls.host import tls_directory as host_directory
from nova_native_tls.migration import versions
from nova_native_tls.pki import credential_set
from tests.functional import credentials as certificates
from tests.unit.checks import contexts
from tests.unit.host import observations

Status = result.Status
KEY = '/etc/pki/qemu/server-key.pem'


class CredentialsTest(testtools.TestCase):
    """Broken in one way each."""

    def _failures(self, **changes: Any) -> dict[str, result.Finding]:
        found = observations.judge(credentials.CredentialsCheck(), **changes)
        return {
            each.code: each
            for each in found
            if each.status is not Status.SUCCESS
        }

    def _of_files(self, *identities: Any, **more: Any) -> Any:
        files = observations.credential_files(*identities, **more)
        return self._failures(credentials=files)

    def test_expired(self) -> None:
        """The file is named, and what there should be."""
        old = observations.issue(days=(-9, -2))
        found = self._of_files(old)['server-cert.expired']
        self.assertEqual('host1: /etc/pki/qemu/server-cert.pem', found.subject)
        self.assertIn('; wanted: ', found.sentence())
        self.assertNotEqual('', found.remedy)

    def test_later_qemu(self) -> None:
        """An upgrade is told of the host, and not before a migration."""
        between = certificates.authority(
            subject='between', issuer=observations.authority()
        )
        files = observations.credential_files(
            observations.issue(issuer=between),
            observations.issue(issuer=between),
            ca_cert=between.cert_pem,
        )
        seen = observations.good(credentials=files)
        for stage in host_check.ROLES:
            context = observations.context(seen, stage=stage)
            codes = {
                each.code
                for each in credentials.CredentialsCheck().run(context)
            }
            self.assertEqual(
                stage is base.Stage.HOST, 'upgrade.ca-cert.incomplete' in codes
            )

    def test_as_source_too(self) -> None:
        """Also what only the source needs."""
        old = observations.issue(days=(-9, -2))
        self.assertIn('client-cert.expired', self._of_files(None, old))

    def test_no_client_certificate(self) -> None:
        """A source without one is refused by every destination."""
        found = self._of_files(client_cert=None, client_key=None)
        self.assertIn('client-cert.not-sent', found)

    def test_verify_off(self) -> None:
        """Then nobody wants one."""
        files = observations.credential_files(
            client_cert=None, client_key=None
        )
        found = self._failures(
            credentials=files, conf=migration_conf.MigrationConf(verify=False)
        )
        self.assertEqual({}, found)

    def test_name(self) -> None:
        """The name that it asks to be verified under is not in it."""
        found = self._failures(
            context={'own': contexts.host(1, tls_name='other.example.org')}
        )
        self.assertEqual(['name.mismatch'], list(found))

    def test_undecided_name(self) -> None:
        """Another check says so, and this one says what it can."""
        (only,) = observations.judge(
            credentials.CredentialsCheck(),
            context={'own': contexts.host(1, tls_name=None)},
        )
        self.assertEqual(
            ('credentials.accepted', Status.SUCCESS), (only.code, only.status)
        )

    def test_priority(self) -> None:
        """It counts from the libvirt on that passes it on."""
        bad = migration_conf.MigrationConf(priority='NONSENSE')
        self.assertEqual({}, self._failures(conf=bad))
        newer = dataclasses.replace(
            observations.good().libvirt,
            versions=versions.HostVersions(
                libvirt=versions.Version(11, 6), qemu=versions.Version(10, 0)
            ),
        )
        found = self._failures(conf=bad, libvirt=newer)
        self.assertEqual(['priority.unusable'], list(found))

    def test_unknown_version(self) -> None:
        """Rules depend on it: nothing is guessed."""
        unknown = dataclasses.replace(
            observations.good().libvirt, versions=versions.HostVersions()
        )
        found = self._failures(libvirt=unknown)
        self.assertEqual(
            Status.FAILURE, found['credentials.not-looked-at'].status
        )

    def test_unseen_file(self) -> None:
        """A file that nobody could look at is a failure."""
        found = self._failures(unseen_files={'server-key.pem': 'no way'})
        self.assertIn('no way', found['credentials.not-looked-at'].detail)
        self.assertEqual(1, len(found))


class AccessTest(testtools.TestCase):
    """Files that QEMU's user does not get to."""

    def _found(self, seen: credential_set.File, **walk: Any) -> result.Finding:
        files = observations.credential_files()
        files = dataclasses.replace(
            files, files={**files.files, 'server-key.pem': seen}
        )
        walks = observations.walks(files)
        walks['server-key.pem'] = observations.walk(**walk)
        (found,) = [
            each
            for each in observations.judge(
                credentials.CredentialsCheck(), credentials=files, walks=walks
            )
            if each.code.startswith(('server-key', 'directory'))
        ]
        self.assertEqual(Status.FAILURE, found.status)
        return found

    def test_closed_file(self) -> None:
        """Whose it is, and the command that opens it."""
        found = self._found(
            credential_set.File(read_error=13),
            file=observations.node(KEY, 0o100600, gid=0),
        )
        self.assertEqual('server-key.not-permitted', found.code)
        self.assertIn('group 0, mode 0600', found.detail)
        self.assertIn(f'chgrp kvm {KEY} && chmod g+r {KEY}', found.remedy)

    def test_closed_directory(self) -> None:
        """The directory that is in the way, wherever it is."""
        found = self._found(
            credential_set.File(stat_error=13),
            file=observations.node(KEY),
            on_the_way=(observations.directory_node('/etc/pki', 0o040700),),
        )
        self.assertEqual(
            ('directory.not-permitted', 'host1: /etc/pki'),
            (found.code, found.subject),
        )
        self.assertIn('chmod o+x /etc/pki"', found.remedy)

    def test_one_finding_for_one_directory(self) -> None:
        """However many files are behind it, those that are not there too."""
        closed = observations.directory_node('/etc/pki/qemu', 0o040700)
        denied = credential_set.File(stat_error=13)
        files = dataclasses.replace(
            observations.credential_files(),
            files=dict.fromkeys(credential_set.NAMES, denied),
        )
        walks = {
            name: observations.walk(
                observations.node(f'/etc/pki/qemu/{name}'),
                on_the_way=(closed,),
            )
            for name in ('ca-cert.pem', 'server-cert.pem', 'server-key.pem')
        }
        walks[''] = observations.walk(closed)
        found = {
            each.code
            for each in observations.judge(
                credentials.CredentialsCheck(), credentials=files, walks=walks
            )
            if each.status is Status.FAILURE
        }
        self.assertEqual({'directory.not-permitted'}, found)

    def test_no_directory(self) -> None:
        """Said once, not of every file."""
        (found,) = observations.judge(
            credentials.CredentialsCheck(),
            credentials=credential_set.CredentialSet(
                directory='/etc/pki/qemu', files={}
            ),
            directory=host_directory.TLSDirectory(
                path='/etc/pki/qemu', exists=False
            ),
        )
        self.assertEqual('directory.missing', found.code)

    def test_dangling_link(self) -> None:
        """Where the link is, and where it leads."""
        link = observations.node(KEY, 0o120777, target='/srv/key.pem')
        found = self._found(
            credential_set.File(stat_error=2), file=None, link=link
        )
        self.assertIn('link to /srv/key.pem', found.detail)

    def test_missing(self) -> None:
        """Nothing of this host is in the way: it has to be installed."""
        files = observations.credential_files(server_key=None)
        found = observations.judge(
            credentials.CredentialsCheck(), credentials=files
        )
        self.assertEqual(['server-key.missing'], [f.code for f in found])


class SecretTest(testtools.TestCase):
    """Keys with a passphrase."""

    UUID = '2f0c2c6e-0000-4000-8000-000000000000'

    def _codes(
        self, passphrase: str | None, uuid: str | None
    ) -> dict[str, Status]:
        key = observations.faultless().key_pem(certificates.PASSPHRASE)
        files = dataclasses.replace(
            observations.credential_files(server_key=key),
            passphrase=passphrase,
        )
        found = observations.judge(
            credentials.CredentialsCheck(),
            credentials=files,
            conf=migration_conf.MigrationConf(secret_uuid=uuid),
        )
        return {
            each.code: each.status
            for each in found
            if each.status is not Status.SUCCESS
        }

    def test_known(self) -> None:
        """It is used as QEMU would."""
        known = certificates.PASSPHRASE.decode()
        self.assertEqual({}, self._codes(known, self.UUID))

    def test_none(self) -> None:
        """QEMU would have none either."""
        self.assertEqual(
            {'server-key.encrypted': Status.FAILURE}, self._codes(None, None)
        )

    def test_private(self) -> None:
        """What libvirt keeps for itself is not known to be wrong."""
        self.assertEqual(
            {'qemu-conf.secret-private': Status.WARNING},
            self._codes(None, self.UUID),
        )

    def test_wrong(self) -> None:
        """A passphrase that is known not to fit."""
        self.assertEqual(
            {'server-key.encrypted': Status.FAILURE},
            self._codes('another', self.UUID),
        )
