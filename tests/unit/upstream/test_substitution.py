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

from __future__ import annotations

import collections
import importlib
import pathlib
import sys
import tempfile
import textwrap
from typing import Any

import testtools

from tests.upstream import substitution

PACKAGE = 'a_package_to_substitute_in'
FILES = {
    '__init__.py': f"""
        from {PACKAGE} import driver
        Driver = driver.Driver
    """,
    'driver.py': """
        class Parent:
            def __init__(self):
                self.made = 'by the parent'

        class Driver(Parent):
            def __init__(self):
                super(Driver, self).__init__()

            @staticmethod
            def where(name):
                return name
    """,
    'ours.py': f"""
        from {PACKAGE} import driver

        class Ours(driver.Driver):
            def __init__(self):
                super().__init__()

        NOT_A_CLASS = 1

        class Stranger:
            pass
    """,
}
PLACE = substitution.Place(
    module=f'{PACKAGE}.driver', name='Driver', also_in=(PACKAGE,)
)


class TestSubstitute(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        package = pathlib.Path(folder.name, PACKAGE)
        package.mkdir()
        for name, text in FILES.items():
            package.joinpath(name).write_text(textwrap.dedent(text))
        for attribute in ('path', 'meta_path'):
            before = list(getattr(sys, attribute))
            self.addCleanup(setattr, sys, attribute, before)
        sys.path.insert(0, folder.name)
        importlib.invalidate_caches()
        self.addCleanup(self.forget)

    def forget(self) -> None:
        for name in list(sys.modules):
            if name.partition('.')[0] == PACKAGE:
                del sys.modules[name]

    def driver_module(self) -> Any:
        return importlib.import_module(PLACE.module)

    def substitute(self, name: str = 'Ours') -> type:
        substitution.expect(PLACE)
        return substitution.substitute(PLACE, f'{PACKAGE}.ours:{name}')

    def test_name_is_given_away(self):
        """Who asks for the class by its name gets the subclass."""
        ours = self.substitute()

        self.assertIs(ours, self.driver_module().Driver)
        self.assertIs(ours, importlib.import_module(PACKAGE).Driver)
        self.assertEqual(
            f'{PACKAGE}.ours.Ours', substitution.dotted_name(ours)
        )

    def test_super_with_the_name(self):
        """``super(Driver, self)`` still means the class it stands in."""
        ours = self.substitute()

        self.assertEqual('by the parent', ours().made)

    def test_why_super_is_rewritten(self):
        """Without the rewriting, the subclass calls itself without end."""
        ours = importlib.import_module(f'{PACKAGE}.ours').Ours
        self.driver_module().Driver = ours

        self.assertRaises(RecursionError, ours)

    def test_inherited_static_method(self):
        """fixtures.MonkeyPatch looks into the class itself only."""
        ours = self.substitute()

        self.assertIsInstance(vars(ours)['where'], staticmethod)
        self.assertEqual('here', ours().where('here'))

    def test_too_late(self):
        """Once the module is there, its source cannot be changed."""
        self.driver_module()

        error = self.assertRaises(
            substitution.SubstitutionError, substitution.expect, PLACE
        )
        self.assertIn('too early', str(error))

    def test_not_expected(self):
        """A module that was loaded as it is is not substituted."""
        error = self.assertRaises(
            substitution.SubstitutionError,
            substitution.substitute,
            PLACE,
            f'{PACKAGE}.ours:Ours',
        )
        self.assertIn('was not expected', str(error))

    def test_bad_class(self):
        """Only a subclass can take the place, and not the class itself."""
        substitution.expect(PLACE)
        for spec in (
            f'{PACKAGE}.ours:Stranger',
            f'{PACKAGE}.driver:Driver',
            f'{PACKAGE}.ours:NOT_A_CLASS',
            f'{PACKAGE}.ours:Missing',
            f'{PACKAGE}.missing:Ours',
            f'{PACKAGE}.ours',
            ':Ours',
            '',
        ):
            error = self.assertRaises(
                substitution.SubstitutionError,
                substitution.substitute,
                PLACE,
                spec,
            )
            self.assertIn(spec, str(error))

    def test_instances_are_counted(self):
        """Each under the name of its own class."""
        made: collections.Counter[str] = collections.Counter()
        substitution.expect(PLACE)
        base = substitution.original(PLACE)
        substitution.count_instances(base, lambda name: made.update((name,)))
        ours = substitution.substitute(PLACE, f'{PACKAGE}.ours:Ours')
        ours()
        ours()
        base()

        self.assertEqual(
            {f'{PACKAGE}.ours.Ours': 2, f'{PACKAGE}.driver.Driver': 1}, made
        )
