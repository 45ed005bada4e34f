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

"""Settings that no migration, or no safe one, can work with."""

from __future__ import annotations

import dataclasses
from typing import Any

import testtools

from nova_native_tls.checks import qemu_conf
from nova_native_tls.checks import result
from nova_native_tls.host import migration_conf
from nova_native_tls.migration import versions
from tests.unit.host import observations

Status = result.Status


class QemuConfTest(testtools.TestCase):
    """One setting each."""

    def _found(self, conf: dict[str, Any], **changes: Any) -> Any:
        (found,) = observations.judge(
            qemu_conf.QemuConfCheck(),
            conf=migration_conf.MigrationConf(**conf),
            **changes,
        )
        return found.code, found.status

    def test_changed(self) -> None:
        """What is written is not what libvirt has read."""
        self.assertEqual(
            ('qemu-conf.changed', Status.WARNING),
            self._found({}, conf_changed=True),
        )

    def test_verify_off(self) -> None:
        """It works, for everybody."""
        self.assertEqual(
            ('qemu-conf.verify-off', Status.WARNING),
            self._found({'verify': False}),
        )

    def _found_with(
        self, settings: dict[str, Any], **conf: Any
    ) -> list[tuple[str, Status]]:
        seen = observations.good(conf=migration_conf.MigrationConf(**conf))
        found = qemu_conf.QemuConfCheck().run(
            observations.context(seen, settings=settings)
        )
        return [(finding.code, finding.status) for finding in found]

    def test_force(self) -> None:
        """Only together with options that ask for TLS."""
        good = [('qemu-conf.consistent', Status.SUCCESS)]
        refused = [('qemu-conf.force-without-tls', Status.FAILURE)]
        for settings, wanted in (
            ({}, good),
            ({'native_tls': False}, refused),
            ({'native_tls': False, 'tunnelled': True}, good),
            ({'native_tls': False, 'encryption': 'required'}, good),
            ({'encryption': 'disabled'}, refused),
            (
                {'encryption': 'opportunistic'},
                [('qemu-conf.force-opportunistic', Status.WARNING)],
            ),
        ):
            self.assertEqual(wanted, self._found_with(settings, force=True))

    def test_force_where_all_is_encrypted(self) -> None:
        """It is said whether libvirt agrees; if guests may ask for less, not.

        Then it could be in the way of these.
        """
        good = ('qemu-conf.consistent', Status.SUCCESS)
        strict = {'encryption': 'required', 'weaker_allowed': False}
        for force, settings, wanted in (
            (True, strict, [('qemu-conf.forced', Status.SUCCESS), good]),
            (False, strict, [('qemu-conf.not-forced', Status.WARNING)]),
            (False, strict | {'weaker_allowed': True}, [good]),
            (False, strict | {'encryption': None}, [good]),
        ):
            self.assertEqual(wanted, self._found_with(settings, force=force))

    def test_secret(self) -> None:
        """A secret that libvirt does not have stops every migration."""
        self.assertEqual(
            ('qemu-conf.secret-missing', Status.FAILURE),
            self._found(
                {'secret_uuid': 'x'}, passphrase_unseen=observations.UNSEEN
            ),
        )

    def test_priority(self) -> None:
        """An older libvirt ignores it without a word."""
        self.assertEqual(
            ('qemu-conf.priority-ignored', Status.WARNING),
            self._found({'priority': 'NORMAL'}),
        )

    def test_priority_in_use(self) -> None:
        """QEMU's own, unless qemu.conf has one that libvirt passes on."""
        conf = migration_conf.MigrationConf(priority='SECURE256')
        plain = migration_conf.MigrationConf()
        for found, release, used in (
            (conf, '11.6', 'SECURE256'),
            (conf, '11.5', '@QEMU,SYSTEM'),
            (plain, '11.6', '@QEMU,SYSTEM'),
            (observations.UNSEEN, '11.6', '@QEMU,SYSTEM'),
        ):
            view = observations.good().libvirt
            known = dataclasses.replace(
                view.versions, libvirt=versions.Version.parse(release)
            )
            seen = observations.good(
                conf=found,
                tls_priority='@QEMU,SYSTEM',
                libvirt=dataclasses.replace(view, versions=known),
            )
            self.assertEqual(used, qemu_conf.priority_in_use(seen))

    def test_everything(self) -> None:
        """All that is wrong is said."""
        found = observations.judge(
            qemu_conf.QemuConfCheck(),
            conf=migration_conf.MigrationConf(verify=False, priority='X'),
            conf_changed=True,
        )
        self.assertEqual(3, len(found))
