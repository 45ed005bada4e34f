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

"""Must QEMU make Diffie-Hellman parameters that a file could hold?"""

from __future__ import annotations

import dataclasses
from typing import Any

import testtools

from nova_native_tls.checks import base
from nova_native_tls.checks import credentials
from nova_native_tls.checks import result
from nova_native_tls.checks import runner
from nova_native_tls.host import tls_directory
from nova_native_tls.migration import versions
from nova_native_tls.pki import credential_set
from tests.unit.host import observations

Stage = base.Stage
Status = result.Status
V = versions.Version
CODE = 'dh-params.absent'
NAME = credential_set.DH_PARAMS


def with_qemu(release: versions.Version | None) -> Any:
    """A libvirt that says which QEMU is installed."""
    return dataclasses.replace(
        observations.good().libvirt,
        versions=versions.HostVersions(libvirt=V(9, 0), qemu=release),
    )


def found(**changes: Any) -> dict[str, result.Finding]:
    """What the check says of a host without the file, but successes."""
    changes.setdefault(
        'credentials', observations.credential_files(dh_params=None)
    )
    answers = observations.judge(credentials.CredentialsCheck(), **changes)
    return {each.code: each for each in answers if each.status}


class AbsentTest(testtools.TestCase):
    """QEMU makes its own for each migration."""

    def test_found(self) -> None:
        """It is a warning that says what it costs, and what helps."""
        answers = found()
        self.assertEqual([CODE], list(answers))
        finding = answers[CODE]
        self.assertEqual(Status.WARNING, finding.status)
        self.assertTrue(finding.stricter)
        self.assertEqual('host1: /etc/pki/qemu/dh-params.pem', finding.subject)
        self.assertIn('a tenth of a second to seconds later', finding.detail)
        self.assertIn('host install --ca ca-cert.pem', finding.remedy)
        self.assertIn('certtool --get-dh-params', finding.remedy)

    def test_releases(self) -> None:
        """Up to the last that makes its own."""
        for release in (V(6, 2), V(10, 1), V(10, 1, 99)):
            self.assertIn(CODE, found(libvirt=with_qemu(release)), release)

    def test_link_that_leads_nowhere(self) -> None:
        """For QEMU there is nothing, either."""
        files = observations.credential_files(dh_params=None)
        link = observations.node(f'{files.directory}/{NAME}', 0o120777)
        walks = observations.walks(files)
        walks[NAME] = observations.walk(None, link=link)
        self.assertIn(CODE, found(credentials=files, walks=walks))

    def test_other_directory(self) -> None:
        """It counts in the directory that libvirt uses."""
        path = '/etc/pki/libvirt-migrate'
        files = observations.credential_files(dh_params=None)
        finding = found(
            credentials=dataclasses.replace(files, directory=path),
            directory=tls_directory.TLSDirectory(path=path),
        )[CODE]
        self.assertEqual(f'host1: {path}/{NAME}', finding.subject)

    def test_whole_host(self) -> None:
        """Nothing else is found because of it, and no check refuses."""
        ask = runner.Runner(runner.load()).run
        without = observations.credential_files(dh_params=None)
        reports = [
            ask(observations.context(observations.good(**changes)))
            for changes in ({}, {'credentials': without})
        ]
        self.assertEqual(
            [Status.SUCCESS, Status.WARNING], [each.status for each in reports]
        )
        (only,) = reports[1].with_status(Status.WARNING)
        self.assertEqual(CODE, only.code)

    def test_stages(self) -> None:
        """It matters to a destination, and stops no migration."""
        seen = observations.good(
            credentials=observations.credential_files(dh_params=None)
        )
        for stage, wanted in (
            (Stage.DESTINATION, {CODE: Status.WARNING}),
            (Stage.SOURCE, {}),
            (Stage.DESTINATION_AGAIN, {}),
        ):
            context = observations.context(seen, stage=stage)
            answers = credentials.CredentialsCheck().run(context)
            self.assertEqual(
                wanted,
                {each.code: each.status for each in answers if each.status},
                stage,
            )


class NotAbsentTest(testtools.TestCase):
    """QEMU makes none, or nobody knows."""

    def test_file_there(self) -> None:
        """It is used."""
        self.assertEqual(
            {}, found(credentials=observations.credential_files())
        )

    def test_file_that_cannot_be_reached(self) -> None:
        """It may be there, and QEMU fails: that is another matter."""
        files = observations.credential_files(dh_params=None)
        denied = credential_set.File(stat_error=13)
        files = dataclasses.replace(files, files={**files.files, NAME: denied})
        answers = found(credentials=files)
        self.assertEqual(['dh-params.not-permitted'], list(answers))
        self.assertEqual(
            Status.FAILURE, answers['dh-params.not-permitted'].status
        )

    def test_file_that_nobody_could_look_at(self) -> None:
        """Nothing is guessed."""
        answers = found(unseen_files={NAME: 'no way'})
        self.assertEqual(['credentials.not-looked-at'], list(answers))

    def test_newer_qemu(self) -> None:
        """It has the groups of RFC 7919."""
        for release in (V(10, 2), V(11, 1, 3)):
            self.assertEqual({}, found(libvirt=with_qemu(release)), release)

    def test_unknown_qemu(self) -> None:
        """It may be a newer one."""
        answers = found(libvirt=with_qemu(None))
        self.assertEqual(['credentials.not-looked-at'], list(answers))

    def test_no_server_credentials(self) -> None:
        """QEMU loads none, and so gets not as far as that."""
        for missing in (
            ('server_cert', 'server_key'),
            ('server_cert',),
            ('server_key',),
        ):
            answers = found(
                credentials=observations.credential_files(
                    dh_params=None, **dict.fromkeys(missing)
                )
            )
            self.assertNotIn(CODE, answers, missing)
            self.assertNotEqual({}, answers, missing)

    def test_no_directory(self) -> None:
        """Said once, and not of every file."""
        path = observations.DIRECTORY
        answers = found(
            credentials=credential_set.CredentialSet(directory=path, files={}),
            directory=tls_directory.TLSDirectory(path=path, exists=False),
        )
        self.assertEqual(['directory.missing'], list(answers))
