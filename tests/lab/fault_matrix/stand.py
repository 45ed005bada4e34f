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

"""What can be done to one host of the matrix, in its present role?"""

from __future__ import annotations

from collections.abc import Sequence
import contextlib
import grp
import os
import pathlib
import shutil
from typing import Any
import uuid as uuidlib

from tests.functional import credentials
from tests.lab.fault_matrix import certificates
from tests.lab.fault_matrix import warm
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.node import libvirt_conf
from tests.lab.harness.node import node as lab_node
from tests.lab.harness.node import node_process

PKI = '/etc/pki'
DIRECTORY = f'{PKI}/qemu'
NOVA_CONF = '/etc/nova/nova.conf'
#: What faults may make beside the usual directory.
OTHER_DIRECTORIES = tuple(
    f'{PKI}/{name}' for name in ('libvirt-migrate', 'elsewhere', 'keys')
)
FILES = (
    'ca-cert.pem', 'server-cert.pem', 'server-key.pem',
    'client-cert.pem', 'client-key.pem',
)  # fmt: skip

#: Of libvirt itself, not of QEMU.
LIBVIRT_CA = f'{PKI}/CA/cacert.pem'
LIBVIRT_FILES = (
    LIBVIRT_CA,
    f'{PKI}/libvirt/servercert.pem',
    f'{PKI}/libvirt/private/serverkey.pem',
)

SECRET_FILES = ('/run/secret.xml', '/run/secret.value')

CERTIFICATE_MODE = 0o644
KEY_MODE = 0o640


class Stand:
    """One host: its files, its configuration, and what runs beside it."""

    def __init__(
        self,
        host: lab_host.Host,
        *,
        ca: certificates.Template,
        foreign_ca: certificates.Template,
        leaf: certificates.Template,
        third: lab_node.Node,
    ) -> None:
        self.host = host
        #: Of all hosts, and one that no host knows.
        self.ca = ca
        self.foreign_ca = foreign_ca
        #: The certificate that the host has, before any fault.
        self.leaf = leaf
        #: The machine from which migrations are asked for.
        self.third = third
        self._libvirt = {
            path: self.path(path).read_bytes() for path in LIBVIRT_FILES
        }
        #: Two, to be used at a time.
        self.commands = tuple(warm.WarmCommand(host, n) for n in range(2))
        #: The stand of the other host.
        self.peer: Stand = self
        self._running: list[node_process.NodeProcess] = []
        self._configured = False
        self._secrets: list[str] = []

    @property
    def names(self) -> tuple[str, str]:
        """The names of the host."""
        return self.host.fqdn, self.host.name

    def path(self, name: str) -> pathlib.Path:
        """Give a file of QEMU's, or any other, as it is seen from here."""
        inside = name if name.startswith('/') else f'{DIRECTORY}/{name}'
        return self.host.path(inside)

    def write(
        self, name: str, content: str | bytes, mode: int | None = None
    ) -> None:
        """Write a file as it should be: root's, and readable for QEMU."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink() or path.exists():
            path.unlink()
        path.write_bytes(
            content if isinstance(content, bytes) else content.encode()
        )
        if mode is None:
            mode = KEY_MODE if '-key' in name else CERTIFICATE_MODE
        os.chown(path, 0, qemu_gid())
        path.chmod(mode)

    def remove(self, name: str) -> None:
        """Take a file away."""
        self.path(name).unlink()

    def chmod(self, name: str, mode: int) -> None:
        """Give a file to root alone, with a mode."""
        os.chown(self.path(name), 0, 0)
        self.path(name).chmod(mode)

    def issue(self, **changes: Any) -> certificates.Template:
        """Make another certificate for the host."""
        issuer = changes.pop('issuer', self.ca)
        names = changes.pop('dns', self.names)
        return certificates.leaf(issuer, names, **changes)

    def install(
        self, end: str, leaf: certificates.Template, *chain: Any
    ) -> None:
        """Install a certificate, what follows it, and its key."""
        self.write(f'{end}-cert.pem', certificates.pem_of(leaf, *chain))
        self.write(f'{end}-key.pem', certificates.key_pem(leaf.key))

    def install_both(self, leaf: certificates.Template) -> None:
        """Install one certificate for both ends."""
        for end in ('server', 'client'):
            self.install(end, leaf)

    def trust(self, *authorities: certificates.Template) -> None:
        """Write ca-cert.pem."""
        self.write('ca-cert.pem', certificates.pem_of(*authorities))

    def install_all(self) -> None:
        """Install what the host should have."""
        self.trust(self.ca)
        self.install_both(self.leaf)

    def qemu_conf(self, **settings: libvirt_conf.Setting) -> None:
        """Change qemu.conf, without libvirt being told."""
        merged = libvirt_conf.merged(libvirt_conf.QEMU_DEFAULTS, settings)
        self.write(
            libvirt_conf.QEMU_CONF, libvirt_conf.render(merged), mode=0o600
        )
        self._configured = True

    def configure_qemu(self, **settings: libvirt_conf.Setting) -> None:
        """Change qemu.conf and restart libvirt."""
        self.qemu_conf(**settings)
        self.host.restart_libvirtd()

    def configure_libvirtd(self, **settings: libvirt_conf.Setting) -> None:
        """Change libvirtd.conf and restart libvirt."""
        self._configured = True
        self.host.configure_libvirtd(**settings)

    def make_directory(self, path: str) -> None:
        """Make a directory that libvirt may come to use."""
        self.path(path).mkdir()
        self.path(path).chmod(0o755)
        self._configured = True

    def renew_libvirt(self, leaf: certificates.Template) -> None:
        """Give libvirt itself a certificate of another CA, and restart it."""
        self._configured = True
        cert, key = LIBVIRT_FILES[1:]
        self.write(cert, certificates.pem_of(leaf))
        self.write(key, certificates.key_pem(leaf.key))
        assert leaf.issuer is not None
        self.path(LIBVIRT_CA).write_text(self._both_for_libvirt(leaf.issuer))
        self.host.restart_libvirtd()

    def trust_for_libvirt(self, authority: certificates.Template) -> None:
        """Let libvirt here and on other machines trust a CA as well."""
        content = self._both_for_libvirt(authority)
        for node in (self.host, self.peer.host, self.third):
            node.path(LIBVIRT_CA).write_text(content)

    def _both_for_libvirt(self, authority: certificates.Template) -> str:
        before = self._libvirt[LIBVIRT_CA].decode()
        return before + certificates.pem_of(authority)

    def define_secret(self, passphrase: str) -> str:
        """Have libvirt keep a passphrase; give the UUID of the secret."""
        uuid = str(uuidlib.uuid4())
        self._secrets.append(uuid)
        self.write(
            SECRET_FILES[0],
            f'<secret ephemeral="no" private="no"><uuid>{uuid}</uuid>'
            '</secret>',
        )
        self.write(SECRET_FILES[1], passphrase)
        self.host.virsh('secret-define', SECRET_FILES[0])
        self.host.virsh(
            *('secret-set-value', uuid, '--file', SECRET_FILES[1], '--plain')
        )
        return uuid

    def stop_libvirtd(self) -> None:
        """Stop libvirt."""
        self._configured = True
        self.host.stop_libvirtd()

    def sh(self, script: str, *, check: bool = True) -> str:
        """Run a line of shell on the host."""
        argv = ['sh', '-c', script]
        return self.host.run(argv, check=check).stdout

    def filter(self, *rules: str) -> None:
        """Give the host a firewall that lets in all but this."""
        lines = (
            'table inet matrix {',
            'chain input {',
            'type filter hook input priority 0;',
            *rules,
            '}',
            '}',
        )
        self.host.run(['nft', '-f', '-'], input='\n'.join((*lines, '')))

    def open(self) -> None:
        """Take the firewall away."""
        self.host.run(['nft', 'flush', 'ruleset'])

    def start(self, argv: Sequence[str]) -> node_process.NodeProcess:
        """Run something beside libvirt until the fault is over."""
        running = self.host.popen(argv)
        self._running.append(running)
        return running

    def end_running(self) -> None:
        """End what ``start`` started."""
        for running in self._running:
            running.kill()
            for stream in (running.stdout, running.stderr):
                if stream is not None:
                    stream.close()
        self._running.clear()

    def restore(self) -> None:
        """Make the host as it should be."""
        self.end_running()
        self.open()
        self.path(PKI).chmod(0o755)
        for directory in (DIRECTORY, *OTHER_DIRECTORIES):
            _remove(self.path(directory))
        self.path(DIRECTORY).mkdir()
        self.path(DIRECTORY).chmod(0o755)
        self.install_all()
        # QEMU makes its own otherwise, at every migration, for seconds.
        self.write('dh-params.pem', credentials.dh_parameters())
        self.nova_conf({})
        for path, content in self._libvirt.items():
            self.path(path).write_bytes(content)
        self.third.path(LIBVIRT_CA).write_bytes(self._libvirt[LIBVIRT_CA])
        if self._configured:
            self.qemu_conf()
            self.host.configure_libvirtd()
            self._configured = False
        while self._secrets:
            self.host.virsh('secret-undefine', self._secrets.pop())

    def nova_conf(self, more: dict[str, str]) -> None:
        """Write nova.conf, with more options, each with its section."""
        options = {
            'libvirt.live_migration_with_native_tls': 'true',
            'libvirt.live_migration_scheme': 'tls',
            **more,
        }
        lines = []
        for name, value in options.items():
            section, _dot, option = name.partition('.')
            lines += [f'[{section}]', f'{option} = {value}']
        self.write(NOVA_CONF, '\n'.join([*lines, '']))


def qemu_gid() -> int:
    """The group of QEMU's user."""
    return grp.getgrnam(libvirt_conf.QEMU_GROUP).gr_gid


def _remove(path: pathlib.Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if path.is_symlink() or not path.is_dir():
            path.unlink()
        else:
            shutil.rmtree(path)
