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

"""Which files does a node start with?

They are laid out in the state of the node before it exists; its init
script copies them over its private /etc.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import pathlib
import re

from tests.lab.harness.node import addresses
from tests.lab.harness.node import init_script
from tests.lab.harness.node import libvirt_conf
from tests.lab.harness.node import namespaces
from tests.lab.harness.pki import pki

_HOSTS_LINE = re.compile(r'^hosts:.*$', re.MULTILINE)


def of_node(
    name: str,
    *,
    all_nodes: Sequence[addresses.NodeAddresses],
    nsswitch: str,
    libvirt_ca: pki.CertificateAuthority,
) -> dict[str, str]:
    """Return the initial files of a node, by their path in it.

    :param nsswitch: the /etc/nsswitch.conf that it has without a lab.
    """
    files = {
        '/etc/hostname': f'{name}\n',
        '/etc/hosts': addresses.hosts_file(all_nodes),
        '/etc/nsswitch.conf': files_only(nsswitch),
        # A link into the machine's /run on many systems, and no server in
        # it could be reached.
        '/etc/resolv.conf': '',
    }
    if name == 'switch':
        return files
    fqdn = addresses.of_name(name).fqdn
    issued = libvirt_ca.issue((fqdn, name))
    files |= pki.libvirt_files(libvirt_ca.cert_pem, issued)
    if name != 'controller':
        files[libvirt_conf.LIBVIRTD_CONF] = libvirt_conf.render(
            libvirt_conf.libvirtd_defaults(name)
        )
        files[libvirt_conf.QEMU_CONF] = libvirt_conf.render(
            libvirt_conf.QEMU_DEFAULTS
        )
    return files


def files_only(nsswitch: str) -> str:
    """Return an nsswitch.conf in which host names come from /etc/hosts."""
    line = 'hosts: files'
    changed, count = _HOSTS_LINE.subn(line, nsswitch)
    return changed if count else f'{nsswitch}\n{line}\n'


def lay_out(
    directory: pathlib.Path,
    files: Mapping[str, str],
    *,
    is_libvirt_host: bool,
    tree: pathlib.Path | None = None,
) -> None:
    """Write the files and the init script of a node into its state.

    :param tree: its root directory, if that is not the machine's.
    """
    make_directory(directory)
    make_directory(directory / 'etc')
    for inside, text in files.items():
        path = directory / inside.lstrip('/')
        make_directory(path.parent)
        path.touch(mode=0o600)
        path.write_text(text)
        path.chmod(0o600 if inside.endswith('key.pem') else 0o644)
    if is_libvirt_host:
        for parts in (*init_script.HOST_DIRECTORIES, 'etc/pki/qemu'):
            make_directory(directory / parts)
    (directory / namespaces.INIT_SCRIPT).write_text(
        init_script.render(
            name=directory.name,
            directory=directory,
            is_libvirt_host=is_libvirt_host,
            tree=tree,
        )
    )


def make_directory(path: pathlib.Path) -> None:
    """Make a directory, and those above it, that everybody may enter."""
    if not path.exists():
        make_directory(path.parent)
        path.mkdir()
        # Whatever the umask is: QEMU is not root in the lab.
        path.chmod(0o755)
