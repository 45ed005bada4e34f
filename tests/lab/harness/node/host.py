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

"""What can be asked of a host that runs libvirt and QEMU?"""

from __future__ import annotations

import pathlib
import signal
import socket
import subprocess
import time

from tests.lab.harness import errors
from tests.lab.harness.node import addresses
from tests.lab.harness.node import libvirt_conf
from tests.lab.harness.node import node
from tests.lab.harness.node import process

SOCKET = '/run/libvirt/libvirt-sock'
PID_FILE = '/run/libvirtd.pid'

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 15

#: How much of libvirtd's log an error shows.
LOG_TAIL_LINES = 15

_START = """\
ulimit -n 8192
setsid libvirtd --listen >> /var/log/libvirt/libvirtd.log 2>&1 < /dev/null &
echo $!
"""


class Host(node.Node):
    """A node with a libvirtd, and QEMUs when guests are started."""

    def __init__(
        self,
        name: str,
        *,
        directory: pathlib.Path,
        init: process.ProcessIdentity,
    ) -> None:
        super().__init__(name, directory=directory, init=init)
        self.addresses = addresses.of_name(name)

    @property
    def migration_name(self) -> str:
        """The name of the migration address; it is in no certificate."""
        return self.addresses.migration_name

    @property
    def management_ipv4(self) -> str:
        """The IPv4 address that the names of the host resolve to."""
        return addresses.MANAGEMENT.ipv4(self.addresses.number)

    @property
    def management_ipv6(self) -> str:
        """The IPv6 address that the names of the host resolve to."""
        return addresses.MANAGEMENT.ipv6(self.addresses.number)

    @property
    def migration_ipv4(self) -> str:
        """The IPv4 address in the migration network."""
        return addresses.MIGRATION.ipv4(self.addresses.number)

    @property
    def migration_ipv6(self) -> str:
        """The IPv6 address in the migration network."""
        return addresses.MIGRATION.ipv6(self.addresses.number)

    @property
    def host_uuid(self) -> str:
        """The UUID that libvirtd says the host has."""
        return libvirt_conf.host_uuid(self.name)

    def uri(self, scheme: str = 'tcp', address: str | None = None) -> str:
        """Return the libvirt URI by which other nodes reach this host.

        :param scheme: ``tcp`` or ``tls``.
        :param address: a name or an address of this host; its full name
            by default.
        """
        where = address or self.fqdn
        if ':' in where:
            where = f'[{where}]'
        return f'qemu+{scheme}://{where}/system'

    def virsh(
        self, *args: str, timeout_s: float = 60, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run virsh on this host, connected to this host.

        :raises LabError: as ``run``.
        """
        argv = ['virsh', '--connect', 'qemu:///system', *args]
        return self.run(argv, timeout_s=timeout_s, check=check)

    @property
    def log_directory(self) -> pathlib.Path:
        """Where /var/log/libvirt of the host is seen from outside."""
        return self.directory / 'log'

    def qemu_log(self, domain: str) -> str:
        """Return what QEMU has said for a domain on this host, maybe ''."""
        return _read(self.log_directory / 'qemu' / f'{domain}.log')

    def libvirtd_log(self) -> str:
        """Return what libvirtd has said since the lab was brought up."""
        return _read(self.log_directory / 'libvirtd.log')

    def configure_qemu(self, **settings: libvirt_conf.Setting | None) -> None:
        """Rewrite qemu.conf and (re)start libvirtd.

        The lab's defaults and these settings: what an earlier call set is
        forgotten, and a call without any goes back to the defaults.

        :param settings: None takes a setting out of the file.
        """
        merged = libvirt_conf.merged(libvirt_conf.QEMU_DEFAULTS, settings)
        self.write_file(
            libvirt_conf.QEMU_CONF, libvirt_conf.render(merged), mode=0o600
        )
        self.restart_libvirtd()

    def configure_libvirtd(
        self, **settings: libvirt_conf.Setting | None
    ) -> None:
        """Rewrite libvirtd.conf and (re)start libvirtd.

        As ``configure_qemu``, of the other file.
        """
        defaults = libvirt_conf.libvirtd_defaults(self.name)
        merged = libvirt_conf.merged(defaults, settings)
        self.write_file(
            libvirt_conf.LIBVIRTD_CONF, libvirt_conf.render(merged)
        )
        self.restart_libvirtd()

    @property
    def libvirtd_pid(self) -> int | None:
        """The id of libvirtd, seen from within; None when it is down."""
        try:
            pid = self.path(PID_FILE).read_text().strip()
            name = self.path(f'/proc/{pid}/comm').read_text().strip()
        except FileNotFoundError:
            return None
        # The file outlives a killed libvirtd.
        return int(pid) if name == 'libvirtd' else None

    def start_libvirtd(self) -> None:
        """Start libvirtd and wait until it answers.

        :raises LabError: it runs already, or it ends, or it does not
            answer in time; the end of its log is shown.
        """
        if self.libvirtd_pid is not None:
            raise errors.LabError(f'libvirtd of {self.name} runs already')
        started = self.run(['sh', '-c', _START]).stdout.strip()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._accepts_connections():
            if not self.path(f'/proc/{started}').exists():
                raise self._failed('has ended')
            if time.monotonic() > deadline:
                raise self._failed(f'is deaf after {START_TIMEOUT_S} s')
            time.sleep(0.02)
        # Calls wait until the QEMU driver is there, or has failed.
        answer = self.virsh('version', timeout_s=START_TIMEOUT_S, check=False)
        if answer.returncode != 0:
            raise self._failed(f'has no QEMU driver ({answer.stderr.strip()})')

    def stop_libvirtd(self) -> None:
        """Stop libvirtd, if it runs; guests go on running.

        11.3 sometimes hangs in its end when it was started seconds ago. It
        is killed then, and guests go on all the same.

        :raises LabError: it does not end in time.
        """
        try:
            self.kill_libvirtd(signal.SIGTERM)
        except errors.LabError:
            self.kill_libvirtd(signal.SIGKILL)

    def kill_libvirtd(self, number: int = signal.SIGKILL) -> None:
        """Send a signal that ends libvirtd, and wait for the end.

        :raises LabError: it does not end in time.
        """
        pid = self.libvirtd_pid
        if pid is None:
            return
        # The shell's own kill: the program is not on every system.
        self.run(['sh', '-c', f'kill -{int(number)} {pid}'])
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while self.path(f'/proc/{pid}').exists():
            if time.monotonic() > deadline:
                raise self._failed(
                    f'still runs {STOP_TIMEOUT_S} s after a '
                    f'signal {int(number)}'
                )
            time.sleep(0.02)

    def restart_libvirtd(self) -> None:
        """Stop libvirtd, if it runs, and start it."""
        self.stop_libvirtd()
        self.start_libvirtd()

    def _accepts_connections(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(self.path(SOCKET)))
            except (FileNotFoundError, ConnectionRefusedError):
                return False
            return True

    def _failed(self, what: str) -> errors.LabError:
        tail = self.libvirtd_log().splitlines()[-LOG_TAIL_LINES:]
        return errors.LabError(
            f'libvirtd of {self.name} {what}; the end of its log:\n'
            + '\n'.join(tail or ['(empty)'])
        )


def _read(path: pathlib.Path) -> str:
    try:
        return path.read_text(errors='replace')
    except FileNotFoundError:
        return ''
