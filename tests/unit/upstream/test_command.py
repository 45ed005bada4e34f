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

"""The whole comparison, with a Nova of a few lines."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tempfile
import textwrap

import testtools

REPO = pathlib.Path(__file__).resolve().parent.parent.parent.parent
METADATA = 'nova-34.0.0.dist-info/METADATA'
TEST_DRIVER = 'nova/tests/unit/virt/libvirt/test_driver.py'
API_PASTE = 'etc/nova/api-paste.ini'
FILES = {
    METADATA: 'Metadata-Version: 2.1\nName: nova\nVersion: 34.0.0\n',
    API_PASTE: '',
    'nova/__init__.py': '',
    'nova/test.py': '',
    'nova/virt/__init__.py': '',
    'nova/virt/libvirt/__init__.py': """
        from nova.virt.libvirt import driver
        LibvirtDriver = driver.LibvirtDriver
    """,
    'nova/virt/libvirt/driver.py': """
        class LibvirtDriver:
            def __init__(self):
                super(LibvirtDriver, self).__init__()

            def flags(self):
                return self._handle_native_tls(0)

            def _handle_native_tls(self, migration_flags):
                return migration_flags | 1

            def uri(self):
                return 'tcp'
    """,
    'nova/tests/__init__.py': '',
    'nova/tests/unit/__init__.py': '',
    'nova/tests/unit/virt/__init__.py': '',
    'nova/tests/unit/virt/libvirt/__init__.py': '',
    TEST_DRIVER: """
        import unittest
        from nova.virt import libvirt
        from nova.virt.libvirt import driver

        class LibvirtConnTestCase(unittest.TestCase):
            def test_live_migration_with_native_tls(self):
                self.assertEqual(1, driver.LibvirtDriver().flags())

            def test_uri(self):
                self.assertEqual('tcp', libvirt.LibvirtDriver().uri())

            def test_of_a_wrong_test(self):
                self.fail('in any case')
    """,
    'plugin.py': """
        import os
        from nova.virt.libvirt import driver

        class Same(driver.LibvirtDriver):
            pass

        class Other(driver.LibvirtDriver):
            def uri(self):
                return 'tls'

        class Deadly(driver.LibvirtDriver):
            def uri(self):
                os._exit(3)
    """,
}


class TestCommand(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.logs = self.folder / 'logs'
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))

    def compare(
        self, *arguments: str, driver: str = 'plugin:Same', only: str = 'test'
    ) -> tuple[int, str]:
        """Run the command; its exit status and what it printed."""
        command = [sys.executable, '-m', 'tests.upstream', '--suite', 'unit']
        command += ['--cores', '1', '--driver', driver, '--only', only]
        command += ['--log-dir', str(self.logs), *arguments]
        done = subprocess.run(
            command,
            cwd=REPO,
            env=os.environ | {'PYTHONPATH': str(self.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def assert_fails(self, text: str, result: tuple[int, str]) -> None:
        status, output = result
        self.assertEqual(1, status, output)
        failures = [
            line for line in output.splitlines() if line.startswith('FAILED')
        ]
        self.assertIn(text, '\n'.join(failures), output)

    def test_no_difference(self):
        """Equal ends are success, and the counts are printed."""
        status, output = self.compare('--cores', '2')

        self.assertEqual(0, status, output)
        self.assertIn(
            'nova 34.0.0: stock 2 passed, 1 failed, 0 skipped; '
            'Same 2 passed, 1 failed, 0 skipped; different: 0\n',
            output,
        )
        self.assertIn('made: 2 plugin.Same\n', output)
        self.assertIn('fails with both, so it says nothing: ', output)

    def test_difference(self):
        """A test that passes with the stock class only is named."""
        result = self.compare(driver='plugin:Other')

        self.assert_fails('.test_uri: passed with the stock class', result)
        self.assertIn("'tcp' != 'tls'", result[1])
        self.assertIn('different: 1\n', result[1])

    def test_too_few_tests(self):
        """Two tests are not Nova's tests of its driver."""
        self.assert_fails('only 2 tests passed', self.compare(only=''))

    def test_process_that_dies(self):
        """What a dead process did not report is a failure."""
        self.assert_fails(
            'exit status 3', self.compare(driver='plugin:Deadly')
        )

    def test_class_that_is_no_subclass(self):
        """The stock class is not compared with itself."""
        stock = 'nova.virt.libvirt.driver:LibvirtDriver'

        self.assert_fails('is no subclass', self.compare(driver=stock))

    def test_class_that_is_never_made(self):
        """Tests that do without the class say nothing about it."""
        self.write(
            TEST_DRIVER,
            """
            import unittest

            class LibvirtConnTestCase(unittest.TestCase):
                def test_live_migration_with_native_tls(self):
                    pass
            """,
        )

        self.assert_fails(
            'unit: the substitution did not take: no plugin.Same was made',
            self.compare(),
        )

    def test_control(self):
        """Tests that let a broken driver pass are found out."""
        source = self.folder / TEST_DRIVER
        source.write_text(source.read_text().replace('Equal(1, ', 'True('))
        self.write(
            'nova/virt/libvirt/driver.py',
            """
            class LibvirtDriver:
                def flags(self):
                    return 1

                def uri(self):
                    return 'tcp'
            """,
        )

        self.assert_fails(
            'control: the comparison does not see what is wrong with',
            self.compare(),
        )

    def test_other_release(self):
        """An environment with another Nova is not the one that was meant."""
        self.assert_fails(
            'this is Nova 34.0.0, not 29', self.compare('--release', '29')
        )

    def test_nova_without_tests(self):
        """A distribution may leave Nova's tests out."""
        self.folder.joinpath(TEST_DRIVER).unlink()

        self.assert_fails('This Nova has no tests', self.compare())

    def test_nova_without_api_paste(self):
        """The functional tests cannot do without this file."""
        self.folder.joinpath(API_PASTE).unlink()

        self.assert_fails('has no etc/nova/api-paste.ini', self.compare())
