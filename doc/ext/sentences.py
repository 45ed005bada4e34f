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

"""Directive ``sentences``: all that ``nova-native-tls explain`` knows."""

from __future__ import annotations

from docutils import nodes
from docutils import statemachine
from sphinx import application
from sphinx.util import docutils
from sphinx.util import nodes as sphinx_nodes

from nova_native_tls.explain import sentence_list


class Sentences(docutils.SphinxDirective):
    """Put the catalogue where the directive is."""

    def run(self) -> list[nodes.Node]:
        """Parse what the catalogue writes of itself."""
        lines = statemachine.StringList(
            list(sentence_list.as_rst()), source='catalogue'
        )
        container = nodes.section()
        container.document = self.state.document
        sphinx_nodes.nested_parse_with_titles(self.state, lines, container)
        return container.children


def setup(app: application.Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive('sentences', Sentences)
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
