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

"""What the documentation says about containers is so, with Nova's helper."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
from typing import Any
from unittest import mock

import fixtures
from nova import exception as nova_exception
from oslo_privsep import capabilities
import testtools

from nova_native_tls.checks import runner
from nova_native_tls.host import daemon
from nova_native_tls.nova.facts import other_container
from tests.functional.nova_adapter import test_host_look
from tests.functional.nova_adapter import trees

REPO = pathlib.Path(__file__).parents[3]
DOCUMENT = REPO / 'doc/source/admin/nova.rst'

_DEFAULT = (
    'import json; from nova import privsep; '
    'print(json.dumps(list(privsep.sys_admin_pctxt.conf.capabilities)))'
)
_NAMESPACES = ('unshare', '--pid', '--fork', '--mount', '--mount-proc')


class FindingTest(test_host_look.LookTestCase):
    """One failure says what is missing, and nothing follows from it."""

    def test_shut_out(self) -> None:
        """One failure says what to configure, and nothing follows from it."""
        trees.change(self.files, server_cert=None)
        made = self.driver(**runner.load())
        root, stat = f'{self.files.root}/', os.stat

        def refuse(path: Any, *arguments: Any, **keywords: Any) -> Any:
            if path == root:
                raise PermissionError(13, 'Permission denied', path)
            return stat(path, *arguments, **keywords)

        self.exchange(other_container, os=mock.Mock(spec_set=os, stat=refuse))
        message = self.refusal(made)
        self.assertIn('CAP_SYS_PTRACE', message)
        self.assertNotIn(';', message)

    def test_process_ids_of_its_own(self) -> None:
        """Who cannot see the daemon does not know where its files are."""
        trees.change(self.files, server_cert=None)
        made = self.driver(**runner.load())
        with mock.patch.object(
            daemon, 'find', autospec=True, return_value=None
        ):
            message = self.refusal(made)
        self.assertIn('--pid host', message)
        self.assertNotIn('server-cert.pem', message)

    def test_no_daemon(self) -> None:
        """Where none runs, that is what has to be told."""
        made = self.driver(**runner.load())
        error = nova_exception.HypervisorUnavailable()
        with (
            mock.patch.object(
                daemon, 'find', autospec=True, return_value=None
            ),
            mock.patch.object(
                self.host, 'get_connection', autospec=True, side_effect=error
            ),
        ):
            message = self.refusal(made)
        self.assertIn('HypervisorUnavailable', message)
        self.assertNotIn('--pid host', message)


class RealHelperTest(testtools.TestCase):
    """libvirt has a root directory of its own."""

    def documented(self) -> str:
        """Take the line out of the documentation."""
        (line,) = re.findall(
            r'^ *capabilities = (.*)$', DOCUMENT.read_text(), re.MULTILINE
        )
        return str(line)

    def look(self, *lines: str) -> str:
        """Let a helper with these options look, and give what it finds."""
        if os.geteuid() != 0:
            self.fail('this test needs root: the helper keeps capabilities')
        directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        config = directory / 'nova.conf'
        helper = pathlib.Path(sys.executable).with_name('privsep-helper')
        config.write_text(
            '\n'.join(
                (
                    '[libvirt]',
                    'live_migration_with_native_tls = true',
                    '[nova_sys_admin]',
                    f'helper_command = {helper} --config-file {config}',
                    *lines,
                )
            )
        )
        etc = directory / 'etc'
        (etc / 'pki/qemu').mkdir(parents=True)
        program = 'tests.functional.nova_adapter.other_container_scene'
        done = subprocess.run(
            [
                *_NAMESPACES,
                *(sys.executable, '-m', program),
                *(str(config), str(etc)),
            ],
            cwd=REPO,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def test_nova_alone(self) -> None:
        """Its helper may not look, and that is all that is told."""
        found = self.look()
        self.assertEqual(1, len(found.splitlines()), found)
        self.assertIn('CAP_SYS_PTRACE', found)

    def test_as_documented(self) -> None:
        """With the documented line it sees that container's files."""
        found = self.look(f'capabilities = {self.documented()}')
        self.assertIn('directory.in-use', found)
        self.assertIn('/etc/pki/qemu', found)

    def test_documented(self) -> None:
        """The line is what Nova has without it, and one more."""
        # Nova's own fixtures forget this default.
        done = subprocess.run(
            [sys.executable, '-c', _DEFAULT],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        own = {
            capabilities.CAPS_BYVALUE[number]
            for number in json.loads(done.stdout)
        }
        self.assertEqual(
            own | {'CAP_SYS_PTRACE'}, set(self.documented().split(', '))
        )
