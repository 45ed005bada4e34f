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

"""The demonstration: one guest, two hosts, three migrations, three proofs.

There over one TLS connection, back with a local disk copied too, and there
again in clear text as the control: a search that finds nothing proves
something only if it can find.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
import contextlib
import dataclasses
import os
import pathlib
import signal
import sys
import time
from types import FrameType

from nova_native_tls.cmd import exit_status
from tests.lab.harness import errors
from tests.lab.harness.guest import disk as guest_disk
from tests.lab.harness.guest import guest as lab_guest
from tests.lab.harness.guest import kernel as guest_kernel
from tests.lab.harness.guest import spec as guest_spec
from tests.lab.harness.lab import lab as lab_lab
from tests.lab.harness.node import host as lab_host
from tests.lab.harness import observed
from tests.lab.harness.pki import pki
from tests.lab.harness.wire import proof as wire
from tests.lab.harness.wire import table as wire_table

NAME = 'demo'
DISK_MIB = 64
#: Where the logs are kept when something fails.
LOGS = pathlib.Path(__file__).parents[2] / '.lab/log/demo'

ADVICE = (
    'the last lines of the logs name the reason; run it again, and report '
    'it with the logs if it stays'
)


class DemoFailed(errors.LabError):
    """A step did not show what it should."""


class Steps:
    """Numbers the steps, and says what each took."""

    def __init__(self) -> None:
        self._number = int(os.environ.get('LAB_FIRST_STEP', '1')) - 1
        self._started = time.monotonic()

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Print the number and title, and at the end how long it took."""
        self._number += 1
        say(f'[{self._number}] {title}')
        started = time.monotonic()
        yield
        say(f'    done ({time.monotonic() - started:.0f} s)')

    @property
    def elapsed_s(self) -> float:
        """Seconds since the first step."""
        return time.monotonic() - self._started


def say(line: str) -> None:
    """Print a line at once, whatever standard output is."""
    print(line, flush=True)


def indented(text: str) -> None:
    """Print what belongs to the running step."""
    for line in text.splitlines():
        say(f'    {line}'.rstrip())


def describe(seen: observed.Observed) -> str:
    """Say what the command reported of one migration."""
    record = seen.outcome.record
    mib = record['memory_bytes'] / 2**20
    name = record['verified_name']
    verified = f', certificate verified as {name}' if name else ''
    return (
        f'{record["source"]} -> {record["destination"]}: {record["mode"]}, '
        f'{mib:.0f} MiB of memory in {record["duration_s"]:.1f} s, downtime '
        f'{record["downtime_ms"]} ms{verified}'
    )


class Demo:
    """The scene: a lab, and a guest that moves in it."""

    def __init__(self, lab: lab_lab.Lab) -> None:
        self.lab = lab
        self.here, self.there = lab.hosts
        self._kernel = guest_kernel.build(lab.controller.directory / 'kernel')
        self.guest = lab_guest.Guest(
            guest_spec.GuestSpec(name='demo'), self._kernel
        )

    def start_guest(self) -> None:
        """Start a guest whose memory is full of a secret."""
        self.guest.define_and_start(self.here)
        self.guest.wait_ready(self.here)
        beat = self.guest.verify_alive(self.here)
        indented(f'the guest counts its seconds: beat {beat.number}')

    def attach_disk(self, host: lab_host.Host) -> tuple[str, ...]:
        """Give the running guest a local disk full of another secret."""
        spec = dataclasses.replace(self.guest.spec, disk_mib=DISK_MIB)
        guest_disk.create(host, spec)
        host.virsh(
            *('attach-disk', spec.name, spec.disk_path, 'vda'),
            *('--targetbus', 'virtio', '--subdriver', 'qcow2'),
            *('--live', '--config'),
        )
        self.guest = lab_guest.Guest(spec, self._kernel)
        return '--copy-storage', 'vda'

    def migrate(
        self, source: lab_host.Host, destination: lab_host.Host, *options: str
    ) -> wire.WireProof:
        """Migrate, show command and proof, and see that the guest lives.

        The migration network is dialled by an address that is in no
        certificate.
        """
        self.guest.prepare_destination(destination)
        uri = f'tcp://{destination.migration_ipv4}'
        options = ('--migrate-uri', uri, *options)
        shown = observed.arguments(self.guest, source, destination, *options)
        command = ' '.join(shown[len(observed.COMMAND) :])
        indented(f'controller$ nova-native-tls {command}')
        seen = observed.migrate(
            self.lab, self.guest, source, destination, *options
        )
        if seen.outcome.exit_status != exit_status.ExitStatus.SUCCESS:
            raise DemoFailed(
                f'the command ended with {seen.outcome.exit_status} and '
                f'said: {seen.outcome.stderr.strip()}'
            )
        indented(describe(seen))
        indented(wire_table.render(seen.proof))
        beat = self.guest.verify_memory(destination)
        indented(
            f'the guest lives on {destination.name}: beat {beat.number}, '
            f'bad pages {beat.bad_pages}'
        )
        return seen.proof

    def migrate_encrypted(
        self, source: lab_host.Host, destination: lab_host.Host, *options: str
    ) -> None:
        """Migrate, and insist on a proof."""
        proof = self.migrate(source, destination, *options)
        if not proof.encrypted:
            raise DemoFailed('what was captured does not prove encryption')

    def migrate_readable(
        self, source: lab_host.Host, destination: lab_host.Host, *options: str
    ) -> None:
        """Migrate in clear text, and insist that it can be read."""
        proof = self.migrate(source, destination, '--plaintext', *options)
        if proof.encrypted or not proof.clear_hits:
            raise DemoFailed('the control found nothing, so nothing is proven')
        indented('as it must be: what is there to be found is found')


def show(steps: Steps) -> None:
    """Run the demonstration from an empty machine to an empty machine."""
    with steps.step('Two hosts and a controller'):
        lab_lab.Lab.down(NAME)
        lab = lab_lab.Lab.up(name=NAME, host_count=2, progress=indented)
    demo = Demo(lab)
    with steps.step('Certificates for QEMU, from a CA of its own'):
        authority = pki.CertificateAuthority('QEMU migration CA')
        for host in lab.hosts:
            pki.install_qemu_identity(host, authority)
            indented(f'{host.fqdn}: names only, no address')
    with steps.step('A guest with a secret in every page of its memory'):
        demo.start_guest()
    with steps.step('There: memory, over native TLS'):
        demo.migrate_encrypted(demo.here, demo.there)
    with steps.step(f'A local disk of {DISK_MIB} MiB, with another secret'):
        disk = demo.attach_disk(demo.there)
    with steps.step('Back: memory and disk, over native TLS'):
        demo.migrate_encrypted(demo.there, demo.here, *disk)
    with steps.step('Control: the same in clear text, which must be readable'):
        demo.migrate_readable(demo.here, demo.there, *disk)
    with steps.step('Compare the disk and clean up'):
        demo.guest.verify_disk(demo.there)
        lab_lab.Lab.down(NAME)


def main() -> int:
    """Run it, and leave nothing behind whatever happens."""
    parser = argparse.ArgumentParser(prog='tools/demo', description=__doc__)
    parser.parse_args()
    signal.signal(signal.SIGTERM, _terminate)
    steps = Steps()
    try:
        show(steps)
    except (errors.LabError, KeyboardInterrupt) as err:
        lab_lab.Lab.down(NAME, keep_logs=LOGS)
        problem = str(err) or 'interrupted'
        print(f'Failed: {problem}', file=sys.stderr)
        print(f'What to do: {ADVICE}', file=sys.stderr)
        print(f'Logs: {LOGS}', file=sys.stderr)
        return exit_status.ExitStatus.FAILURE
    say(
        f'Done in {steps.elapsed_s:.0f} s: two migrations proven encrypted, '
        'one control found readable, nothing left behind.'
    )
    return exit_status.ExitStatus.SUCCESS


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == '__main__':
    sys.exit(main())
