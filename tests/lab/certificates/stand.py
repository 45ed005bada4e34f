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

"""Machines as the documentation has them, on which its commands run.

``host1.example.org``, ``host2.example.org`` and ``admin.example.org``: two
hosts of a lab and its controller, which has the CA and logs in to the hosts
by ssh. Only ``systemctl`` is not there, as nothing like systemd is: that the
daemon is restarted, the lab does itself.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import sys
from typing import Any

from tests.lab.certificates import doc_commands
from tests.lab.certificates import ssh_access
from tests.lab.harness import errors
from tests.lab.harness.guest import guest as lab_guest
from tests.lab.harness.guest import kernel as guest_kernel
from tests.lab.harness.guest import spec as guest_spec
from tests.lab.harness.lab import lab as lab_lab
from tests.lab.harness.node import addresses
from tests.lab.harness.node import environment
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.node import node as lab_node
from tests.lab.harness.pki import pki

NAME = os.environ.get('LAB_CERTIFICATES_NAME', 'certificates')
DOMAIN = 'example.org'
GUEST = 'guest1'
FIRST_PAGE = 'first-certificates'
RUNBOOK = 'rotation'
#: Where a migration is, on the first page; before it, certificates are
#: installed.
MIGRATE = 'Migrate'
#: Parts of the runbook.
REVOKE = 'Revoke a host'
TAKE_BACK = 'Take a host back'

QEMU_PKI = '/etc/pki/qemu'
CA_STATE = '/etc/nova-native-tls'
PROGRAMS = '/run/programs'
PATH = f'{PROGRAMS}:{environment.SEARCH_PATH}'
_SAVED = '/run/saved'
#: The lab keeps nobody's clock.
ORDINARY = frozenset({'clock.unsynchronised'})
_RESTART = 'systemctl restart libvirtd'
_PROGRAM = f"""\
#!/bin/sh
exec {sys.executable} -m nova_native_tls.cmd.main "$@"
"""
#: A host has the one directory, the admin machine the other.
_SAVE = f"""
mkdir {_SAVED}
for each in {QEMU_PKI} {CA_STATE}; do
    if [ -e $each ]; then
        cp -a --parents $each {_SAVED}
    fi
done
"""
_RESTORE = f"""
rm -rf {QEMU_PKI} {CA_STATE}
cp -a {_SAVED}/etc/. /etc/
"""
TIMEOUT_S = 120


class CommandFailed(errors.LabError):
    """A command of the documentation did not do what it says."""


class Stand:
    """A lab whose machines have the names of the documentation."""

    def __init__(self, lab: lab_lab.Lab) -> None:
        self.lab = lab
        self.machines: dict[str, lab_node.Node] = {
            'admin': lab.controller,
            **{host.name: host for host in lab.hosts},
        }
        self._rename()
        self._let_libvirt_know_the_names()
        for node in self.machines.values():
            ssh_access.make_home(node)
            node.write_file(
                f'{PROGRAMS}/nova-native-tls', _PROGRAM, mode=0o755
            )
        ssh_access.connect(
            lab.controller,
            {f'{host.name}.{DOMAIN}': host for host in lab.hosts},
            path=PATH,
        )
        self._is_saved = False

    def _rename(self) -> None:
        text = addresses.hosts_file(
            [
                addresses.of_controller(),
                *(host.addresses for host in self.lab.hosts),
            ]
        )
        for machine, node in self.machines.items():
            # The first name of a line is the one that libvirt gives itself.
            text = text.replace(
                f' {node.fqdn} ', f' {machine}.{DOMAIN} {node.fqdn} '
            )
        for node in self.machines.values():
            node.write_file('/etc/hosts', text)

    def _let_libvirt_know_the_names(self) -> None:
        self.libvirt_ca = pki.CertificateAuthority('CA of libvirt')
        for machine, node in self.machines.items():
            issued = self.libvirt_ca.issue(
                (f'{machine}.{DOMAIN}', node.fqdn, node.name)
            )
            files = pki.libvirt_files(self.libvirt_ca.cert_pem, issued)
            for path, text in files.items():
                mode = 0o600 if path.endswith('key.pem') else 0o644
                node.write_file(path, text, mode=mode)

    def from_nothing(self) -> None:
        """Remove all that these commands make, and run them.

        :raises CommandFailed: one of them did not work.
        """
        for node in self.machines.values():
            node.run(['rm', '-rf', QEMU_PKI, CA_STATE, _SAVED])
        for host in self.lab.hosts:
            host.configure_qemu()
        page = doc_commands.sections(FIRST_PAGE)
        for title, commands in page.items():
            if title != MIGRATE:
                self.run(*commands)
        for node in self.machines.values():
            node.run(['sh', '-ec', _SAVE])
        self._is_saved = True

    def restore(self) -> None:
        """Make everything as it was once the first page was done.

        :raises CommandFailed: as ``from_nothing``.
        """
        if not self._is_saved:
            self.from_nothing()
        for node in self.machines.values():
            node.run(['sh', '-ec', _RESTORE])

    def host(self, name: str) -> lab_host.Host:
        """Give a host by its short name."""
        return self.lab.host(name)

    def run(self, *commands: doc_commands.Command) -> None:
        """Run commands of the documentation, each at its machine.

        :raises CommandFailed: one of them did not work.
        """
        for command in commands:
            if command.text == _RESTART:
                self.host(command.machine).restart_libvirtd()
                continue
            status, output = self.shell(command.machine, command.text)
            if command.text == 'nova-native-tls host check':
                self._check_findings(command.machine)
            elif status:
                raise CommandFailed(
                    f'{command.machine}# {command.text}\n'
                    f'ended with {status}: {output}'
                )

    def shell(self, machine: str, text: str) -> tuple[int, str]:
        """Run lines of shell as root would; give status and output."""
        done = self.machines[machine].run(
            ['bash', '-e', '-o', 'pipefail', '-c', f'cd; {text}'],
            env={'HOME': ssh_access.HOME, 'PATH': PATH},
            check=False,
            timeout_s=TIMEOUT_S,
        )
        return done.returncode, done.stdout + done.stderr

    def command(self, machine: str, *words: str) -> Any:
        """Run a command of ours for its JSON, whatever its status."""
        done = self.machines[machine].run(
            [f'{PROGRAMS}/nova-native-tls', *words, '-f', 'json'],
            check=False,
            timeout_s=TIMEOUT_S,
        )
        if not done.stdout.strip():
            raise CommandFailed(f'{machine}: {words}: {done.stderr}')
        return json.loads(done.stdout)

    def findings(self, machine: str) -> dict[str, str]:
        """Give what ``host check`` finds and the lab is not guilty of."""
        return {
            each['code']: each['status']
            for each in self.command(machine, 'host', 'check')
            if each['code'] not in ORDINARY
        }

    def _check_findings(self, machine: str) -> None:
        bad = {
            code: status
            for code, status in self.findings(machine).items()
            if status != 'success'
        }
        if bad:
            raise CommandFailed(f'host check on {machine} found {bad}')

    def start_guest(self, host: lab_host.Host) -> lab_guest.Guest:
        """Start a small guest, which may go to the other host at once."""
        guest = lab_guest.Guest(
            guest_spec.GuestSpec(
                name=GUEST, memory_mib=16, working_set_mib=1, dirty_mib_s=1
            ),
            guest_kernel.build(self.lab.controller.directory / 'kernel'),
        )
        for each in self.lab.hosts:
            guest.destroy(each)
        guest.define_and_start(host)
        guest.wait_ready(host)
        for each in self.lab.hosts:
            if each is not host:
                guest.prepare_destination(each)
        return guest


@functools.cache
def get() -> Stand:
    """Bring the lab up for all tests of this process."""
    # What a killed run left behind is not the lab that this run wants.
    lab_lab.Lab.down(NAME)
    atexit.register(lab_lab.Lab.down, NAME)
    return Stand(lab_lab.Lab.up(name=NAME, host_count=2))
