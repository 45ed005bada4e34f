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

"""A host's own QEMU is really asked."""

from __future__ import annotations

from collections.abc import Callable
import os
import pathlib
import subprocess
from typing import Any

import fixtures

from nova_native_tls.checks import result
from nova_native_tls.prove import handshake
from nova_native_tls.prove import host
from nova_native_tls.prove import process
from nova_native_tls.prove import subject
from tests.functional import credentials

#: Who owns nothing, where root would be able to read everything.
NOBODY = 65534
PHRASE = 'a, "phrase"'

LOADED = ['server-credentials.loaded', 'client-credentials.loaded']
GOOD = [*LOADED, 'own-handshake.accepted']

Change = Callable[[credentials.Files], None]


def _account() -> subject.Account:
    uid, gid = os.getuid(), os.getgid()
    if uid == 0:
        uid = gid = NOBODY
    return subject.Account(name='somebody', uid=uid, gid=gid)


class ProveTestCase(credentials.CredentialsTestCase):
    """Credentials of one host, and a QEMU to load them."""

    def setUp(self) -> None:
        super().setUp()
        self.temporary = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.useFixture(
            fixtures.MonkeyPatch('tempfile.tempdir', str(self.temporary))
        )

    def prove(
        self,
        files: credentials.Files,
        timeout_s: float = host.TIMEOUT_S,
        **changes: Any,
    ) -> tuple[result.Finding, ...]:
        """Prove these files, as a user that is not root."""
        values = {
            'host': 'host2',
            'directory': str(files.directory),
            'name': credentials.NAME,
            'account': _account(),
        }
        return host.prove(
            subject.Subject(**values | changes), timeout_s=timeout_s
        )

    def codes(self, files: credentials.Files, **changes: Any) -> list[str]:
        """The codes of what was found."""
        return [found.code for found in self.prove(files, **changes)]


class GoodTest(ProveTestCase):
    """Credentials with which nothing is wrong."""

    def test_good(self) -> None:
        """All is success, and it is said who asked."""
        found = self.prove(self.files())
        self.assertEqual(GOOD, [each.code for each in found])
        self.assertEqual(
            {result.Status.SUCCESS}, {each.status for each in found}
        )
        self.assertIn('as the user somebody', found[0].detail)

    def test_many_open_files(self) -> None:
        """As in a nova-compute, where descriptors have high numbers."""
        for _number in range(300):
            self.addCleanup(os.close, os.open('/dev/null', os.O_RDONLY))
        self.assertEqual(GOOD, self.codes(self.files()))

    def test_odd_directory(self) -> None:
        """A comma in the path is part of it."""
        files = self.files()
        odd = files.directory.with_name('odd, dir=x')
        files.directory.rename(odd)
        self.assertEqual(GOOD, self.codes(files, directory=str(odd)))

    def test_nothing_left(self) -> None:
        """No process, no file, no open descriptor; also after an error."""
        good, bad = self.files(), self.files()
        bad.remove('server-cert.pem')
        waits = self.files()
        waits.remove('ca-cert.pem')
        os.mkfifo(waits.directory / 'ca-cert.pem', 0o644)
        before = os.listdir('/proc/self/fd')
        for files in (good, bad, waits):
            self.prove(files, timeout_s=5 if files is waits else 60)
            self.assertEqual([], list(self.temporary.iterdir()))
            self.assertEqual(before, os.listdir('/proc/self/fd'))
            children = f'/proc/self/task/{os.getpid()}/children'
            self.assertEqual('', pathlib.Path(children).read_text())

    def test_encrypted_key(self) -> None:
        """A passphrase opens it, and is in no argument or environment."""
        files = self.files()
        identity = self.issue()
        files.install('server', identity)
        files.write('server-key.pem', identity.key_pem(PHRASE.encode()))
        started: list[object] = []
        real = subprocess.Popen

        def popen(argv: object, **options: Any) -> Any:
            started.extend((argv, options['env']))
            return real(argv, **options)

        self.useFixture(
            fixtures.MockPatchObject(process.subprocess, 'Popen', popen)
        )
        self.assertEqual(GOOD, self.codes(files, passphrase=PHRASE))
        self.assertEqual(8, len(started))
        self.assertNotIn('phrase"', repr(started).replace('\\', ''))

    def test_without_verification(self) -> None:
        """A destination that wants no certificate gets none."""
        files = self.files()
        files.remove('client-cert.pem')
        self.assertEqual(GOOD, self.codes(files, verify=False))


class FaultTest(ProveTestCase):
    """One fault each; QEMU finds it, and it is explained."""

    def _assert_found(
        self, expected: list[str], change: Change, **changes: Any
    ) -> None:
        files = self.files()
        change(files)
        found = self.prove(files, **changes)
        self.assertEqual(expected, [each.code for each in found], found)
        for each in found:
            if each.status is not result.Status.SUCCESS:
                self.assertNotEqual('', each.remedy)

    def test_missing(self) -> None:
        """A file is missing."""
        self._assert_found(
            ['server-cert.missing', LOADED[1]],
            lambda files: files.remove('server-cert.pem'),
        )

    def test_not_permitted(self) -> None:
        """QEMU's user may not read a key."""

        def hide(files: credentials.Files) -> None:
            (files.directory / 'client-key.pem').chmod(0)

        self._assert_found([LOADED[0], 'client-cert.pair-not-permitted'], hide)

    def test_expired(self) -> None:
        """A certificate has expired."""

        def expire(files: credentials.Files) -> None:
            files.install('client', self.issue(days=(-2, -1)))

        self._assert_found([LOADED[0], 'client-cert.expired'], expire)

    def test_encrypted(self) -> None:
        """A key is encrypted, and there is no passphrase or another one."""

        def encrypt(files: credentials.Files) -> None:
            identity = self.issue()
            files.install('server', identity)
            files.write('server-key.pem', identity.key_pem(b'another'))

        for phrase in (None, PHRASE):
            self._assert_found(
                ['server-key.encrypted', LOADED[1]], encrypt, passphrase=phrase
            )

    def test_name(self) -> None:
        """The certificate is for another name."""
        self._assert_found(
            [*LOADED, 'name.mismatch'],
            lambda files: None,
            name='other.example.org',
        )

    def test_no_name(self) -> None:
        """It is a failure not to know the name."""
        self._assert_found(
            [*LOADED, 'name.undecided'], lambda files: None, name=None
        )

    def test_no_client_certificate(self) -> None:
        """What only the destination notices is found here."""
        self._assert_found(
            [*LOADED, 'client-cert.not-sent'],
            lambda files: files.remove('client-cert.pem'),
        )

    def test_revoked(self) -> None:
        """Its own CRL has its own client certificate."""

        def revoke(files: credentials.Files) -> None:
            identity = self.issue()
            files.install('client', identity)
            files.write(
                'ca-crl.pem', credentials.revocation_list(self.ca, identity)
            )

        self._assert_found([*LOADED, 'client-cert.revoked'], revoke)

    def test_priority(self) -> None:
        """GnuTLS does not know the priority."""
        self._assert_found(
            [*LOADED, 'priority.unusable'],
            lambda files: None,
            priority='NONSENSE',
        )

    def test_waits(self) -> None:
        """A FIFO would let QEMU wait for ever."""

        def block(files: credentials.Files) -> None:
            files.remove('ca-cert.pem')
            os.mkfifo(files.directory / 'ca-cert.pem', 0o644)

        self._assert_found(['prove.no-answer'], block, timeout_s=2)


class AskedTest(ProveTestCase):
    """Who is asked, and by whom."""

    def test_unknown_user(self) -> None:
        """It is said if QEMU's user is not known; nothing is called good."""
        found = self.prove(self.files(), account=None)
        self.assertEqual('prove.not-as-qemu', found[0].code)
        self.assertIs(result.Status.WARNING, found[0].status)
        self.assertNotIn('as the user', found[1].detail)

    def test_no_emulator(self) -> None:
        """Without a QEMU there is nothing to prove."""
        files = self.files()
        self.assertEqual(
            ['prove.not-started'], self.codes(files, emulator='/nonexistent')
        )

    def test_another_program(self) -> None:
        """What says nothing that QEMU would say is a failure."""
        found = self.prove(self.files(), emulator='/bin/false')
        self.assertEqual(
            ['prove.no-answer'] * 2, [each.code for each in found[:2]]
        )
        self.assertEqual(
            {result.Status.FAILURE}, {e.status for e in found[:2]}
        )

    def test_no_tools(self) -> None:
        """It is said which program is missing."""
        values = subject.Subject(
            host='host2', directory='/', name=None, account=_account()
        )
        (found,) = host.prove(
            values, which=lambda name: None if name == 'qemu-nbd' else name
        )
        self.assertEqual('prove.program-missing', found.code)
        self.assertIn('qemu-nbd', found.detail)

    def test_odd_refusal(self) -> None:
        """What nobody can explain is shown in QEMU's words."""
        self.useFixture(
            fixtures.MockPatchObject(handshake, '_IMAGE', 'driver=nonsense')
        )
        found = self.prove(self.files())
        self.assertEqual('prove.refused', found[-1].code)
        self.assertIs(result.Status.FAILURE, found[-1].status)
        self.assertIn('nonsense', found[-1].detail)
