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

"""The door to libvirt: connecting, and not waiting for ever."""

from __future__ import annotations

import threading
from typing import Any

import fixtures

from nova_native_tls import exception
from nova_native_tls.migration import libvirt_api
from tests.unit.migration import stand_in_binding

#: A test that waits so long fails.
HANGS_AFTER_S = 60


class OpenTest(stand_in_binding.BindingTestCase):
    """Connecting, and closing whatever happens."""

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(
            fixtures.MockPatchObject(libvirt_api, '_ensure_event_loop')
        )
        self.theirs = stand_in_binding.RecordingDomain(setKeepAlive=0, close=0)
        self.opened: list[str] = []

    def _open(
        self,
        answer: Any,
        timeout_s: float = 60,
        cancel: threading.Event | None = None,
    ) -> Any:
        def open_(uri: str) -> Any:
            self.opened.append(uri)
            if isinstance(answer, Exception):
                raise answer
            return answer() if callable(answer) else answer

        self.binding.open = open_
        return libvirt_api.Connection.open(
            'qemu+tls://host2/system', timeout_s=timeout_s, cancel=cancel
        )

    def test_open(self) -> None:
        """A peer that has gone is noticed within 15 to 20 seconds."""
        with self._open(self.theirs) as connection:
            self.assertEqual(['qemu+tls://host2/system'], self.opened)
            self.assertEqual('qemu+tls://host2/system', connection.uri)
            self.assertIs(self.theirs, connection.handle)
            self.assertEqual([('setKeepAlive', (5, 3), {})], self.theirs.asked)
        self.assertEqual(('close', (), {}), self.theirs.asked[-1])

    def test_closed_after_an_error(self) -> None:
        """The error comes through, and nothing stays open."""

        def fail() -> None:
            with self._open(self.theirs):
                raise KeyError('why')

        self.assertRaises(KeyError, fail)
        self.assertEqual(('close', (), {}), self.theirs.asked[-1])

    def test_without_keepalive(self) -> None:
        """A connection without a network needs none and has none."""
        self.theirs.answers['setKeepAlive'] = stand_in_binding.Error(
            1, 'not supported'
        )
        with self._open(self.theirs) as connection:
            self.assertIs(self.theirs, connection.handle)

    def test_closing_fails(self) -> None:
        """A connection that is lost cannot be closed, and need not be."""
        self.theirs.answers['close'] = stand_in_binding.Error(1, 'end of file')
        with self._open(self.theirs):
            pass

    def test_refused(self) -> None:
        """libvirt's sentence, with the URI."""
        err = self.assertRaises(
            exception.ConnectionFailed,
            self._open(
                stand_in_binding.Error(1, 'Connection refused')
            ).__enter__,
        )
        self.assertEqual(
            'Cannot connect to qemu+tls://host2/system: Connection refused',
            str(err),
        )

    def test_refused_in_several_lines(self) -> None:
        """What ssh says in lines is said in one."""
        err = self.assertRaises(
            exception.ConnectionFailed,
            self._open(
                stand_in_binding.Error(1, 'Host key\r\nnot known\n')
            ).__enter__,
        )
        self.assertEqual(
            'Cannot connect to qemu+tls://host2/system: Host key not known',
            str(err),
        )

    def test_cancelled(self) -> None:
        """Nobody waits for what is no longer wanted."""
        release = threading.Event()
        self.addCleanup(release.set)
        cancel = threading.Event()

        def never() -> None:
            cancel.set()
            release.wait()

        err = self.assertRaises(
            exception.ConnectionFailed,
            self._open(
                never, timeout_s=HANGS_AFTER_S, cancel=cancel
            ).__enter__,
        )
        self.assertIn('cancelled', str(err))

    def test_no_answer(self) -> None:
        """Nobody waits for ever."""
        release = threading.Event()
        self.addCleanup(release.set)
        err = self.assertRaises(
            exception.ConnectionFailed,
            self._open(release.wait, timeout_s=0.001).__enter__,
        )
        self.assertIn('no answer within', str(err))


class EventLoopTest(stand_in_binding.BindingTestCase):
    """libvirt's event loop, which keepalive needs."""

    def test_it_runs_once(self) -> None:
        """However often it is asked for, one thread runs it, quietly."""
        asked: list[str] = []
        ran = threading.Event()

        def run() -> None:
            asked.append('run')
            ran.set()
            # Ends the thread; threading takes it for an ordinary end.
            raise SystemExit

        vars(self.binding).update(
            registerErrorHandler=lambda handler, _context: asked.append(
                f'errors to {handler(None, None)}'
            ),
            virEventRegisterDefaultImpl=lambda: asked.append('register'),
            virEventRunDefaultImpl=run,
        )
        self.useFixture(
            fixtures.MonkeyPatch(
                'nova_native_tls.migration.libvirt_api._event_loop_started',
                False,
            )
        )
        for _time in range(3):
            libvirt_api._ensure_event_loop()
        self.assertTrue(ran.wait(60))
        self.assertEqual(['errors to None', 'register', 'run'], asked)
