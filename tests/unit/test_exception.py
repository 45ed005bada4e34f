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

"""Errors: one sentence, made of what the place that raises them knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
import copy
import inspect
import pathlib
import pickle
import re

import testtools

import nova_native_tls
from nova_native_tls import exception

#: A value in a sentence, and how it is written.
_FIELD = re.compile(r'%\((\w+)\)(\w)')


def _classes() -> dict[str, type[exception.NativeTLSError]]:
    return {
        name: item
        for name, item in vars(exception).items()
        if inspect.isclass(item) and issubclass(item, exception.NativeTLSError)
    }


def _made() -> Iterator[tuple[str, str, list[str | None]]]:
    """Find where errors are made: place, class, names of keywords."""
    root = pathlib.Path(nova_native_tls.__file__).parent
    for path in sorted(root.rglob('*.py')):
        for node in ast.walk(ast.parse(path.read_text('utf-8'))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == 'exception'
            ):
                place = f'{path.relative_to(root)}:{node.lineno}'
                names = [keyword.arg for keyword in node.keywords]
                yield place, node.func.attr, names


class MessageTest(testtools.TestCase):
    """Each class against every place in the package that makes one."""

    def test_every_place_gives_what_the_message_names(self) -> None:
        """No place that makes an error forgets a value of its sentence."""
        classes = _classes()
        found = list(_made())
        self.assertNotEqual([], found)
        for place, name, keywords in found:
            self.assertIn(name, classes, place)
            self.assertNotIn(None, keywords, f'{place}: ** hides the names')
            fields = {
                field for field, _form in _FIELD.findall(classes[name].msg_fmt)
            }
            self.assertEqual(set(), fields - set(keywords), place)

    def test_no_keyword_is_hidden_by_an_attribute_of_exceptions(self) -> None:
        """Each value can be read back as an attribute."""
        for place, name, keywords in _made():
            hidden = set(keywords) & set(dir(_classes()[name]))
            self.assertEqual(set(), hidden, place)

    def test_every_error_is_made_somewhere(self) -> None:
        """No class waits for somebody to need it."""
        made = {name for _place, name, _keywords in _made()}
        self.assertEqual(set(), set(_classes()) - made - {'NativeTLSError'})

    def test_every_message_can_be_formatted(self) -> None:
        """Each sentence shows its values and stays on one line."""
        for name, cls in _classes().items():
            values = {
                field: 1234 if form == 'd' else f'the-{field}'
                for field, form in _FIELD.findall(cls.msg_fmt)
            }
            text = str(cls(**values))
            self.assertNotIn('%(', text, name)
            for value in values.values():
                self.assertIn(str(value), text, name)
            self.assertNotIn('\n', text, name)

    def test_the_sentence_of_exclusive_options_names_both(self) -> None:
        """An operator reads both options and which of them to keep."""
        text = str(exception.ExclusiveOptions())
        self.assertIn('live_migration_with_native_tls', text)
        self.assertIn('live_migration_tunnelled', text)
        self.assertIn('keep live_migration_with_native_tls', text)


class NativeTLSErrorTest(testtools.TestCase):
    """What the base class does for all."""

    def test_values_become_attributes(self) -> None:
        """The data of an error stay available, unformatted."""
        cause = ValueError('why')
        err = exception.ConnectionFailed(uri='qemu:///system', problem=cause)
        self.assertEqual('qemu:///system', err.uri)
        self.assertIs(cause, err.problem)
        self.assertEqual('Cannot connect to qemu:///system: why', str(err))

    def test_values_that_the_sentence_does_not_name_are_kept_too(self) -> None:
        """A number for programs need not stand in the sentence."""
        err = exception.LibvirtFailed(
            operation='Looking', problem='no', code=42
        )
        self.assertEqual(42, err.code)
        self.assertEqual('Looking: no', str(err))

    def test_an_unknown_attribute_is_an_attribute_error(self) -> None:
        """hasattr and getattr with a default work as on any object."""
        err = exception.DomainNotFound(name='vm', uri='qemu:///system')
        self.assertFalse(hasattr(err, 'code'))
        raised = self.assertRaises(AttributeError, getattr, err, 'code')
        self.assertEqual('code', str(raised))

    def test_one_line(self) -> None:
        """What a library says in lines is said in one."""
        err = exception.ConnectionFailed(
            uri='qemu:///system', problem='a\nb\r\n  c\u2028d\n'
        )
        self.assertEqual('Cannot connect to qemu:///system: a b c d', str(err))

    def test_copies(self) -> None:
        """A copy is the same error, also in another process."""
        err = exception.DomainNotFound(name='vm', uri='qemu:///system')
        for again in (
            copy.copy(err),
            copy.deepcopy(err),
            pickle.loads(pickle.dumps(err)),
        ):
            self.assertIs(type(err), type(again))
            self.assertEqual(str(err), str(again))
            self.assertEqual(err.details, again.details)
            self.assertEqual('vm', again.name)

    def test_a_missing_value_is_not_passed_over(self) -> None:
        """An error without a value that its sentence names cannot exist."""
        self.assertRaises(KeyError, exception.DomainNotFound, name='vm')

    def test_every_error_can_be_caught_as_one(self) -> None:
        """Commands catch the base class."""
        for name, cls in _classes().items():
            self.assertTrue(issubclass(cls, exception.NativeTLSError), name)
            self.assertFalse(issubclass(cls, OSError), name)
