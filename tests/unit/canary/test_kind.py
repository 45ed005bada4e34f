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

"""Tests of canary/kind.py."""

from __future__ import annotations

import testtools

from nova_native_tls.canary import kind
from tests.unit.canary import hosts


class CommonTest(hosts.TwoHostsTestCase):
    """What both hosts can run."""

    def _machines(self, source: dict, destination: dict) -> list[str]:
        self.source.machines = source
        self.destination.machines = destination
        return [
            f'{each.virt_type} {each.machine} {each.arch}'
            for each in kind.common(self.source, self.destination)
        ]

    def test_kvm_first(self) -> None:
        """Where both have KVM it comes first; emulation is what is left."""
        both = {'kvm': ('pc-7.2',), 'qemu': ('pc-7.2',)}
        self.assertEqual(
            ['kvm pc-7.2 x86_64', 'qemu pc-7.2 x86_64'],
            self._machines(both, both),
        )

    def test_kvm_on_one(self) -> None:
        """What only one of them has is of no use."""
        self.assertEqual(
            ['qemu pc-7.2 x86_64'],
            self._machines(
                {'kvm': ('pc-7.2',), 'qemu': ('pc-7.2',)},
                {'qemu': ('pc-7.2',)},
            ),
        )

    def test_newer_destination(self) -> None:
        """The machine is that of the older source."""
        self.assertEqual(
            ['qemu pc-7.2 x86_64'],
            self._machines(
                {'qemu': ('pc-7.2',)}, {'qemu': ('pc-10.0', 'pc-7.2')}
            ),
        )

    def test_older_destination(self) -> None:
        """The machine is that of the older destination."""
        self.assertEqual(
            ['qemu pc-7.2 x86_64'],
            self._machines(
                {'qemu': ('pc-10.0', 'pc-7.2')}, {'qemu': ('pc-7.2',)}
            ),
        )

    def test_nothing_in_common(self) -> None:
        """It is said, with the words of libvirt."""
        with testtools.ExpectedException(
            kind.NoCommonKind, '.*no qemu guest of type pc-'
        ):
            self._machines({'qemu': ('pc-7.2',)}, {'qemu': ('pc-10.0',)})
