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

"""Tests of what is read of hosts that are measured."""

from __future__ import annotations

import json
import pathlib
import subprocess
import tempfile

import testtools

from tests.lab.bench import cpu
from tests.lab.bench import guests
from tests.lab.bench import job
from tests.lab.bench import ways
from tests.lab.harness import errors


class Host:
    """A host that is a directory, and one answer of virsh."""

    def __init__(self, root: pathlib.Path, told: str = '') -> None:
        self.name = 'host1'
        self.asked: list[tuple[str, ...]] = []
        self.qmp: dict[str, object] = {}
        self._root, self._told = root, told

    def path(self, inside: str) -> pathlib.Path:
        """Return where a file of it is."""
        return self._root / inside.lstrip('/')

    def virsh(
        self, *args: str, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Answer, as libvirt or for QEMU."""
        self.asked.append(args)
        if args[0] == 'qemu-monitor-command':
            answer = self.qmp.get(json.loads(args[-1])['execute'])
            said = '' if answer is None else json.dumps({'return': answer})
            return subprocess.CompletedProcess(args, 0, stdout=said)
        return subprocess.CompletedProcess(args, 0, stdout=self._told)

    def uri(self, scheme: str) -> str:
        """Name it."""
        return f'qemu+{scheme}://host1/system'

    def run_process(
        self,
        pid: int,
        name: str,
        *,
        parent: int = 1,
        ticks: tuple[int, int, int, int] = (0, 0, 0, 0),
        line: str = '',
    ) -> None:
        """Let it have a process, with one thread called CPU 0/TCG."""
        directory = self.path(f'/proc/{pid}')
        thread = directory / 'task' / str(pid)
        thread.mkdir(parents=True)
        before = ['S', str(parent), *'000000000']
        stat = ' '.join([*before, *map(str, ticks), '20'])
        (directory / 'stat').write_text(f'{pid} ({name}) {stat}\n')
        (directory / 'cmdline').write_bytes(line.encode())
        (thread / 'stat').write_text(f'{pid} (CPU 0/TCG) {stat}\n')


class HostTestCase(testtools.TestCase):
    def make_host(self, told: str = '') -> Host:
        """Make one without processes."""
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        root = pathlib.Path(directory.name)
        (root / 'proc').mkdir()
        return Host(root, told)


class CPUTest(HostTestCase):
    def test_all_processes(self) -> None:
        """With what they waited for; not what was started from outside."""
        host = self.make_host()
        host.run_process(1, 'tini', parent=0, ticks=(100, 0, 30, 20))
        host.run_process(7, 'a (b) c', ticks=(200, 50, 0, 0))
        host.run_process(9, 'python', parent=0, ticks=(5000, 0, 0, 0))
        self.assertEqual(400 / cpu._TICKS_S, cpu.seconds(host))

    def test_guests(self) -> None:
        """Threads of processors alone, and only what is their own."""
        host = self.make_host()
        host.run_process(7, 'qemu-system-x86', ticks=(200, 50, 9, 9))
        self.assertEqual(250 / cpu._TICKS_S, cpu.guests_seconds(host))

    def test_gone(self) -> None:
        """A QEMU of another guest is in nobody's way; one's own is."""
        host = self.make_host()
        host.run_process(
            7, 'qemu-system-x86', line='qemu\0-name\0guest=other,debug=on'
        )
        cpu.wait_gone(host, 'one')
        self.patch(cpu, '_TIMEOUT_S', 0.0)
        self.assertRaises(errors.LabError, cpu.wait_gone, host, 'other')

    def test_not_waited_for(self) -> None:
        """One that has ended, and that nobody has waited for, is there."""
        host = self.make_host()
        host.run_process(7, 'qemu-system-x86', line='')
        self.patch(cpu, '_TIMEOUT_S', 0.0)
        self.assertRaises(errors.LabError, cpu.wait_gone, host, 'one')


class JobTest(HostTestCase):
    def test_numbers(self) -> None:
        """Pages that were sent, and those that all bytes of are alike."""
        host = self.make_host(
            'operation: 3\n'
            'time_elapsed: 1500\n'
            'memory_normal_bytes: 8192\n'
            'memory_constant: 2\n'
            'memory_iteration: 4\n'
            'setup_time: 47\n'
            'errmsg: none\n'
        )
        self.assertEqual(
            job.Job(
                elapsed_s=1.5,
                carried=16384,
                iteration=4,
                downtime_ms=None,
                setup_ms=47,
            ),
            job.Job.completed(host, 'guest'),
        )
        self.assertEqual(
            [('domjobinfo', 'guest', '--rawstats', '--completed')], host.asked
        )

    def test_channels(self) -> None:
        """What QEMU has of several connections, and of one."""
        for on, compression, expected in (
            (True, 'zlib', '2 connections, zlib level 0'),
            (True, 'none', '2 connections'),
            (False, 'none', ''),
        ):
            host = self.make_host()
            host.qmp = {
                'query-migrate-capabilities': [
                    {'capability': 'xbzrle', 'state': False},
                    {'capability': 'multifd', 'state': on},
                ],
                'query-migrate-parameters': {
                    'multifd-channels': 2,
                    'multifd-compression': compression,
                    'multifd-zlib-level': 0,
                },
            }
            self.assertEqual(expected, job.channels(host, 'guest'))

    def test_no_channels(self) -> None:
        """A QEMU that is gone says nothing."""
        self.assertEqual('', job.channels(self.make_host(), 'guest'))


class WaysTest(HostTestCase):
    def test_own_command_alone_says_what_it_chose(self) -> None:
        """virsh says nothing of use."""
        told = (
            '{"params": {"parallel.connections": 2, "compression": ["zstd"],'
            ' "compression.zstd.level": 1}}'
        )
        chosen = {way.title: way.chosen(told) for way in ways.WAYS}
        self.assertEqual(
            {way.title: '' for way in ways.WAYS}
            | {ways.TUNED: '2 connections, zstd level 1'},
            chosen,
        )

    def test_stock(self) -> None:
        """Nova's flags, and a disk where there is one."""
        (stock,) = (way for way in ways.WAYS if way.title == ways.STOCK)
        argv = stock.argv(None, 'guest', self.make_host(), disk=True)
        self.assertEqual(
            [
                '--tls',
                '--copy-storage-all',
                'guest',
                'qemu+tcp://host1/system',
            ],
            argv[-4:],
        )


class KindsTest(testtools.TestCase):
    def test_specs(self) -> None:
        """Every kind fits a guest, with names of their own."""
        specs = [kind.spec(256) for kind in guests.KINDS]
        self.assertEqual(len(specs), len({spec.name for spec in specs}))
        self.assertEqual(
            {kind.name for kind in guests.KINDS if kind.dirties},
            {
                spec.name.removeprefix('bench-')
                for spec in specs
                if spec.dirty_mib_s == 'max'
            },
        )
