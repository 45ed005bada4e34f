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

"""Which directory libvirt uses, and since when it was there."""

from __future__ import annotations

import os
import pathlib
import time

import fixtures
import testtools

from nova_native_tls.host import birth
from nova_native_tls.host import migration_conf
from nova_native_tls.host import path_walk
from nova_native_tls.host import tls_directory
from nova_native_tls.pki import qemu_conf

HOUR_S = 3600.0


class TLSDirectoryTest(testtools.TestCase):
    """The built-in directories, somewhere else."""

    def setUp(self) -> None:
        super().setUp()
        root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.pki = root / 'pki'
        self.pki.mkdir()
        self.own = self.pki / 'libvirt-migrate'
        self.default = self.pki / 'qemu'
        for name, path in (
            ('MIGRATE_DIRECTORY', self.own),
            ('DEFAULT_DIRECTORY', self.default),
        ):
            self.useFixture(
                fixtures.MockPatchObject(qemu_conf, name, str(path))
            )

    def find(
        self, started_ago_s: float | None = None, **conf: str
    ) -> tls_directory.TLSDirectory:
        """Ask, with libvirt started some time ago, or ahead."""
        return tls_directory.find(
            migration_conf.MigrationConf(**conf),  # type: ignore[arg-type]
            path_walk.Walker(),
            daemon_started_at=None
            if started_ago_s is None
            else time.time() - started_ago_s,
        )

    def test_neither(self) -> None:
        """The default, which is not there."""
        found = self.find()
        self.assertEqual(
            (str(self.default), False), (found.path, found.exists)
        )

    def test_own_directory_from_the_start(self) -> None:
        """A directory that is older than libvirt is in use."""
        self.own.mkdir()
        found = self.find(-HOUR_S)
        self.assertEqual((str(self.own), None), (found.path, found.instead))

    def test_own_directory_is_younger(self) -> None:
        """libvirt had decided before it was there, whatever rsync says."""
        self.own.mkdir()
        for path in (self.pki, self.own):
            os.utime(path, (0, 0))
        found = self.find(HOUR_S)
        self.assertEqual(
            (str(self.own), str(self.default), True),
            (found.path, found.instead, found.younger),
        )

    def test_in_doubt(self) -> None:
        """Something was changed there since: nobody knows what."""
        self.own.mkdir()
        born = birth.time(str(self.own))
        assert born is not None
        (self.pki / 'another').mkdir()
        found = tls_directory.find(
            migration_conf.MigrationConf(),
            path_walk.Walker(),
            daemon_started_at=born,
        )
        self.assertEqual(
            (str(self.default), False), (found.instead, found.younger)
        )

    def test_libvirt_does_not_run(self) -> None:
        """It will decide when it starts."""
        self.own.mkdir()
        self.assertIsNone(self.find().instead)

    def test_configured(self) -> None:
        """What is configured counts, whether it is there or not."""
        self.own.mkdir()
        found = self.find(HOUR_S, migrate_directory='/nowhere')
        self.assertEqual(
            ('/nowhere', 'migrate_tls_x509_cert_dir', False, None),
            (found.path, found.setting, found.exists, found.instead),
        )

    def test_default_configured(self) -> None:
        """The general setting does not hide libvirt-migrate."""
        conf = {'default_directory': str(self.pki)}
        found = self.find(**conf)
        self.assertEqual(
            (str(self.pki), 'default_tls_x509_cert_dir', True),
            (found.path, found.setting, found.exists),
        )
        self.own.mkdir()
        self.assertEqual(str(self.own), self.find(**conf).path)


class BirthTest(testtools.TestCase):
    """When a file came into being."""

    def test_does_not_change(self) -> None:
        """Unlike its other times, nobody can set it."""
        path = self.useFixture(fixtures.TempDir()).path
        born = birth.time(path)
        os.utime(path, (0, 0))
        self.assertEqual(born, birth.time(path))

    def test_missing(self) -> None:
        """What is not there was not born."""
        self.assertRaises(FileNotFoundError, birth.time, '/nowhere')
