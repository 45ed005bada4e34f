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

"""What the other host says that it shows."""

from __future__ import annotations

from typing import Any

import testtools

from nova_native_tls.checks import base
from nova_native_tls.checks import credentials
from nova_native_tls.checks import result
from nova_native_tls.host import guests
from nova_native_tls.host import migration_conf
from nova_native_tls.peer import facts
from tests.functional import credentials as certificates
from tests.unit.checks import contexts
from tests.unit.host import observations

Stage = base.Stage
Status = result.Status
NAME = 'host2.example.org'


def issue(*extensions: Any, **changes: Any) -> certificates.Identity:
    """Issue a certificate for the other host."""
    changes = {
        'issuer': observations.authority(),
        'names': (NAME,),
        'days': (-1, 90),
    } | changes
    return certificates.issue('host2', *extensions, **changes)


def chain(*identities: certificates.Identity) -> tuple[bytes, ...]:
    """Show certificates."""
    return tuple(
        each.cert.public_bytes(certificates.serialization.Encoding.DER)
        for each in identities
    )


class PeerTestCase(testtools.TestCase):
    """Asks the check of the credentials as this host."""

    def ask(
        self,
        stage: Stage,
        peer: facts.HostFacts | None,
        *,
        leaving: guests.Known | None = None,
        **changes: Any,
    ) -> dict[str, result.Finding]:
        """Ask, and give what is said of the other host."""
        context = contexts.context(
            stage,
            own=contexts.host(1, tls_name=observations.NAME),
            peer=peer,
            guest=leaving,
            observation=observations.good(**changes),
            now=observations.NOW,
        )
        return {
            each.code: each
            for each in credentials.CredentialsCheck().run(context)
            if each.code.startswith('peer.')
        }


class DestinationTest(PeerTestCase):
    """The source looks at the destination."""

    def _found(self, shown: facts.Chain, **changes: Any) -> Any:
        peer = contexts.host(2, server_chain=shown, tls_name=NAME)
        return self.ask(Stage.SOURCE, peer, **changes)

    def test_accepted(self) -> None:
        """A certificate of the common CA for the name that is asked for."""
        found = self._found(chain(issue()))
        self.assertEqual(['peer.server-cert.accepted'], list(found))
        (only,) = found.values()
        self.assertEqual(
            (Status.SUCCESS, 'compute2: server-cert.pem'),
            (only.status, only.subject),
        )

    def test_refused(self) -> None:
        """The other host and its file are named, and what to do."""
        for shown, code, seen in (
            (issue(days=(-9, -2)), 'peer.server-cert.expired', ' until '),
            (issue(names=('x.example.org',)), 'peer.name.mismatch', NAME),
        ):
            found = self._found(chain(shown))
            self.assertIn(code, found)
            self.assertIn(seen, found[code].detail)
            for each in found.values():
                self.assertEqual(Status.FAILURE, each.status)
                self.assertEqual('compute2: server-cert.pem', each.subject)
                self.assertNotEqual('', each.wanted)
                self.assertNotEqual('', each.remedy)

    def test_revoked(self) -> None:
        """By a list at which QEMU on a source does not look."""
        shown = issue()
        crl = certificates.revocation_list(observations.authority(), shown)
        found = self._found(
            chain(shown), credentials=observations.credential_files(ca_crl=crl)
        )
        self.assertEqual(
            Status.FAILURE, found['peer.server-cert.revoked'].status
        )

    def test_strangers(self) -> None:
        """A CA that this host does not know, also one of the same name."""
        for issuer in (
            certificates.authority(),
            certificates.authority(subject='another'),
        ):
            found = self._found(chain(issue(issuer=issuer)))
            self.assertEqual(
                [Status.FAILURE], [each.status for each in found.values()]
            )

    def test_intermediate(self) -> None:
        """The whole chain counts."""
        between = certificates.authority(
            subject='between', issuer=observations.authority()
        )
        leaf = issue(issuer=between)
        for shown, status in (
            (chain(leaf, between), Status.SUCCESS),
            (chain(leaf), Status.FAILURE),
        ):
            (found,) = self._found(shown).values()
            self.assertEqual(status, found.status, found.sentence())

    def test_garbage(self) -> None:
        """It is a failure, and nothing breaks."""
        for garbage in (b'x', bytes(facts.MAX_CERTIFICATE_BYTES), b'\x30\x84'):
            (found,) = self._found((garbage,)).values()
            self.assertEqual(Status.FAILURE, found.status)

    def test_unknown(self) -> None:
        """A peer that does not say it is looked at by nobody."""
        for peer in (None, contexts.host(2)):
            found = self.ask(Stage.SOURCE, peer)
            self.assertEqual(['peer.server-cert.not-sent'], list(found))
            (only,) = found.values()
            self.assertEqual(Status.SUCCESS, only.status)
            self.assertIn('could not be looked at', only.detail)

    def test_own_files_broken(self) -> None:
        """Then nothing is said of the other host."""
        self.assertEqual(
            {},
            self._found(
                chain(issue()),
                credentials=observations.credential_files(ca_cert=None),
            ),
        )

    def test_no_name(self) -> None:
        """Another check says so."""
        peer = contexts.host(2, server_chain=chain(issue()), tls_name=None)
        found = self.ask(Stage.SOURCE, peer)
        self.assertNotIn('peer.name.unknown', found)


class OtherFilesTest(PeerTestCase):
    """A guest that leaves sees other files than a new one would."""

    def test_its_authority(self) -> None:
        """It trusts what it sees."""
        other, third = (
            certificates.authority(subject=subject)
            for subject in ('another', 'a third')
        )
        both = observations.authority().cert_pem + other.cert_pem
        guest = observations.guest(
            files=observations.credential_files(ca_cert=both),
            changed=('ca-cert.pem',),
        )
        for issuer, status in (
            (other, Status.SUCCESS),
            (third, Status.FAILURE),
        ):
            found = self.ask(
                Stage.SOURCE,
                contexts.host(
                    2, server_chain=chain(issue(issuer=issuer)), tls_name=NAME
                ),
                leaving=guests.Known(name=guest.name, memory_mib=1024),
                guests=(guest,),
            )
            self.assertEqual(
                {status}, {each.status for each in found.values()}
            )


class SourceTest(PeerTestCase):
    """The destination looks at the source, when it has heard of it."""

    def _found(self, shown: facts.Chain, **changes: Any) -> Any:
        peer = contexts.host(2, client_chain=shown)
        return self.ask(Stage.DESTINATION_AGAIN, peer, **changes)

    def test_accepted(self) -> None:
        """Its names do not matter."""
        shown = issue(names=('x.example.org',))
        found = self._found(chain(shown))
        self.assertEqual(['peer.client-cert.accepted'], list(found))

    def test_refused(self) -> None:
        """Nothing, something old, something of a stranger."""
        for shown in (
            (),
            chain(issue(days=(-9, -2))),
            chain(issue(issuer=certificates.authority())),
        ):
            found = self._found(shown)
            self.assertNotEqual({}, found)
            for each in found.values():
                self.assertEqual(Status.FAILURE, each.status)
                self.assertEqual('compute2: client-cert.pem', each.subject)

    def test_verify_off(self) -> None:
        """Nobody looks."""
        (found,) = self._found(
            (), conf=migration_conf.MigrationConf(verify=False)
        ).values()
        self.assertEqual(Status.SUCCESS, found.status)

    def test_nothing_else_is_asked(self) -> None:
        """This host's own files were looked at before."""
        peer = contexts.host(2, client_chain=chain(issue()))
        context = contexts.context(
            Stage.DESTINATION_AGAIN,
            own=contexts.host(1),
            peer=peer,
            observation=observations.good(),
        )
        (found,) = credentials.CredentialsCheck().run(context)
        self.assertEqual('peer.client-cert.accepted', found.code)

    def test_private_secret(self) -> None:
        """Without this host's key nobody can try, which is no failure."""
        key = observations.faultless().key_pem(certificates.PASSPHRASE)
        found = self._found(
            chain(issue()),
            credentials=observations.credential_files(server_key=key),
            conf=migration_conf.MigrationConf(secret_uuid='x'),
        )
        self.assertEqual(['peer.client-cert.not-looked-at'], list(found))
        (only,) = found.values()
        self.assertEqual(Status.SUCCESS, only.status)
