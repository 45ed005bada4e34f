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

"""Tests of what is expected of two versions, and how it is shown."""

from __future__ import annotations

import testtools

from nova_native_tls.migration import versions
from tests.lab.versions import cell
from tests.lab.versions import report
from tests.lab.versions import ways

DEBIAN_12 = versions.HostVersions(
    libvirt=versions.Version(9, 0), qemu=versions.Version(7, 2, 22)
)
DEBIAN_13 = versions.HostVersions(
    libvirt=versions.Version(11, 3), qemu=versions.Version(10, 0, 13)
)
NEWER = versions.HostVersions(
    libvirt=versions.Version(12, 8), qemu=versions.Version(11, 1, 3)
)


class WaysTest(testtools.TestCase):
    def machines(self, source, destination):
        """The machine of each way that has not the usual one."""
        found = {
            way.name: way.machine(source, destination) for way in ways.WAYS
        }
        return {
            way: machine
            for way, machine in found.items()
            if machine != 'pc-i440fx-7.2'
        }

    def refused(self, source, destination):
        """Each way that is refused, and why."""
        found = {
            way.name: {
                each.id for each in way.refused_for(source, destination)
            }
            for way in ways.WAYS
        }
        return {way: ids for way, ids in found.items() if ids}

    def test_between_debian_12_and_13(self):
        """Neither QEMU has post-copy over parallel connections."""
        expected = {
            'post-copy, parallel': {'post-copy-parallel'},
            'post-copy, parallel, 7.2': {'post-copy-parallel'},
        }
        self.assertEqual(expected, self.refused(DEBIAN_12, DEBIAN_13))
        self.assertEqual(expected, self.refused(DEBIAN_13, DEBIAN_12))

    def test_between_newer_ones(self):
        """Nothing is refused; only an old machine has one connection."""
        self.assertEqual({}, self.refused(NEWER, NEWER))
        self.assertEqual(
            {'post-copy, parallel, 7.2': {'post-copy-parallel-hang'}},
            {
                way.name: {each.id for each in changed}
                for way in ways.WAYS
                if (changed := way.changed_for(NEWER, NEWER))
            },
        )

    def test_machines(self):
        """The usual one is known to all, a new one to both ends."""
        self.assertEqual({}, self.machines(DEBIAN_12, NEWER))
        for source, destination, machine in (
            (DEBIAN_13, NEWER, 'pc-i440fx-10.0'),
            (NEWER, DEBIAN_13, 'pc-i440fx-10.0'),
            (NEWER, NEWER, 'pc-i440fx-11.1'),
        ):
            self.assertEqual(
                {'post-copy, parallel': machine},
                self.machines(source, destination),
            )


class ReportTest(testtools.TestCase):
    def test_table(self):
        """A line for each direction; what is wrong is said below."""
        cells = [
            cell.Cell(
                source=source,
                destination=destination,
                way='single',
                result='TLS 1.3, 1',
                problems=problems,
                seconds=1.0,
            )
            for source, destination, problems in (
                ('bookworm', 'trixie', ()),
                ('trixie', 'bookworm', ('the guest is gone',)),
            )
        ]
        self.assertEqual(
            'from      to        single\n'
            '--------  --------  -----------------\n'
            'bookworm  trixie    ok: TLS 1.3, 1\n'
            'trixie    bookworm  WRONG: TLS 1.3, 1\n'
            'WRONG: trixie to bookworm, single: the guest is gone\n'
            '2 migrations, 1 not as they must be',
            report.table(cells),
        )
