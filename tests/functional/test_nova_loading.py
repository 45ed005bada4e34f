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

"""Where Nova's loader finds the driver, and what ``nova show`` says of it.

Each test makes real environments and asks Nova itself first: the truth that
the command has to tell.
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import tempfile
from typing import Any

import fixtures
from nova import version as nova_version
import testtools

from tests.functional import nova_environments

OWN = 'nova-compute-native-tls'
#: What Nova does with compute_driver (nova/virt/driver.py).
LOAD = """
import nova.cmd.compute
from nova.virt import driver
{before}
loaded = driver.load_compute_driver(None, 'native_tls.NativeTLSDriver')
print(type(loaded).__module__, type(loaded).__name__)
"""
BY_OWN_PROGRAM = """
from nova_native_tls.nova import compute_service
compute_service.make_driver_known()
"""
LOADED = 'nova_native_tls.nova.driver NativeTLSDriver\n'


class LoadingTest(testtools.TestCase):
    """Environments of every kind there is."""

    wheel: pathlib.Path
    dependencies: pathlib.Path

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        root = pathlib.Path(folder.name)
        cls.wheel = nova_environments.build_wheel(root)
        cls.dependencies = root / 'dependencies'
        nova_environments.link_dependencies(cls.dependencies)

    def setUp(self) -> None:
        super().setUp()
        self.root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)

    def environment(
        self, name: str, *path: pathlib.Path
    ) -> nova_environments.Environment:
        return nova_environments.Environment(
            self.root / name, *path, self.dependencies
        )

    def load(
        self, environment: nova_environments.Environment, before: str = ''
    ) -> subprocess.CompletedProcess[str]:
        """Let Nova load the driver by its option's value."""
        return environment.run('python', '-c', LOAD.format(before=before))

    def assert_not_found(
        self, environment: nova_environments.Environment
    ) -> None:
        """Nova itself does not find the shim."""
        done = self.load(environment)
        self.assertEqual('', done.stdout)
        self.assertIn("No module named 'nova.virt.native_tls'", done.stderr)

    def show(
        self,
        environment: nova_environments.Environment,
        *options: str,
        path: str = '/usr/bin:/bin',
    ) -> tuple[int, dict[str, Any]]:
        """What the command says; libvirt is one that always answers."""
        conf = self.root / 'nova.conf'
        conf.write_text(
            '[DEFAULT]\ncompute_driver = native_tls.NativeTLSDriver\n'
        )
        done = environment.run(
            *('nova-native-tls', 'nova', 'show', '-f', 'json'),
            *('--connect', 'test:///default', '--config-file', str(conf)),
            *options,
            path=path,
        )
        self.assertEqual('', done.stderr)
        return done.returncode, json.loads(done.stdout)

    def test_same_directory(self) -> None:
        """nova-compute finds the driver by itself."""
        environment = self.environment('nova')
        environment.add_nova()
        environment.install(self.wheel)
        self.assertEqual(LOADED, self.load(environment).stdout)

        status, shown = self.show(environment)
        self.assertEqual('nova-compute', shown['way'])
        found = shown['nova_compute']
        self.assertEqual(
            {
                'works': True,
                'path': str(environment.programs / 'nova-compute'),
                'python': str(environment.python),
                'nova_path': str(environment.site / 'nova'),
                'nova_version': nova_version.version_string(),
                'native_tls_path': str(environment.site / 'nova_native_tls'),
                'native_tls_version': nova_environments.VERSION,
                'problem': '',
            },
            {k: v for k, v in found.items() if k != 'python_version'},
        )
        self.assertTrue(shown['nova_compute_native_tls']['works'])
        self.assertEqual(([], 0), (shown['to_do'], status))

    def test_another_environment(self) -> None:
        """Nova of the distribution, this project in an environment on top.

        As with --system-site-packages: only our own program works.
        """
        system = self.environment('system')
        system.add_nova()
        ours = self.environment('ours', system.site)
        ours.install(self.wheel)
        self.assert_not_found(system)
        self.assert_not_found(ours)
        self.assertEqual(LOADED, self.load(ours, BY_OWN_PROGRAM).stdout)

        status, shown = self.show(
            ours, path=f'{system.programs}:/usr/bin:/bin'
        )
        self.assertEqual(OWN, shown['way'])
        self.assertEqual(
            f'nova-native-tls is not installed in {self.root / "system"}',
            shown['nova_compute']['problem'],
        )
        found = shown['nova_compute_native_tls']
        self.assertEqual(str(system.site / 'nova'), found['nova_path'])
        self.assertIn(f'start {ours.programs / OWN} in place', shown['how'])
        self.assertEqual(([], 0), (shown['to_do'], status))

        done = ours.run(OWN, '--version')
        self.assertEqual(
            (0, nova_version.version_string()),
            (done.returncode, done.stdout.strip()),
        )

    def test_two_directories_of_one_python(self) -> None:
        """As /usr/lib and /usr/local/lib are, whichever is searched first."""
        for first in ('dist', 'local'):
            dist = self.root / f'dist-{first}'
            local = self.root / f'local-{first}'
            order = (dist, local) if first == 'dist' else (local, dist)
            system = self.environment(f'system-{first}', *order)
            nova_environments.link_nova(dist)
            system.add_nova_compute()
            system.install(self.wheel, '--target', str(local))
            for program in ('nova-native-tls', OWN):
                (local / 'bin' / program).rename(system.programs / program)
            self.assert_not_found(system)
            self.assertEqual(LOADED, self.load(system, BY_OWN_PROGRAM).stdout)

            status, shown = self.show(system)
            self.assertEqual((OWN, 0), (shown['way'], status))
            problem = shown['nova_compute']['problem']
            self.assertIn(str(local / 'nova_native_tls'), problem)
            self.assertIn(str(dist / 'nova'), problem)

    def test_the_reverse(self) -> None:
        """Nova in an environment on top of the one with this project.

        The project's program does not see Nova, and Nova not the shim.
        """
        system = self.environment('system')
        system.install(self.wheel)
        theirs = self.environment('theirs', system.site)
        theirs.add_nova()
        self.assert_not_found(theirs)

        program = theirs.programs / 'nova-compute'
        status, shown = self.show(system, '--nova-compute', str(program))
        self.assertEqual(('none', 2), (shown['way'], status))
        self.assertIn(
            str(system.site / 'nova_native_tls'),
            shown['nova_compute']['problem'],
        )
        self.assertIn(
            'Nova is not installed',
            shown['nova_compute_native_tls']['problem'],
        )
        self.assertIn(f'{theirs.python} -m pip', shown['how'])

    def test_two_novas(self) -> None:
        """Our program must not start another Nova than that of the host."""
        system = self.environment('system')
        system.add_nova()
        ours = self.environment('ours')
        ours.add_nova()
        ours.install(self.wheel)
        program = system.programs / 'nova-compute'

        status, shown = self.show(ours, '--nova-compute', str(program))
        self.assertEqual(('none', 2), (shown['way'], status))
        self.assertIn(
            str(ours.site / 'nova'),
            shown['nova_compute_native_tls']['problem'],
        )
        # Which of the two is meant has to be said.
        status, shown = self.show(
            ours, path=f'{system.programs}:/usr/bin:/bin'
        )
        self.assertEqual(('nova-compute', 1), (shown['way'], status))
        self.assertIn(str(program), shown['to_do'][0])

    def test_no_binding_of_libvirt(self) -> None:
        """Nova imports without it, and then cannot connect."""
        environment = self.environment('nova')
        environment.add_nova()
        environment.install(self.wheel)
        (environment.site / 'libvirt.py').write_text(
            'raise ImportError("no libvirt")\n'
        )
        status, shown = self.show(environment)
        self.assertEqual(('none', 2), (shown['way'], status))
        for name in ('nova_compute', 'nova_compute_native_tls'):
            self.assertIn(
                'the Python binding of libvirt is not installed',
                shown[name]['problem'],
            )
        self.assertIsNone(shown['libvirt_version'])

    def test_no_nova(self) -> None:
        """It is said, and is no error of the command."""
        environment = self.environment('ours')
        environment.install(self.wheel)
        status, shown = self.show(environment)
        self.assertEqual(('none', 2), (shown['way'], status))
        self.assertIn(
            f'Nova is not installed in {self.root / "ours"}', shown['how']
        )
        self.assertIsNone(shown['nova_version'])
        self.assertFalse(shown['nova_supported'])
        self.assertIsNone(shown['nova_compute']['path'])
