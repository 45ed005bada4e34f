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

"""Before a migration only what this host will be counts."""

from __future__ import annotations

from typing import Any

import testtools

from nova_native_tls.checks import apparmor
from nova_native_tls.checks import base
from nova_native_tls.checks import control_connection
from nova_native_tls.checks import credentials
from nova_native_tls.checks import guest_known_issues
from nova_native_tls.checks import host_check
from nova_native_tls.checks import migration_ports
from nova_native_tls.checks import result
from nova_native_tls.checks import revocation
from nova_native_tls.checks import runner
from nova_native_tls.checks import running_guests
from nova_native_tls.checks import time_left
from nova_native_tls.host import apparmor_rules
from nova_native_tls.host import confinement
from nova_native_tls.host import guests
from nova_native_tls.host import migration_conf
from nova_native_tls.migration import versions
from tests.functional import credentials as certificates
from tests.unit.checks import contexts
from tests.unit.host import observations

Stage = base.Stage
Status = result.Status
V = versions.Version
GUEST = guests.Known(name='g1', memory_mib=1024)


def failed(
    check: host_check.HostCheck, stage: Stage, **changes: Any
) -> list[str]:
    """Ask one check at a stage, without a peer.

    :returns: the codes of what is no success.
    """
    context = {'stage': stage, 'peer': None} | changes.pop('context', {})
    seen = observations.good(**changes)
    asked = contexts.context(
        **{
            'own': contexts.host(1, tls_name=observations.NAME),
            'observation': seen,
            'now': observations.NOW,
            **context,
        }
    )
    return [each.code for each in check.run(asked) if each.status]


class StagesTest(testtools.TestCase):
    """Who is asked at all."""

    def test_stages(self) -> None:
        """What only one end needs is not asked of the other."""
        checks = {
            type(check): check.stages
            for check in runner.load().values()
            if isinstance(check, host_check.HostCheck)
        }
        destination_only = {
            control_connection.ControlConnectionCheck,
            migration_ports.MigrationPortsCheck,
        }
        source_only = {
            guest_known_issues.GuestKnownIssuesCheck,
            running_guests.RunningGuestsCheck,
        }
        for check, stages in checks.items():
            self.assertIn(Stage.HOST, stages)
            self.assertNotIn(Stage.START, stages)
            self.assertEqual(
                check not in destination_only, Stage.SOURCE in stages, check
            )
            self.assertEqual(
                check not in source_only, Stage.DESTINATION in stages, check
            )
            self.assertEqual(
                check is credentials.CredentialsCheck,
                Stage.DESTINATION_AGAIN in stages,
                check,
            )


class RolesTest(testtools.TestCase):
    """Who is asked, about one end only."""

    def _assert_only(
        self, stage: Stage, check: host_check.HostCheck, **changes: Any
    ) -> None:
        """Assert that only one of the ends minds, and the host as a whole."""
        for each in (Stage.DESTINATION, Stage.SOURCE):
            self.assertEqual(
                each is stage, bool(failed(check, each, **changes)), each
            )
        self.assertNotEqual([], failed(check, Stage.HOST, **changes))

    def test_credentials(self) -> None:
        """Each end has its own."""
        check = credentials.CredentialsCheck()
        old = observations.issue(days=(-9, -2))
        self._assert_only(
            Stage.DESTINATION,
            check,
            credentials=observations.credential_files(old),
        )
        self._assert_only(
            Stage.SOURCE,
            check,
            credentials=observations.credential_files(None, old),
        )

    def test_common_authority(self) -> None:
        """Both ends need it."""
        files = observations.credential_files(ca_cert=None)
        for stage in (Stage.DESTINATION, Stage.SOURCE):
            self.assertNotEqual(
                [],
                failed(
                    credentials.CredentialsCheck(), stage, credentials=files
                ),
            )

    def test_unseen_files(self) -> None:
        """Nobody needs to see what is not needed."""
        for file, stage in (
            ('server-key.pem', Stage.DESTINATION),
            ('ca-crl.pem', Stage.DESTINATION),
            ('client-cert.pem', Stage.SOURCE),
        ):
            self._assert_only(
                stage,
                credentials.CredentialsCheck(),
                unseen_files={file: 'no way'},
            )

    def test_time_left(self) -> None:
        """Each end has its own certificate."""
        check = time_left.TimeLeftCheck()
        ends = observations.issue(days=(-1, 1))
        large = {'memory_mib': 128 * 1024}
        self._assert_only(
            Stage.DESTINATION,
            check,
            credentials=observations.credential_files(ends),
            **large,
        )
        self._assert_only(
            Stage.SOURCE,
            check,
            credentials=observations.credential_files(None, ends),
            guests=(observations.guest(memory_mib=128 * 1024),),
        )

    def test_time_left_for_this_guest(self) -> None:
        """Its memory decides, not what could come or leave."""
        ends = observations.issue(days=(-1, 1))
        for stage in (Stage.DESTINATION, Stage.SOURCE):
            for memory_mib, found in ((1024, False), (128 * 1024, True)):
                guest = guests.Known(name='g1', memory_mib=memory_mib)
                self.assertEqual(
                    found,
                    bool(
                        failed(
                            time_left.TimeLeftCheck(),
                            stage,
                            credentials=observations.credential_files(
                                ends, ends
                            ),
                            memory_mib=512 * 1024,
                            guests=(
                                observations.guest(memory_mib=512 * 1024),
                            ),
                            context={'guest': guest},
                        )
                    ),
                )

    def test_revoked(self) -> None:
        """A source shows no server certificate."""
        crl = certificates.revocation_list(
            observations.authority(), observations.faultless()
        )
        self._assert_only(
            Stage.DESTINATION,
            revocation.RevocationCheck(),
            credentials=observations.credential_files(ca_crl=crl),
        )

    def test_apparmor(self) -> None:
        """A source reads no file of a destination."""
        profile = 'profile x {\n/etc/pki/qemu/{ca-cert,client-*}.pem r,\n}\n'
        rules = apparmor_rules.parse(profile, lambda _name: None)
        self._assert_only(
            Stage.DESTINATION,
            apparmor.AppArmorCheck(),
            confinement=confinement.Confinement(
                models=frozenset({'apparmor'}), rules=rules
            ),
        )


class LeavingGuestTest(testtools.TestCase):
    """The QEMU of the guest that is to leave."""

    def _failed(self, check: host_check.HostCheck, **changes: Any) -> Any:
        return failed(check, Stage.SOURCE, context={'guest': GUEST}, **changes)

    def test_other_guests(self) -> None:
        """What they have stops no migration but theirs."""
        broken = observations.guest(name='g2', qemu=None)
        check = running_guests.RunningGuestsCheck()
        good = observations.guest()
        self.assertEqual([], self._failed(check, guests=(broken, good)))
        self.assertEqual(
            ['guest.version-unknown'],
            self._failed(
                check, guests=(observations.guest(qemu=None), broken)
            ),
        )

    def test_older_rules(self) -> None:
        """Its own QEMU decides, not the installed one."""
        strict = observations.issue(
            certificates.usage('digital_signature'), rsa_bits=2048
        )
        files = observations.credential_files(None, strict)
        for qemu, found in ((V(7, 2, 22), False), (V(7, 2, 4), True)):
            self.assertEqual(
                found,
                bool(
                    self._failed(
                        credentials.CredentialsCheck(),
                        credentials=files,
                        guests=(observations.guest(qemu=qemu),),
                    )
                ),
            )

    def test_other_files(self) -> None:
        """What it sees counts; another check speaks of that."""
        guest = observations.guest(
            files=observations.credential_files(), changed=('ca-cert.pem',)
        )
        broken = observations.credential_files(ca_cert=None)
        self.assertEqual(
            [],
            self._failed(
                credentials.CredentialsCheck(),
                credentials=broken,
                guests=(guest,),
            ),
        )

    def test_said_once(self) -> None:
        """Of a QEMU like the installed one the credentials' check speaks."""
        files = observations.credential_files(ca_cert=None)
        changes: dict[str, Any] = {
            'credentials': files,
            'guests': (observations.guest(),),
        }
        self.assertEqual(
            [], self._failed(running_guests.RunningGuestsCheck(), **changes)
        )
        self.assertNotEqual(
            [], self._failed(credentials.CredentialsCheck(), **changes)
        )


class SecretTest(testtools.TestCase):
    """A key whose passphrase libvirt keeps for itself."""

    def test_one_end(self) -> None:
        """It is not tried, and stops nobody."""
        key = observations.faultless().key_pem(certificates.PASSPHRASE)
        for stage in (Stage.DESTINATION, Stage.SOURCE):
            changes: dict[str, Any] = {
                'credentials': observations.credential_files(
                    server_key=key, client_key=key
                )
            }
            check = credentials.CredentialsCheck()
            self.assertIn('encrypted', failed(check, stage, **changes)[0])
            changes['conf'] = migration_conf.MigrationConf(secret_uuid='x')
            self.assertEqual(
                ['qemu-conf.secret-private'], failed(check, stage, **changes)
            )
