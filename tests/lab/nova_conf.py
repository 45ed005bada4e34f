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

"""A nova.conf on the controller, for one migration by the command line."""

from __future__ import annotations

from collections.abc import Mapping

from tests.lab.harness.node import node as lab_node


def write(
    node: lab_node.Node,
    name: str,
    *,
    libvirt: Mapping[str, object],
    native_tls: Mapping[str, object] | None = None,
) -> tuple[str, str]:
    """Write the file, and give the option of the command to read it."""
    path = f'/etc/nova-{name}.conf'
    lines = ['[libvirt]']
    lines += [f'{option} = {value}' for option, value in libvirt.items()]
    lines += ['[native_tls]']
    lines += [
        f'{name} = {value}' for name, value in (native_tls or {}).items()
    ]
    node.write_file(path, '\n'.join([*lines, '']))
    return '--config-file', path
