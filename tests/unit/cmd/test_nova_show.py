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

"""nova-native-tls nova show, in this process; nothing of it is real."""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import pathlib
from typing import Any
from unittest import mock

import fixtures
from oslo_config import cfg
import testtools

from nova_native_tls.cmd import nova_show
from nova_native_tls import exception
from nova_native_tls.migration import libvirt_api
from nova_native_tls.migration import versions
from nova_native_tls.nova.installation import loading

from tests.unit.cmd import in_process

DRIVER = 'native_tls.NativeTLSDriver'
NOVA = {'nova_version': '34.0.0', 'nova_path': '/lib/nova'}
COLUMNS = [
    'way',
    'how',
    'nova_compute',
    'nova_compute_native_tls',
    'nova_version',
    'nova_supported',
    'libvirt_version',
    'qemu_version',
    'config_files',
    'compute_driver',
    'live_migration_with_native_tls',
    'to_do',
]


class NovaShowTestCase(testtools.TestCase):
    """A host on which all is well."""

    def setUp(self) -> None:
        super().setUp()
        self.line = self.useFixture(in_process.CommandLine())
        self.places = ['/bin/nova-compute']
        self.theirs: dict[str, Any] = {'path': '/bin/nova-compute', **NOVA}
        self.own: dict[str, Any] = {'path': '/bin/own', **NOVA}
        self.libvirt = mock.Mock()
        self.libvirt.host_versions.return_value = versions.HostVersions(
            libvirt=versions.Version(9, 0, 0), qemu=versions.Version(7, 2, 22)
        )
        self.opened: list[tuple[str, float]] = []
        self.named: list[str | None] = []
        for owner, name, stub in (
            (loading, 'look', self._look),
            (loading, 'find', lambda _program: tuple(self.places)),
            (libvirt_api.Connection, 'open', self._open),
        ):
            self.useFixture(fixtures.MockPatchObject(owner, name, stub))
        self.conf = self._file(f'[DEFAULT]\ncompute_driver = {DRIVER}\n')

    def _look(
        self, program: loading.Program, named: str | None = None
    ) -> loading.Loader:
        if program is loading.Program.OWN:
            return loading.Loader(program=program, **self.own)
        self.named.append(named)
        return loading.Loader(program=program, **self.theirs)

    @contextlib.contextmanager
    def _open(self, uri: str, *, timeout_s: float):
        self.opened.append((uri, timeout_s))
        yield self.libvirt

    def _file(self, text: str, name: str = 'nova.conf') -> str:
        path = self.line.config_file(name)
        with open(path, 'w') as stream:
            stream.write(text)
        return path

    def _run(self, *options: str, conf: str | None = '') -> in_process.Result:
        files = () if conf is None else ('--config-file', conf or self.conf)
        return self.line.run('nova', 'show', '-f', 'json', *files, *options)


class NovaShowTest(NovaShowTestCase):
    """What everybody says, to one result and one status."""

    def test_columns(self) -> None:
        """Everything, whether known or not."""
        done = self._run()
        self.assertEqual((0, ''), (done.status, done.err))
        shown = done.json()
        self.assertEqual(COLUMNS, list(shown))
        self.assertEqual('nova-compute', shown['way'])
        self.assertEqual('34.0.0', shown['nova_version'])
        self.assertIs(True, shown['nova_supported'])
        self.assertEqual('9.0.0', shown['libvirt_version'])
        self.assertEqual('7.2.22', shown['qemu_version'])
        self.assertEqual([], shown['to_do'])

    def test_nothing_is_known(self) -> None:
        """The columns are the same, and people get dashes."""
        self.theirs = {'problem': 'none'}
        self.own = {'problem': 'none either', 'prefix': '/opt/p'}
        self._no_libvirt(exception.LibvirtMissing())
        done = self._run()
        self.assertEqual((2, ''), (done.status, done.err))
        shown = done.json()
        self.assertEqual(COLUMNS, list(shown))
        self.assertEqual('none', shown['way'])
        for name in ('nova_version', 'libvirt_version', 'qemu_version'):
            self.assertIsNone(shown[name])
        text = self.line.run('nova', 'show', '--config-file', self.conf).out
        self.assertNotIn('None', text)
        self.assertIn('| libvirt_version                | - ', text)
        self.assertIn('problem: none either ', text)

    def _no_libvirt(self, error: exception.NativeTLSError) -> None:
        self.useFixture(
            fixtures.MockPatchObject(
                libvirt_api.Connection, 'open', mock.Mock(side_effect=error)
            )
        )

    def test_no_libvirt(self) -> None:
        """Stated, and no error of the command."""
        for error in (
            exception.LibvirtMissing(),
            exception.ConnectionFailed(uri='qemu:///system', problem='x'),
        ):
            self._no_libvirt(error)
            done = self._run()
            self.assertEqual((1, ''), (done.status, done.err))
            shown = done.json()
            self.assertEqual([str(error)], shown['to_do'])
            self.assertEqual('nova-compute', shown['way'])

    def test_libvirt_breaks(self) -> None:
        """Likewise when it stops answering after the connection is up."""
        error = exception.LibvirtFailed(operation='a', problem='b', code=1)
        self.libvirt.host_versions.side_effect = error
        shown = self._run().json()
        self.assertEqual(['a: b'], shown['to_do'])

    def test_which_libvirt(self) -> None:
        """The local one, for a limited time, or the one that is named."""
        self._run()
        self._run('--connect', 'test:///default')
        self.assertEqual(
            [
                ('qemu:///system', nova_show.CONNECT_TIMEOUT_S),
                ('test:///default', nova_show.CONNECT_TIMEOUT_S),
            ],
            self.opened,
        )

    def test_which_nova_compute(self) -> None:
        """Several are told, unless one is named."""
        self.places.append('/opt/bin/nova-compute')
        done = self._run()
        self.assertEqual(1, done.status)
        (sentence,) = done.json()['to_do']
        self.assertIn('/opt/bin/nova-compute', sentence)
        done = self._run('--nova-compute', '/opt/bin/nova-compute')
        self.assertEqual((0, []), (done.status, done.json()['to_do']))
        self.assertEqual([None, '/opt/bin/nova-compute'], self.named)

    def test_newer_nova(self) -> None:
        """It may work, which is a warning."""
        self.theirs['nova_version'] = self.own['nova_version'] = '35.0.0'
        done = self._run()
        self.assertEqual(1, done.status)
        self.assertIs(False, done.json()['nova_supported'])

    def test_options(self) -> None:
        """Each with its value and the file that says so; the last counts."""
        other = self._file(
            '[libvirt]\nlive_migration_with_native_tls = true\n', 'b.conf'
        )
        shown = self._run('--config-file', other).json()
        self.assertEqual([self.conf, other], shown['config_files'])
        self.assertEqual(
            {'value': DRIVER, 'file': self.conf}, shown['compute_driver']
        )
        self.assertEqual(
            {'value': True, 'file': other},
            shown['live_migration_with_native_tls'],
        )
        self.assertEqual(
            {'value': False, 'file': None},
            self._run().json()['live_migration_with_native_tls'],
        )

    def test_another_driver(self) -> None:
        """What to set is said, once something can load it."""
        for text, value in (
            ('', 'not set'),
            ('[DEFAULT]\ncompute_driver = libvirt.LibvirtDriver\n', 'libvirt'),
        ):
            conf = self._file(text, 'other.conf')
            done = self._run(conf=conf)
            self.assertEqual(1, done.status)
            (sentence,) = done.json()['to_do']
            self.assertIn(f'[DEFAULT] compute_driver = {DRIVER}', sentence)
            self.assertIn(value, sentence)
        self.theirs['problem'] = self.own['problem'] = 'x'
        self.assertEqual([], self._run(conf=conf).json()['to_do'])

    def test_options_that_nova_compute_would_refuse(self) -> None:
        """A file that was named has to be good; one line names it."""
        for value in ('perhaps', 'true\nlive_migration_tunnelled = true'):
            conf = self._file(
                f'[libvirt]\nlive_migration_with_native_tls = {value}\n'
            )
            done = self._run(conf=conf)
            self.assertEqual((2, ''), (done.status, done.out))
            self.assertIn('live_migration_with_native_tls', done.err)
            self.assertEqual(1, done.err.count('\n'))


class FilesTest(NovaShowTestCase):
    """The files of the host, where none is named."""

    def setUp(self) -> None:
        super().setUp()
        self.files: list[str] = []
        self.folders: list[str] = []
        for name, places in (('files', self.files), ('dirs', self.folders)):
            self.useFixture(
                fixtures.MockPatchObject(
                    cfg, f'find_config_{name}', self._finder(places)
                )
            )
        self.root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)

    def _finder(self, places: list[str]) -> Callable[..., list[str]]:
        def find(*, project: str, prog: str) -> list[str]:
            # As for nova-compute, whatever this program is called.
            self.assertEqual(('nova', 'nova-compute'), (project, prog))
            return places

        return find

    def test_none(self) -> None:
        """It is said that there is none."""
        done = self._run(conf=None)
        self.assertEqual((1, ''), (done.status, done.err))
        shown = done.json()
        self.assertEqual([], shown['config_files'])
        self.assertEqual({}, shown['compute_driver'])
        (sentence,) = shown['to_do']
        self.assertIn('--config-file', sentence)

    def test_files_and_folders(self) -> None:
        """Files, then what is in the folders, in nova-compute's order."""
        self.files.append(self.conf)
        for name in ('b.conf', 'a.conf', 'c.conf~', '.d.conf'):
            (self.root / name).write_text(
                f'[DEFAULT]\ncompute_driver = {name}\n'
            )
        self.folders.append(str(self.root))
        shown = self._run(conf=None).json()
        last = str(self.root / 'b.conf')
        self.assertEqual(
            [self.conf, str(self.root / 'a.conf'), last], shown['config_files']
        )
        self.assertEqual(
            {'value': 'b.conf', 'file': last}, shown['compute_driver']
        )

    def test_unusable(self) -> None:
        """Stated with the files; all else is shown all the same."""
        missing = str(self.root / 'missing.conf')
        bad = self._file('[libvirt\n', 'bad.conf')
        for path in (missing, bad):
            self.files[:] = [path]
            done = self._run(conf=None)
            self.assertEqual((1, ''), (done.status, done.err))
            shown = done.json()
            self.assertEqual([path], shown['config_files'])
            self.assertEqual({}, shown['compute_driver'])
            (sentence,) = shown['to_do']
            self.assertIn(path, sentence)
            self.assertEqual('nova-compute', shown['way'])

    def test_a_folder_that_cannot_be_read(self) -> None:
        """Likewise."""
        self.folders.append(str(self.root / 'gone'))
        done = self._run(conf=None)
        self.assertEqual((1, ''), (done.status, done.err))
        (sentence,) = done.json()['to_do']
        self.assertIn(str(self.root / 'gone'), sentence)
