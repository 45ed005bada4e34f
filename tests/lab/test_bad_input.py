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

"""Bad input gets one clear line, and the guest is left alone."""

from __future__ import annotations

import dataclasses

from tests.lab import base
from tests.lab.harness.lab import lab as lab_lab
from tests.lab.harness import observed

UNUSED_ADDRESS = '198.51.100.99'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A command line that must not migrate, and what its line must name."""

    options: tuple[str, ...]
    named: str


class BadInputTest(base.LabTestCase):
    """One healthy guest, and everything that can be typed wrongly."""

    def test_each_is_one_line_and_harmless(self) -> None:
        """Exit status 2, one line that names the input, guest untouched."""
        guest = self.start_guest()
        source = self.source.uri('tcp')
        destination = self.destination.uri('tcp')
        for case in _cases(self.lab, guest.name, source, destination):
            argv = [*observed.COMMAND, 'migrate', *case.options]
            done = self.lab.controller.run(argv, check=False, timeout_s=60)
            self.assertEqual(2, done.returncode, (case, done.stderr))
            self.assertEqual('', done.stdout, case)
            self.assertEqual(
                1, len(done.stderr.splitlines()), (case, done.stderr)
            )
            self.assertIn(case.named, done.stderr, case)
        self.assert_stayed(guest)

    def test_exclusive_options(self) -> None:
        """A file with both options is refused, naming both."""
        guest = self.start_guest()
        done = self.command(
            guest,
            *self.nova_conf(
                live_migration_with_native_tls=True,
                live_migration_tunnelled=True,
            ),
        )
        self.assertEqual(2, done.exit_status)
        self.assertIn('live_migration_with_native_tls', done.stderr)
        self.assertIn('live_migration_tunnelled', done.stderr)
        self.assert_stayed(guest)


def _cases(
    lab: lab_lab.Lab, guest: str, source: str, destination: str
) -> list[Case]:
    connect = ('--connect', source)
    plain = (*connect, guest, destination)
    refused = 'qemu+tcp://host2.lab.example:1/system'
    return [
        Case(options=(*connect, 'nobody', destination), named="'nobody'"),
        Case(options=('--connect', refused, *plain[2:]), named=refused),
        Case(options=(*connect, guest, refused), named=refused),
        Case(
            options=(*connect, guest, f'qemu+tcp://{UNUSED_ADDRESS}/system'),
            named=UNUSED_ADDRESS,
        ),
        Case(options=(*connect, guest, source), named='host1.lab.example'),
        Case(options=(*connect, guest, 'host2'), named="'host2'"),
        Case(options=(*connect, guest, 'qemu:///system'), named='host'),
        Case(
            options=(*plain, '--migrate-uri', 'host2:49152'),
            named="'host2:49152'",
        ),
        Case(
            options=(*plain, '--migrate-uri', 'rdma://203.0.113.12'),
            named='RDMA',
        ),
        Case(
            options=(*plain, '--migrate-uri', 'unix:///run/x.sock'),
            named='UNIX socket',
        ),
        Case(options=(*plain, '--parallel', '0'), named='--parallel'),
        Case(options=(*plain, '--parallel', '256'), named='--parallel'),
        Case(options=(*plain, '--copy-storage', 'vdz'), named="'vdz'"),
        Case(
            options=(*plain, '--config-file', '/nonexistent.conf'),
            named='/nonexistent.conf',
        ),
        Case(
            options=(*plain, '--parallel', '2', '--postcopy'),
            named='QEMU before 10.1',
        ),
    ]
