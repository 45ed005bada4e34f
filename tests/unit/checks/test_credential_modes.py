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

"""Keys that others can read, and files that others can replace."""

from __future__ import annotations

from typing import Any

import testtools

from nova_native_tls.checks import credential_modes
from nova_native_tls.checks import result
from nova_native_tls.host import posix_acl
from tests.unit.host import observations

Tag = posix_acl.Tag
KEY = '/etc/pki/qemu/server-key.pem'


class CredentialModesTest(testtools.TestCase):
    """One file each."""

    def _codes(self, name: str = 'server-key.pem', **node: Any) -> list[str]:
        walks = observations.walks(observations.credential_files())
        walks[name] = observations.walk(
            observations.node(f'/etc/pki/qemu/{name}', **node)
        )
        self.found = observations.judge(
            credential_modes.CredentialModesCheck(), walks=walks
        )
        return [
            each.code
            for each in self.found
            if each.status is result.Status.WARNING
        ]

    def test_key_for_everybody(self) -> None:
        """Closed by a command that lets QEMU in."""
        for changes, command in (
            ({'mode': 0o100644}, f'chmod 0640 {KEY}'),
            (
                {'mode': 0o100644, 'gid': 0},
                f'chgrp {observations.GID} {KEY} && chmod 0640 {KEY}',
            ),
            (
                {'mode': 0o100644, 'gid': 0, 'uid': observations.UID},
                f'chmod 0600 {KEY}',
            ),
        ):
            self.assertEqual(['server-key.too-open'], self._codes(**changes))
            self.assertEqual(f'run "{command}"', self.found[0].remedy)

    def test_certificate_for_everybody(self) -> None:
        """There is nothing secret in it."""
        self.assertEqual([], self._codes('server-cert.pem', mode=0o100644))

    def test_key_for_another_group(self) -> None:
        """QEMU reads it as its owner, others by the group."""
        self.assertEqual(
            ['server-key.too-open'],
            self._codes(mode=0o100640, uid=observations.UID, gid=999),
        )
        self.assertEqual(
            [], self._codes(mode=0o100600, uid=observations.UID, gid=999)
        )

    def test_key_for_a_named_user(self) -> None:
        """Unless it is QEMU's own, or root."""
        for who, wanted in (
            (999, ['server-key.too-open']),
            (observations.UID, []),
            (0, []),
        ):
            self.assertEqual(
                wanted,
                self._codes(
                    mode=0o100640,
                    acl=observations.acl((Tag.USER, 4, who), (Tag.MASK, 4, 0)),
                ),
            )

    def test_foreign_owner(self) -> None:
        """A user who is neither root nor QEMU could replace it."""
        self.assertEqual(
            ['modes.foreign-owner'], self._codes('ca-cert.pem', uid=999)
        )

    def test_writable(self) -> None:
        """By everybody: no certificate is worth anything then."""
        self.assertEqual(
            ['modes.writable'], self._codes('ca-cert.pem', mode=0o100646)
        )

    def test_directories(self) -> None:
        """Those on the way count, but /tmp is not everybody's."""
        for mode, wanted in (
            (0o040777, 'modes.writable'),
            (0o041777, 'modes.closed'),
        ):
            walk = observations.walk(
                observations.node(KEY),
                on_the_way=(observations.directory_node('/srv', mode),),
            )
            (found,) = observations.judge(
                credential_modes.CredentialModesCheck(),
                walks={'server-key.pem': walk},
            )
            self.assertEqual(wanted, found.code)
