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

"""The catalogue as documentation."""

from __future__ import annotations

import pathlib
import re

import testtools

from nova_native_tls.explain import catalogue
from nova_native_tls.explain import sentence
from nova_native_tls.explain import sentence_list

REPO = pathlib.Path(__file__).resolve().parent.parent.parent.parent


class TestAsRst(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.lines = list(sentence_list.as_rst())
        self.text = '\n'.join(self.lines)

    def test_complete(self):
        """Every sentence and every id is there, word for word."""
        for each in catalogue.CATALOGUE:
            for text in each.sentences:
                shown = sentence.compile_sentence(text).shown().strip()
                self.assertIn(f'``{shown}``', self.text)
            identifier = each.id.replace('{', '').replace('}', '')
            self.assertIn(f'``{identifier}``', self.text)

    def test_nothing_left_to_fill_in(self):
        """No template shows through."""
        self.assertEqual([], re.findall(r'%\(\w*\)|[{}]', self.text))

    def test_titles(self):
        """Each chapter has one, underlined in full."""
        for chapter in catalogue.CHAPTERS:
            index = self.lines.index(chapter.title)
            self.assertEqual('=' * len(chapter.title), self.lines[index + 1])

    def test_markup(self):
        """What is text is escaped, what is to type is literal."""
        self.assertIn('migrate\\_tls\\_force', self.text)
        self.assertIn('``virsh migrate --postcopy-resume``', self.text)
        self.assertEqual(
            [], [line for line in self.lines if line.endswith('``.``')]
        )

    def test_used(self):
        """The documentation has it from here, and from nowhere else."""
        page = (REPO / 'doc/source/admin/troubleshooting.rst').read_text()
        self.assertIn('\n.. sentences::\n', page)
        directive = (REPO / 'doc/ext/sentences.py').read_text()
        self.assertIn('sentence_list.as_rst()', directive)
