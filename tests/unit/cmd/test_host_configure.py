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

"""``host configure``: what it shows, writes and says about a restart."""

from __future__ import annotations

import pathlib
from typing import Any
from unittest import mock

import fixtures
import testtools

from nova_native_tls.checks import this_host
from nova_native_tls.host import libvirt_view
from nova_native_tls.host import migration_conf
from nova_native_tls.host import tls_directory
from nova_native_tls.migration import versions
from nova_native_tls.qemu_conf_edit import settings
from tests.unit.cmd import in_process
from tests.unit.host import observations

Version = versions.Version


def rewritten(text: str, changes: dict[str, str | int]) -> str:
    """What augeas does to an empty file."""
    return text + ''.join(
        f'{name} = "{value}"\n'
        if isinstance(value, str)
        else f'{name} = {value}\n'
        for name, value in changes.items()
    )


class HostConfigureTest(testtools.TestCase):
    """A host that does not exist, and a file that does."""

    def setUp(self) -> None:
        super().setUp()
        self.command_line = self.useFixture(in_process.CommandLine())
        self.root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.conf = self.root / 'qemu.conf'
        self.pki = self.root / 'pki'
        self.look = self._patch(this_host, 'look')
        self.look.return_value = observations.good()
        self._patch(settings, '_rewritten').side_effect = rewritten

    def _patch(self, owner: Any, name: str) -> Any:
        patcher = mock.patch.object(owner, name, autospec=True)
        self.addCleanup(patcher.stop)
        return patcher.start()

    def run_command(self, *argv: str) -> in_process.Result:
        """Run it on that file."""
        return self.command_line.run(
            *('host', 'configure', '--file', str(self.conf)),
            *('--directory', str(self.pki), *argv),
        )

    def test_write(self) -> None:
        """The difference is shown, then written; the directory is made."""
        done = self.run_command()
        self.assertEqual(0, done.status, done.err)
        self.assertIn('+migrate_tls_x509_verify = 1', done.err)
        self.assertIn('+2 -0', done.out)
        self.assertIn('systemctl restart libvirtd', done.out)
        self.assertIn(f'"{self.pki}"', self.conf.read_text())
        self.assertTrue(self.pki.is_dir())

    def test_again(self) -> None:
        """A second time there is nothing to do."""
        self.run_command()
        done = self.run_command('-f', 'json')
        self.assertEqual('', done.err)
        self.assertFalse(done.json()['changed'])
        self.assertIn('not needed', done.json()['restart'])

    def test_dry_run(self) -> None:
        """Nothing is written, and all of it is shown."""
        done = self.run_command('--dry-run', '-f', 'json')
        self.assertIn('+migrate_tls_x509_verify = 1', done.json()['diff'])
        self.assertFalse(done.json()['changed'])
        self.assertFalse(self.conf.exists() or self.pki.exists())

    def test_restart_for_other_reasons(self) -> None:
        """What libvirt has not read needs a restart, whoever wrote it."""
        self.run_command()
        for change in (
            {'conf_changed': True},
            {
                'directory': tls_directory.TLSDirectory(
                    path='/d', instead='/etc/pki/qemu'
                )
            },
            {'daemon': observations.UNSEEN},
        ):
            self.look.return_value = observations.good(**change)
            done = self.run_command('-f', 'json')
            self.assertIn('systemctl restart', done.json()['restart'])

    def test_no_daemon(self) -> None:
        """A daemon that does not run reads it when it starts."""
        self.look.return_value = observations.good(daemon=None)
        done = self.run_command('-f', 'json')
        self.assertIn('not needed', done.json()['restart'])

    def test_options(self) -> None:
        """What is asked for, and only that."""
        self.run_command('--force')
        self.assertIn('migrate_tls_force = 1', self.conf.read_text())
        self.conf.unlink()
        self.run_command('--no-force')
        self.assertIn('migrate_tls_force = 0', self.conf.read_text())

    def test_default_directory(self) -> None:
        """The one that qemu.conf names, or else libvirt's."""
        for conf, expected in (
            (observations.UNSEEN, '/etc/pki/qemu'),
            (migration_conf.MigrationConf(), '/etc/pki/qemu'),
            (migration_conf.MigrationConf(migrate_directory='/d'), '/d'),
        ):
            self.look.return_value = observations.good(conf=conf)
            done = self.command_line.run(
                *('host', 'configure', '--file', str(self.conf)),
                *('--dry-run', '-f', 'json'),
            )
            self.assertEqual(expected, done.json()['directory'])

    def test_priority(self) -> None:
        """Only for a libvirt that does not ignore it."""
        done = self.run_command('--priority', 'SECURE256')
        self.assertEqual(2, done.status)
        self.assertIn('11.6', done.err)
        self.look.return_value = observations.good(libvirt=observations.UNSEEN)
        done = self.run_command('--priority', 'SECURE256')
        self.assertIn('nobody may look', done.err)
        self.assertFalse(self.conf.exists())

        self.look.return_value = observations.good(
            libvirt=libvirt_view.LibvirtView(
                host_name='host1',
                versions=versions.HostVersions(
                    libvirt=Version(11, 6), qemu=Version(10, 0)
                ),
                capabilities='',
                running=(),
            )
        )
        self.assertEqual(0, self.run_command('--priority', 'SECURE256').status)
        self.assertIn(
            'migrate_tls_priority = "SECURE256"', self.conf.read_text()
        )
