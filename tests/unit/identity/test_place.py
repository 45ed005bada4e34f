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

"""Where a host's identity is."""

from __future__ import annotations

import pathlib

import fixtures
import testtools

from nova_native_tls.host import daemon
from nova_native_tls.host import migration_conf
from nova_native_tls.host import tls_directory
from nova_native_tls.identity import place
from nova_native_tls.migration import versions
from tests.unit.host import observations


class PlaceTest(testtools.TestCase):
    """From what was seen of a host."""

    def test_everything_seen(self) -> None:
        """What libvirt and qemu.conf say."""
        found = place.find(
            observations.good(
                conf=migration_conf.MigrationConf(verify=False),
                libvirt_ca=b'a CA',
            )
        )
        self.assertEqual(observations.DIRECTORY, found.directory)
        self.assertEqual((versions.Version(7, 2, 22),), found.qemu)
        self.assertEqual(observations.NAME, found.host_name)
        self.assertFalse(found.verify)
        self.assertEqual(b'a CA', found.control_ca)

    def test_without_libvirt(self) -> None:
        """Every QEMU has to accept it, and the rest is the default."""
        found = place.find(
            observations.good(
                libvirt=observations.UNSEEN,
                conf=observations.UNSEEN,
                libvirt_ca=observations.UNSEEN,
                credentials=observations.UNSEEN,
            )
        )
        self.assertEqual(place.ANY_QEMU, found.qemu)
        self.assertTrue(found.verify)
        self.assertEqual('NORMAL', found.priority)
        self.assertEqual(b'', found.control_ca)

    def test_priority(self) -> None:
        """Only of a libvirt that passes it on."""
        conf = migration_conf.MigrationConf(priority='SECURE256')
        self.assertEqual(
            'NORMAL', place.find(observations.good(conf=conf)).priority
        )

    def test_nothing_known(self) -> None:
        """Without a user or a directory nothing is done."""
        for unseen in ('user', 'directory'):
            error = self.assertRaises(
                place.PlaceUnknown,
                place.find,
                observations.good(**{unseen: observations.UNSEEN}),
            )
            self.assertIn('nobody may look', str(error))

    def test_named_directory(self) -> None:
        """A directory that is named needs no libvirt to say it."""
        found = place.find(
            observations.good(directory=observations.UNSEEN), '/d'
        )
        self.assertEqual('/d', found.directory)

    def test_container(self) -> None:
        """libvirt with another directory under that name is another host."""
        root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        here = root / 'here'
        other = daemon.Daemon(
            program='libvirtd', pid=1, started_at=0.0, root=str(root)
        )
        seen = observations.good(
            daemon=other, directory=tls_directory.TLSDirectory(path=str(here))
        )
        (root / str(here).lstrip('/')).mkdir(parents=True)
        for make in (lambda: None, here.mkdir):
            make()
            error = self.assertRaises(
                place.PlaceUnknown, place.find_directory, seen
            )
            self.assertIn('--directory', str(error))
        self.assertEqual('/d', place.find_directory(seen, '/d'))

    def test_directory_to_come(self) -> None:
        """One that is not there yet is the same, if its parent is."""
        root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        path = str(root / 'a' / 'b')
        seen = observations.good(
            directory=tls_directory.TLSDirectory(path=path, exists=False)
        )
        self.assertEqual(path, place.find_directory(seen))
