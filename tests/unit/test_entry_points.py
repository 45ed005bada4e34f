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

"""Entry points are text: nothing but a test sees one that leads nowhere."""

from __future__ import annotations

import importlib.metadata
import pathlib
import tomllib

from cliff import command
from oslo_config import cfg
import testtools

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
DISTRIBUTION = 'nova-native-tls'
#: What only Nova loads, and tests/functional therefore.
NOVA_GROUP = 'nova.api.extra_spec_validators'


def declared() -> set[tuple[str, str, str]]:
    """What pyproject.toml declares: group, name, value."""
    project = tomllib.loads((REPO / 'pyproject.toml').read_text())['project']
    groups = {'console_scripts': project['scripts'], **project['entry-points']}
    return {
        (group, name, value)
        for group, points in groups.items()
        for name, value in points.items()
    }


def failures(points: list[importlib.metadata.EntryPoint]) -> list[str]:
    """The entry points that cannot be loaded, each with the reason."""
    found = []
    for point in points:
        try:
            point.load()
        # Whatever goes wrong, the entry point is unusable.
        except Exception as error:
            found.append(f'{point.group}: {point.name}: {error!r}')
    return found


class TestEntryPoints(testtools.TestCase):
    def setUp(self):
        super().setUp()
        distribution = importlib.metadata.distribution(DISTRIBUTION)
        self.points = list(distribution.entry_points)

    def in_group(self, group: str) -> list[importlib.metadata.EntryPoint]:
        found = [point for point in self.points if point.group == group]
        self.assertNotEqual([], found)
        return found

    def test_installed_are_those_declared(self):
        """What is installed is what pyproject.toml says, and not older."""
        installed = {
            (point.group, point.name, point.value) for point in self.points
        }

        self.assertEqual(declared(), installed)

    def test_all_load(self):
        """Every entry point that needs no Nova leads to something."""
        points = [point for point in self.points if point.group != NOVA_GROUP]

        self.assertEqual([], failures(points))

    def test_failure_is_found(self):
        """An entry point to what does not exist is named."""
        points = [
            importlib.metadata.EntryPoint(
                'flags_show', 'nova_native_tls:Missing', 'nova_native_tls.cli'
            ),
            importlib.metadata.EntryPoint(
                'migrate', 'nova_native_tls.missing:X', 'nova_native_tls.cli'
            ),
        ]

        found = failures(points)

        self.assertEqual(2, len(found))
        self.assertIn('nova_native_tls.cli: flags_show: ', found[0])
        self.assertIn('nova_native_tls.cli: migrate: ', found[1])

    def test_commands(self):
        """Every command is one that cliff can run."""
        for point in self.in_group('nova_native_tls.cli'):
            self.assertTrue(issubclass(point.load(), command.Command), point)

    def test_options(self):
        """Every list of options can be registered, and is a copy."""
        for point in self.in_group('oslo.config.opts'):
            list_opts = point.load()
            groups = dict(list_opts())
            self.assertNotEqual({}, groups)
            conf = cfg.ConfigOpts()
            for group, opts in groups.items():
                self.assertNotEqual([], list(opts))
                conf.register_opts(opts, group=group)
                again = dict(list_opts())[group]
                for first, second in zip(opts, again, strict=True):
                    self.assertIsNot(first, second)
