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

"""Checks are found by their entry points, and none is left out silently."""

from __future__ import annotations

import pathlib
import sys
from unittest import mock

import fixtures
from stevedore import _cache
from stevedore import extension
import testtools

from nova_native_tls.checks import base
from nova_native_tls.checks import options
from nova_native_tls.checks import peer_name
from nova_native_tls.checks import runner
from nova_native_tls.checks import versions
from nova_native_tls import exception

MODULE = """
from nova_native_tls.checks import base


class Good(base.PreCheck):
    def run(self, context):
        return ()


class Other(Good):
    pass


class Abstract(base.PreCheck):
    pass


class Wants(Good):
    def __init__(self, something):
        pass


class Raises(Good):
    def __init__(self):
        raise RuntimeError('no luck')


class Resembles:
    stages = base.PreCheck.stages

    def run(self, context):
        return ()


def function():
    return Good()


def nothing():
    return None


text = 'not to be called'
"""


class LoadTestCase(testtools.TestCase):
    """Installs distributions that are real to Python."""

    def setUp(self) -> None:
        super().setUp()
        self.directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        # stevedore remembers a namespace as long as the process lives, and
        # writes what it has seen into the user's directory.
        self.namespace = f'test.{self.directory.name}'
        self.useFixture(
            fixtures.MockPatchObject(_cache._c, '_disable_caching', True)
        )
        self.useFixture(
            fixtures.MockPatchObject(
                sys, 'path', [str(self.directory), *sys.path]
            )
        )
        self.useFixture(fixtures.MockPatchObject(sys, 'dont_write_bytecode'))
        self.module = f'checks_{self.directory.name}'
        self.file(f'{self.module}.py', MODULE)
        self.addCleanup(sys.modules.pop, self.module, None)

    def file(self, name: str, text: str) -> None:
        """Write a file on Python's path."""
        path = self.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def install(self, *points: str, distribution: str = 'some_checks') -> None:
        """Install entry points, each ``name=attribute of the module``."""
        info = f'{distribution}-1.0.dist-info'
        self.file(
            f'{info}/METADATA',
            f'Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n',
        )
        lines = [
            f'{name} = {value if ":" in value else f"{self.module}:{value}"}'
            for name, _, value in (point.partition('=') for point in points)
        ]
        self.file(
            f'{info}/entry_points.txt',
            '\n'.join([f'[{self.namespace}]', *lines, '']),
        )

    def assert_unusable(self, name: str, *expected: str) -> None:
        """Assert that loading names the check and the reason."""
        err = self.assertRaises(
            exception.CheckUnusable, runner.load, self.namespace
        )
        self.assertEqual(name, err.name)
        for text in expected:
            self.assertIn(text, str(err))


class LoadTest(LoadTestCase):
    """Checks that can be used."""

    def test_of_several_distributions(self) -> None:
        """All of them, each under its name, made once."""
        self.install('a=Good')
        self.install('b=Other', 'c=function', distribution='more_checks')
        checks = runner.load(self.namespace)
        self.assertEqual(
            {'a': 'Good', 'b': 'Other', 'c': 'Good'},
            {name: type(check).__name__ for name, check in checks.items()},
        )
        for check in checks.values():
            self.assertIsInstance(check, base.PreCheck)

    def test_the_same_under_two_names(self) -> None:
        """Only names have to differ."""
        self.install('a=Good', 'b=Good')
        self.assertEqual({'a', 'b'}, set(runner.load(self.namespace)))

    def test_namespace(self) -> None:
        """Others' checks are looked for where ours are registered."""
        self.assertEqual('nova_native_tls.prechecks', base.NAMESPACE)
        with mock.patch.object(
            extension, 'ExtensionManager', autospec=True, return_value=[]
        ) as manager:
            self.assertRaises(exception.NoChecks, runner.load)
        self.assertEqual((base.NAMESPACE,), manager.call_args.args)

    def test_shipped(self) -> None:
        """The checks of this project are found without being told."""
        checks = runner.load()
        for name, kind in (
            ('options', options.OptionsCheck),
            ('peer-name', peer_name.PeerNameCheck),
            ('versions', versions.VersionsCheck),
        ):
            self.assertIsInstance(checks[name], kind)


class UnusableTest(LoadTestCase):
    """One check that cannot be used makes all unusable."""

    def test_no_namespace(self) -> None:
        """Nothing installed is an error that says so."""
        err = self.assertRaises(
            exception.NoChecks, runner.load, self.namespace
        )
        self.assertIn(self.namespace, str(err))

    def test_two_of_one_name(self) -> None:
        """Neither wins."""
        self.install('a=Good', 'b=Good')
        self.install('b=Other', distribution='more_checks')
        self.assert_unusable('b', '2 installed distributions')

    def test_module_that_is_missing(self) -> None:
        """A distribution that is half installed."""
        self.install('a=Good', 'b=not_there_at_all:Check')
        self.assert_unusable('b', 'ModuleNotFoundError', 'not_there_at_all')

    def test_module_that_does_not_import(self) -> None:
        """Whatever goes wrong in it is shown."""
        for number, (statement, expected) in enumerate(
            (
                ('import not_there_at_all', 'not_there_at_all'),
                ('1 / 0', 'ZeroDivisionError'),
                ('this is no Python', 'SyntaxError'),
                ('raise ValueError("no luck")', 'no luck'),
            )
        ):
            self.namespace = f'{self.namespace}.{number}'
            module = f'broken_{number}_{self.directory.name}'
            self.file(f'{module}.py', statement)
            self.install('a=Good', f'b={module}:Check')
            # Another path, so that nothing remembered is used.
            sys.path.insert(0, f'{self.directory}/{number}')
            self.assert_unusable('b', expected)

    def test_attribute_that_is_missing(self) -> None:
        """The module is there, the check is not."""
        self.install('a=Good', 'b=Missing')
        self.assert_unusable('b', 'AttributeError', 'Missing')

    def test_check_that_cannot_be_made(self) -> None:
        """It lacks its method, wants arguments, or raises."""
        for name, expected in (
            ('Abstract', 'TypeError'),
            ('Wants', 'something'),
            ('Raises', 'RuntimeError: no luck'),
            ('text', 'TypeError'),
        ):
            self.namespace = f'{self.namespace}.{name}'
            self.install('a=Good', f'b={name}')
            sys.path.insert(0, f'{self.directory}/{name}')
            self.assert_unusable('b', expected)

    def test_what_is_no_check(self) -> None:
        """Resembling one is not enough."""
        for name in ('Resembles', 'nothing'):
            self.namespace = f'{self.namespace}.{name}'
            self.install('a=Good', f'b={name}')
            sys.path.insert(0, f'{self.directory}/{name}')
            self.assert_unusable('b', 'not a PreCheck')


class AssertionTest(LoadTestCase):
    """The one error that stevedore lets through by itself."""

    def test_assertion(self) -> None:
        """It is an unusable plug-in, too."""
        module = f'asserts_{self.directory.name}'
        self.file(f'{module}.py', 'assert False, "no luck"\n')
        self.install(f'b={module}:Check')
        err = self.assertRaises(
            exception.CheckUnusable, runner.load, self.namespace
        )
        self.assertIn('no luck', str(err))
