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

import pathlib
import sys

REPO = pathlib.Path(__file__).resolve().parent.parent.parent

# Directives of this documentation's own.
sys.path.insert(0, str(REPO / 'doc' / 'ext'))

extensions = [
    'cliff.sphinxext',
    'openstackdocstheme',
    'oslo_config.sphinxconfiggen',
    'oslo_config.sphinxext',
    'sentences',
    'sphinx.ext.autodoc',
]

project = 'nova-native-tls'
copyright = 'nova-native-tls contributors'

# Included by another page.
exclude_patterns = ['admin/measured.rst']

html_theme = 'openstackdocs'
pygments_style = 'native'

openstackdocs_repo_name = 'openstack/nova-native-tls'
openstackdocs_auto_name = False
openstackdocs_use_storyboard = False

autodoc_typehints = 'description'
autodoc_member_order = 'bysource'

autoprogram_cliff_application = 'nova-native-tls'

config_generator_config_file = [
    (
        str(
            REPO
            / 'etc'
            / 'nova_native_tls'
            / 'nova-native-tls-config-generator.conf'
        ),
        '_static/nova-native-tls',
    )
]
