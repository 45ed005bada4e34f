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

"""What the README shows is what its commands print."""

from __future__ import annotations

import pathlib
import re
import textwrap

from tests.functional import command_line

README = pathlib.Path(__file__).parents[2] / 'README.rst'


def _block(language: str, beginning: str) -> str:
    """Give the code block of a language that begins so."""
    blocks = re.findall(
        rf'\.\. code-block:: {language}\n\n((?:   .*\n|\n)+)',
        README.read_text(),
    )
    (found,) = [
        text
        for text in map(textwrap.dedent, blocks)
        if text.startswith(beginning)
    ]
    return found.strip()


class ReadmeTest(command_line.CommandLineTestCase):
    """Runs the example with the configuration beside it."""

    def test_flags_of_the_example(self) -> None:
        """The example's nova.conf leads to the table below it."""
        configuration = self.directory / 'nova.conf'
        configuration.write_text(_block('ini', '[libvirt]'))
        shown = _block('console', '$ nova-native-tls flags show')
        command, _newline, table = shown.partition('\n')
        words = command.split()[2:]
        words[words.index('nova.conf')] = str(configuration)
        done = self.run_command(*words)
        self.assertEqual(table, done.stdout.strip())
        self.assertEqual(0, done.returncode)
