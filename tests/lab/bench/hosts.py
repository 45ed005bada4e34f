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

"""Hosts of any Debian, on which our command runs as well.

A host with a root directory of its own has the Python of that Debian, and gets
a copy of this package: ``migrate`` measures the host that it runs on.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import dataclasses
import importlib.metadata
import pathlib
import shutil
import sys

import nova_native_tls
from tests import debian_tree
from tests.lab.certificates import ssh_access
from tests.lab.harness.lab import debian
from tests.lab.harness.lab import lab as lab_lab
from tests.lab.harness.node import environment
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.pki import pki

NAME = 'bench'
OWN = 'own'

#: Where the copy of the package is, in memory.
_COPY = '/usr/local/lib/nova-native-tls'
_DISTRIBUTION = 'nova-native-tls'
_GNUTLS = (
    'import ctypes\n'
    'check = ctypes.CDLL("libgnutls.so.30").gnutls_check_version\n'
    'check.restype = ctypes.c_char_p\n'
    'print(check(None).decode())\n'
)


@dataclasses.dataclass(frozen=True, slots=True)
class Pair:
    """Two hosts that are alike.

    :ivar title: what they run, for people.
    :ivar python: how Python is started there, and its variables.
    """

    lab: lab_lab.Lab
    title: str
    python: str
    env: dict[str, str]

    def command(self, *words: str) -> list[str]:
        """Return a command line of ours, for one of the hosts."""
        return [self.python, '-m', 'nova_native_tls.cmd.main', *words]


@contextlib.contextmanager
def up(suite: str, tell: Callable[[str], None]) -> Iterator[Pair]:
    """Bring two hosts up, with certificates and ssh, and take them down.

    :param suite: such as trixie; OWN for what this machine runs.
    :raises LabError: they did not come up.
    """
    lab_lab.Lab.down(NAME)
    tree = None
    if suite != OWN:
        tree = debian.root(suite, progress=tell)
    trees = {} if tree is None else {'host1': tree, 'host2': tree}
    try:
        lab = lab_lab.Lab.up(NAME, host_count=2, trees=trees)
        authority = pki.CertificateAuthority('QEMU migration CA')
        for host in lab.hosts:
            pki.install_qemu_identity(host, authority)
        _let_in(*lab.hosts)
        python, env = sys.executable, dict[str, str]()
        if tree is not None:
            for host in lab.hosts:
                _copy_package(host)
            python, env = '/usr/bin/python3', {'PYTHONPATH': _COPY}
        yield Pair(lab, _title(suite, lab.hosts[0], python), python, env)
    finally:
        lab_lab.Lab.down(NAME)


def _let_in(first: lab_host.Host, second: lab_host.Host) -> None:
    """Let root of each host log in to the other."""
    for host in (first, second):
        ssh_access.make_home(host)
    for client, server in ((first, second), (second, first)):
        ssh_access.connect(
            client, {server.fqdn: server}, path=environment.SEARCH_PATH
        )


def _copy_package(host: lab_host.Host) -> None:
    (package,) = nova_native_tls.__path__
    target = host.path(_COPY)
    shutil.copytree(
        package,
        target / 'nova_native_tls',
        ignore=shutil.ignore_patterns('__pycache__'),
    )
    # The commands are found by what the distribution says of itself.
    distribution = importlib.metadata.distribution(_DISTRIBUTION)
    told = pathlib.Path(target, f'nova_native_tls-{distribution.version}')
    directory = told.with_name(f'{told.name}.dist-info')
    directory.mkdir()
    for name in ('METADATA', 'entry_points.txt'):
        text = distribution.read_text(name) or ''
        (directory / name).write_text(text)


def _title(suite: str, host: lab_host.Host, python: str) -> str:
    said = [
        host.run([program, '--version']).stdout.splitlines()[0]
        for program in ('libvirtd', 'qemu-system-x86_64')
    ]
    libvirt, qemu = (
        next(word for word in line.split() if word[:1].isdigit())
        for line in said
    )
    gnutls = host.run([python, '-c', _GNUTLS]).stdout.strip()
    name = (debian_tree.own_suite() or 'this') if suite == OWN else suite
    return f'{name}: libvirt {libvirt}, QEMU {qemu}, GnuTLS {gnutls}'
