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

"""What is written is what oslo.config reads."""

from __future__ import annotations

import pathlib
import tempfile

from oslo_config import cfg
import testtools

from tests.cloud.harness.settings import ini_file


class RenderTest(testtools.TestCase):
    """A file with one section."""

    def read(self, value: ini_file.Value, option: cfg.Opt) -> object:
        """Return what oslo.config makes of a value."""
        text = ini_file.render({'group': {option.name: value}})
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory, 'conf')
            path.write_text(text)
            conf = cfg.ConfigOpts()
            conf.register_opt(option, group='group')
            conf(['--config-file', str(path)])
            return conf.group[option.name]

    def test_values(self) -> None:
        """Truth, numbers and text come back as they were."""
        self.assertIs(True, self.read(True, cfg.BoolOpt('x')))
        self.assertIs(False, self.read(False, cfg.BoolOpt('x')))
        self.assertEqual(7, self.read(7, cfg.IntOpt('x')))
        self.assertEqual('a b', self.read('a b', cfg.StrOpt('x')))

    def test_several(self) -> None:
        """An option that may be given more than once has a line for each."""
        self.assertEqual(
            ['a', 'b'], self.read(('a', 'b'), cfg.MultiStrOpt('x'))
        )

    def test_dollar(self) -> None:
        """A dollar sign is no reference to another option."""
        self.assertEqual('a$b', self.read('a$b', cfg.StrOpt('x')))

    def test_line_break(self) -> None:
        """A value of two lines would be another option."""
        self.assertRaises(
            ValueError, ini_file.render, {'group': {'x': 'a\ny = b'}}
        )


class MergedTest(testtools.TestCase):
    """Later layers win."""

    def test_layers(self) -> None:
        """Options are replaced, added and, by None, taken out."""
        self.assertEqual(
            {'a': {'x': 2, 'z': 3}, 'b': {'x': 1}},
            ini_file.merged(
                {'a': {'x': 1, 'y': 1}},
                {'a': {'x': 2, 'y': None}, 'b': {'x': 1}},
                {'a': {'z': 3, 'absent': None}},
            ),
        )

    def test_layers_stay(self) -> None:
        """Nothing that was given is changed."""
        first = {'a': {'x': 1}}
        ini_file.merged(first, {'a': {'x': 2}})
        self.assertEqual({'a': {'x': 1}}, first)
