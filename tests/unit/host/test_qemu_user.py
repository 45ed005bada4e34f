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

"""Who QEMU is, by whoever says it."""

from __future__ import annotations

import os
import pwd

import testtools

from nova_native_tls.host import migration_conf
from nova_native_tls.host import qemu_user

CAPABILITIES = """<capabilities><host>
<secmodel><model>apparmor</model><doi>0</doi>
<baselabel type='kvm'>libvirt-1</baselabel></secmodel>
<secmodel><model>dac</model><doi>0</doi>
<baselabel type='kvm'>+64987:+64988</baselabel>
<baselabel type='qemu'>+64987:+64988</baselabel></secmodel>
</host></capabilities>"""
Conf = migration_conf.MigrationConf


class QemuUserTest(testtools.TestCase):
    """Where the user comes from."""

    def test_libvirt_counts_most(self) -> None:
        """It is not asked further; a user without a name is a number."""
        found = qemu_user.find(CAPABILITIES, Conf(user='root'))
        self.assertEqual(
            (64987, 64988, frozenset({64988})),
            (found.identity.uid, found.identity.gid, found.identity.groups),
        )
        self.assertEqual(
            ('64987', '64988', 'libvirt'),
            (found.name, found.group, found.said_by),
        )

    def test_qemu_conf(self) -> None:
        """By name, by number, and with its own groups."""
        root = pwd.getpwuid(0)
        for user in ('root', '+0', '0'):
            found = qemu_user.find(None, Conf(user=user))
            self.assertEqual(
                (0, root.pw_gid), (found.identity.uid, found.identity.gid)
            )
            self.assertEqual(
                frozenset(os.getgrouplist('root', root.pw_gid)),
                found.identity.groups,
            )
        found = qemu_user.find(None, Conf(user='root', group='+5'))
        self.assertEqual(5, found.identity.gid)

    def test_capabilities_without_dac(self) -> None:
        """Then qemu.conf counts."""
        xml = '<capabilities><host/></capabilities>'
        found = qemu_user.find(xml, Conf(user='root'))
        self.assertEqual('qemu.conf', found.said_by)

    def test_unknown(self) -> None:
        """Nobody is guessed at."""
        for conf in (
            Conf(user='no-such-user'),
            Conf(user='+x'),
            # What no system call takes.
            Conf(user='ro\0ot'),
            Conf(user='root', group='\ud800'),
            # More than the kernel has, and more than Python converts.
            Conf(user='4294967295'),
            Conf(user='root', group='+' + '9' * 5000),
        ):
            self.assertRaises(
                qemu_user.UserUnknown, qemu_user.find, None, conf
            )

    def test_security_models(self) -> None:
        """What libvirt confines guests with."""
        self.assertEqual(
            {'apparmor', 'dac'}, qemu_user.security_models(CAPABILITIES)
        )
