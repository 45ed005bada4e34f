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

"""The demonstration on a real Nova: a server moves, and a move goes wrong.

There and back with the plugin, encrypted; there again with the option off as
the control; then with one certificate that has expired, to show what Nova's
users are told; and once more when it is mended. All of it is asked for, and
told, by Nova's REST API.
"""

from __future__ import annotations

import argparse
import pathlib
import signal
import sys
import textwrap
from types import FrameType

from nova_native_tls.cmd import exit_status
from tests.cloud import faults
from tests.cloud.harness.api import instance_actions
from tests.cloud.harness.api import servers as cloud_servers
from tests.cloud.harness.cloud import cloud as cloud_cloud
from tests.cloud.harness.guest import observed_move
from tests.cloud.harness.guest import virtual_machine
from tests.cloud.harness.settings import options as cloud_options
from tests.lab import demo as lab_demo
from tests.lab.harness import errors
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.pki import pki
from tests.lab.harness.wire import table as wire_table

NAME = 'demo-nova'
DRIVER = 'native_tls.NativeTLSDriver'
#: Where the logs are kept when something fails.
LOGS = pathlib.Path(__file__).parents[2] / '.lab/log/demo-nova'
WIDTH = 74

indented = lab_demo.indented


class Demo:
    """The scene: a cloud with certificates, and a server that moves in it."""

    def __init__(self, cloud: cloud_cloud.Cloud) -> None:
        self.cloud = cloud
        self.here, self.there = cloud.lab.hosts
        self._ends = faults.Ends(
            source=self.here,
            destination=self.there,
            authority=pki.CertificateAuthority('QEMU migration CA'),
        )
        #: What was shown, for the last line.
        self.encrypted = self.readable = self.explained = 0

    def issue_certificates(self) -> None:
        """Give the QEMUs of both hosts certificates without addresses."""
        self._ends.make_healthy()
        for host in self.cloud.lab.hosts:
            indented(f'{host.fqdn}: names only, no address')

    def boot(self) -> None:
        """Boot a server whose memory and disk are full of secrets."""
        self.machine = virtual_machine.boot(self.cloud, 'demo')
        self.machine.write_disk_secret()
        indented(describe(self.machine.show()))
        beat = self.machine.guest.verify_alive(self.here)
        indented(f'the guest counts its seconds: beat {beat.number}')

    def move(self, destination: lab_host.Host) -> observed_move.ObservedMove:
        """Move the server, and show what Nova and the wire tell.

        :raises DemoFailed: it did not arrive.
        """
        indented(f'os-migrateLive to {destination.name} by the REST API')
        seen = observed_move.move(self.machine, destination)
        indented(
            f'migration {seen.outcome.status}, {describe(self.machine.show())}'
        )
        if seen.outcome.status != 'completed':
            show_events(seen.outcome.action)
            raise lab_demo.DemoFailed('the server did not arrive')
        indented(wire_table.render(seen.proof))
        self._verify(destination)
        return seen

    def move_encrypted(self, destination: lab_host.Host) -> None:
        """Move the server, and insist on a proof."""
        if not self.move(destination).proof.encrypted:
            raise lab_demo.DemoFailed(
                'what was captured does not prove encryption'
            )
        self.encrypted += 1

    def move_readable(self, destination: lab_host.Host) -> None:
        """Move the server with the option off, and insist on reading it."""
        self.cloud.reconfigure(
            libvirt={'live_migration_with_native_tls': False}
        )
        indented('live_migration_with_native_tls = false on every host')
        proof = self.move(destination).proof
        if proof.encrypted or not proof.clear_hits:
            raise lab_demo.DemoFailed(
                'the control found nothing, so nothing is proven'
            )
        indented('as it must be: what is there to be found is found')
        self.readable += 1
        self.cloud.reconfigure()
        indented('live_migration_with_native_tls = true on every host')

    def break_certificate(self) -> None:
        """Let the server certificate of the first host expire."""
        faults.expired(self._back, 'server')
        indented(f'{self.here.name}: {faults.path("server-cert")} expired')

    def move_in_vain(self) -> None:
        """Move the server nowhere, and show what the operator is told.

        :raises DemoFailed: it moved, or suffered, or the reason is not told.
        """
        indented(f'os-migrateLive to {self.here.name} by the REST API')
        outcome = self.machine.live_migrate(self.here.name)
        indented(f'migration {outcome.status}, {describe(outcome.server)}')
        indented('what "openstack server event show" tells of it:')
        show_events(outcome.action)
        if outcome.status == 'completed' or outcome.server.status != 'ACTIVE':
            raise lab_demo.DemoFailed('the server should have stayed, ACTIVE')
        if faults.path('server-cert') not in outcome.action.details:
            raise lab_demo.DemoFailed('no event names the file')
        self._verify(self.there)
        self.explained += 1

    def mend_certificate(self) -> None:
        """Do what the operator was told."""
        faults.reissue(self._back, 'server')
        indented(f'{self.here.name}: {faults.path("server-cert")} is new')

    def end(self) -> None:
        """Compare the disk with what was written, and delete the server."""
        self.machine.verify_disk()
        indented('every byte of the disk secret is where it was written')
        self.machine.delete()

    @property
    def _back(self) -> faults.Ends:
        """The way back, on which the first host is the destination."""
        return faults.Ends(
            source=self.there,
            destination=self.here,
            authority=self._ends.authority,
        )

    def _verify(self, host: lab_host.Host) -> None:
        beat = self.machine.guest.verify_memory(host)
        indented(
            f'the guest lives on {host.name}: beat {beat.number}, '
            f'bad pages {beat.bad_pages}'
        )


def describe(server: cloud_servers.Server) -> str:
    """Say what Nova tells of the server."""
    return f'server {server.status} on {server.host}'


def show_events(action: instance_actions.Action) -> None:
    """Print the events of an action, those that failed with details."""
    for event in action.events:
        indented(f'{event.result or "-":8}{event.host or "-":12}{event.name}')
        if event.details is not None:
            details = textwrap.fill(
                event.details,
                WIDTH,
                initial_indent='| ',
                subsequent_indent='| ',
            )
            indented(textwrap.indent(details, 8 * ' '))


def show(steps: lab_demo.Steps) -> Demo:
    """Run the demonstration from an empty machine to an empty machine."""
    with steps.step('A Nova with its controller and two hosts'):
        cloud_cloud.Cloud.down(NAME, progress=indented)
        cloud = cloud_cloud.Cloud.up(
            NAME,
            driver=DRIVER,
            options=cloud_options.Options(native_tls=True),
            progress=indented,
        )
    demo = Demo(cloud)
    with steps.step('Certificates for QEMU, from a CA of its own'):
        demo.issue_certificates()
    with steps.step('A server with secrets in its memory and on its disk'):
        demo.boot()
    with steps.step('There: memory and disk, over native TLS'):
        demo.move_encrypted(demo.there)
    with steps.step('Back, over native TLS'):
        demo.move_encrypted(demo.here)
    with steps.step('Control: there again with the option off'):
        demo.move_readable(demo.there)
    with steps.step('A certificate expires'):
        demo.break_certificate()
    with steps.step('Back, in vain: what the operator is told'):
        demo.move_in_vain()
    with steps.step('The certificate is mended, and the server moves'):
        demo.mend_certificate()
        demo.move_encrypted(demo.here)
    with steps.step('Compare the disk and clean up'):
        demo.end()
        cloud_cloud.Cloud.down(NAME, progress=indented)
    return demo


def main() -> int:
    """Run it, and leave nothing behind whatever happens."""
    parser = argparse.ArgumentParser(
        prog='tools/demo --nova', description=__doc__
    )
    parser.parse_args()
    signal.signal(signal.SIGTERM, _terminate)
    steps = lab_demo.Steps()
    shown: Demo | None = None
    problem = ''
    try:
        shown = show(steps)
    except (errors.LabError, KeyboardInterrupt) as err:
        problem = str(err) or 'interrupted'
    finally:
        if shown is None:
            clean_up()
    if shown is None:
        print(f'Failed: {problem}', file=sys.stderr)
        print(f'What to do: {lab_demo.ADVICE}', file=sys.stderr)
        print(f'Logs: {LOGS}', file=sys.stderr)
        return exit_status.ExitStatus.FAILURE
    lab_demo.say(
        f'Done in {steps.elapsed_s:.0f} s: moves proven encrypted: '
        f'{shown.encrypted}, controls found readable: {shown.readable}, '
        f'failures explained: {shown.explained}, nothing left behind.'
    )
    return exit_status.ExitStatus.SUCCESS


def clean_up() -> None:
    """Keep the logs and take the cloud down; a second Ctrl-C cannot stop it.

    Nobody would take down what it left.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    cloud_cloud.Cloud.down(NAME, keep_logs=LOGS, progress=indented)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == '__main__':
    sys.exit(main())
