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

"""What holds for every check of a host, and the smallest of them."""

from __future__ import annotations

import testtools

from nova_native_tls.checks import apparmor
from nova_native_tls.checks import base
from nova_native_tls.checks import clock
from nova_native_tls.checks import control_connection
from nova_native_tls.checks import credential_modes
from nova_native_tls.checks import credentials
from nova_native_tls.checks import host_check
from nova_native_tls.checks import libvirt_answer
from nova_native_tls.checks import migration_ports
from nova_native_tls.checks import own_name
from nova_native_tls.checks import qemu_conf
from nova_native_tls.checks import qemu_user
from nova_native_tls.checks import result
from nova_native_tls.checks import revocation
from nova_native_tls.checks import running_guests
from nova_native_tls.checks import selinux
from nova_native_tls.checks import separation
from nova_native_tls.checks import time_left
from nova_native_tls.checks import tls_directory
from nova_native_tls.host import clock as host_clock
from nova_native_tls.host import observation
from tests.unit.checks import contexts
from tests.unit.host import observations

Status = result.Status

#: Each check, and what it cannot do without.
CHECKS: dict[type[host_check.HostCheck], tuple[str, ...]] = {
    apparmor.AppArmorCheck: ('confinement',),
    clock.ClockCheck: ('clock',),
    control_connection.ControlConnectionCheck: ('listeners', 'control'),
    credential_modes.CredentialModesCheck: ('user',),
    credentials.CredentialsCheck: ('credentials', 'libvirt'),
    libvirt_answer.LibvirtAnswerCheck: ('libvirt',),
    migration_ports.MigrationPortsCheck: ('listeners', 'conf'),
    qemu_conf.QemuConfCheck: ('conf',),
    qemu_user.QemuUserCheck: ('user',),
    revocation.RevocationCheck: ('credentials',),
    running_guests.RunningGuestsCheck: ('guests', 'credentials'),
    selinux.SELinuxCheck: ('labels',),
    separation.SeparationCheck: ('credentials', 'libvirt_ca'),
    time_left.TimeLeftCheck: ('credentials',),
    tls_directory.TLSDirectoryCheck: ('directory', 'daemon'),
}


def observation_without(field: str) -> observation.HostObservation:
    """A good host of which one thing could not be looked at."""
    return observations.good(**{field: observations.UNSEEN})


class EveryCheckTest(testtools.TestCase):
    """What every one of them does."""

    def test_good_host(self) -> None:
        """There is a success to be had, and nothing but."""
        for check in CHECKS:
            found = observations.judge(check())
            self.assertEqual(
                {Status.SUCCESS}, {each.status for each in found}, found
            )

    def test_nobody_looked(self) -> None:
        """That is a failure, not a success."""
        for check in CHECKS:
            found = observations.judge(check(), context={'observation': None})
            self.assertEqual([Status.FAILURE], [f.status for f in found])

    def test_not_looked_at(self) -> None:
        """What could not be seen is never a success, and is said."""
        for check, fields in CHECKS.items():
            for field in fields:
                found = observations.judge(check(), observation_without(field))
                self.assertNotEqual([], found)
                for each in found:
                    self.assertGreater(each.status, Status.SUCCESS, each)
                    self.assertIn('nobody may look', each.detail)
                    self.assertNotEqual('', each.remedy)

    def test_only_of_hosts_that_were_looked_at(self) -> None:
        """Nobody has looked when a service reads its options."""
        for check in CHECKS:
            self.assertIn(base.Stage.HOST, check.stages)
            self.assertNotIn(base.Stage.START, check.stages)

    def test_no_private_key_is_shown(self) -> None:
        """Not in what was seen, printed as it is, either."""
        seen = observations.good()
        key = observations.faultless().key_pem()
        for line in key.decode().splitlines()[1:-1]:
            self.assertNotIn(line, repr(seen))


class ClockTest(testtools.TestCase):
    """The host's clock."""

    def test_nobody_sets_it(self) -> None:
        """A warning: it may still be right."""
        (found,) = observations.judge(
            clock.ClockCheck(),
            clock=host_clock.Clock(synchronised=False, maximum_error_s=16),
        )
        self.assertEqual(
            ('clock.unsynchronised', Status.WARNING),
            (found.code, found.status),
        )


class OwnNameTest(testtools.TestCase):
    """The name of this host, as a destination."""

    def _codes(self, **own: object) -> list[str]:
        context = contexts.context(
            base.Stage.HOST, own=contexts.host(1, **own)
        )
        return [each.code for each in own_name.OwnNameCheck().run(context)]

    def test_decided(self) -> None:
        """Its own name counts, though there is no peer."""
        self.assertEqual(['peer-name.decided'], self._codes())

    def test_undecided(self) -> None:
        """Without one nobody can verify it."""
        self.assertEqual(['peer-name.undecided'], self._codes(tls_name=None))
