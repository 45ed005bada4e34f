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

"""Success and failure of a migration, and what becomes of the instance."""

from __future__ import annotations

from collections.abc import Callable
import threading
from typing import Any
from unittest import mock

from nova_native_tls.nova.telling import failure
from nova_native_tls.nova.telling import reason
from tests.functional.nova_adapter import adapter

DATA = 'migrate_data'
NO_CERTIFICATE = reason.Reason.unexplained('no certificate')


def _as_it_is(error: Exception, **_known: Any) -> reason.Reason:
    """Explain nothing."""
    return reason.Reason.unexplained(str(error))


class LiveMigrationTest(adapter.AdapterTestCase):
    """Nova's part stands in for what each release does."""

    def setUp(self) -> None:
        super().setUp()
        self.tell = mock.create_autospec(failure.tell)
        self.exchange(failure, tell=self.tell)
        self.exchange(reason, on_source=_as_it_is)
        self.recover = mock.Mock(name='recover_method')
        self.made = self.driver()

    def _migrate(
        self, nova: Callable[..., None], uuid: str = adapter.UUID
    ) -> Any:
        """Migrate with a stand-in for what Nova does.

        :param nova: called with the recovery that Nova is given.
        """
        instance = adapter.instance(uuid)

        def parent(
            made: Any,
            context: Any,
            given: Any,
            dest: str,
            post_method: Any,
            recover_method: Any,
            block_migration: bool,
            migrate_data: Any,
        ) -> None:
            self.assertEqual(
                (self.made, self.context, instance, 'host2', 'post'),
                (made, context, given, dest, post_method),
            )
            self.assertEqual((True, DATA), (block_migration, migrate_data))
            nova(recover_method)

        with self.parent('live_migration', side_effect=parent) as replaced:
            self.made.live_migration(
                self.context,
                instance,
                'host2',
                'post',
                self.recover,
                True,
                DATA,
            )
        self.assertEqual(1, replaced.call_count)
        return instance

    def _fail_operation(
        self, error: Exception, uuid: str = adapter.UUID
    ) -> None:
        """Let Nova's operation fail in a thread of its own."""

        def work() -> None:
            with self.parent('_live_migration_operation', side_effect=error):
                self.assertRaises(
                    type(error),
                    self.made._live_migration_operation,
                    self.context,
                    adapter.instance(uuid),
                    'host2',
                    True,
                    DATA,
                    mock.Mock(),
                    [],
                )

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    def test_success(self) -> None:
        """Nothing is told."""
        self._migrate(lambda recover: None)
        self.tell.assert_not_called()
        self.recover.assert_not_called()

    def test_failure_rolled_back(self) -> None:
        """Nova from 32.2 raises after it has rolled back: swallowed."""

        def nova(recover: Any) -> None:
            self._fail_operation(OSError('no certificate'))
            recover(1, 2, migration_status='failed')
            raise OSError('no certificate')

        instance = self._migrate(nova)
        self.recover.assert_called_once_with(1, 2, migration_status='failed')
        self.tell.assert_called_once_with(
            self.context, instance, NO_CERTIFICATE
        )

    def test_failure_not_rolled_back(self) -> None:
        """The state is unknown: told, and raised as Nova raises it."""
        error = OSError('the monitor broke')

        def nova(recover: Any) -> None:
            raise error

        self.assertIs(error, self.assertRaises(OSError, self._migrate, nova))
        self.tell.assert_called_once_with(
            self.context,
            mock.ANY,
            reason.Reason.unexplained('the monitor broke'),
        )

    def test_recovery_that_breaks(self) -> None:
        """A recovery that did not go through is none."""
        error = ValueError('no message queue')
        self.recover.side_effect = error

        def nova(recover: Any) -> None:
            self._fail_operation(OSError('no certificate'))
            recover()

        self.assertIs(
            error, self.assertRaises(ValueError, self._migrate, nova)
        )
        # What libvirt said is what went wrong first.
        self.tell.assert_called_once_with(
            self.context, mock.ANY, NO_CERTIFICATE
        )

    def test_error_that_nova_keeps(self) -> None:
        """Nova up to 31 returns as if nothing were: told all the same."""

        def nova(recover: Any) -> None:
            self._fail_operation(OSError('no certificate'))
            recover()

        instance = self._migrate(nova)
        self.tell.assert_called_once_with(
            self.context, instance, NO_CERTIFICATE
        )

    def test_the_operations_own_reason(self) -> None:
        """It is told, not what Nova makes of it."""

        def nova(recover: Any) -> None:
            self._fail_operation(OSError('no certificate'))
            recover()
            raise RuntimeError('something went wrong')

        instance = self._migrate(nova)
        self.tell.assert_called_once_with(
            self.context, instance, NO_CERTIFICATE
        )

    def test_told_once(self) -> None:
        """The next migration of the instance starts with nothing."""
        self.test_error_that_nova_keeps()
        self.tell.reset_mock()
        self._migrate(lambda recover: None)
        self.tell.assert_not_called()

    def test_of_the_right_instance(self) -> None:
        """Another instance's failure is not this one's."""

        def nova(recover: Any) -> None:
            self._fail_operation(OSError('no certificate'), uuid='other')

        self._migrate(nova)
        self.tell.assert_not_called()

    def test_what_is_no_error(self) -> None:
        """What ends the process passes."""

        def nova(recover: Any) -> None:
            recover()
            raise KeyboardInterrupt

        self.assertRaises(KeyboardInterrupt, self._migrate, nova)

    def test_defaults(self) -> None:
        """The parameters that Nova may leave out are Nova's."""
        instance = adapter.instance()
        with self.parent('live_migration') as parent:
            self.made.live_migration(
                self.context, instance, 'host2', 'post', self.recover
            )
        self.assertEqual((False, None), parent.call_args.args[-2:])


class NovaItselfTest(adapter.AdapterTestCase):
    """Nova's own threads and hand-over of errors; only libvirt is missing."""

    def setUp(self) -> None:
        super().setUp()
        self.tell = mock.create_autospec(failure.tell)
        self.exchange(failure, tell=self.tell)
        self.exchange(reason, on_source=_as_it_is)
        self.made = self.driver()
        self.instance = adapter.instance()
        self.domain = mock.Mock()
        self.host.guests[adapter.UUID] = mock.Mock(_domain=self.domain)
        self.recover = mock.Mock(name='recover_method')
        self.exchange(self.made, live_migration_abort=mock.Mock(name='abort'))

    def _migrate(
        self, error: Exception | None, *, rolls_back: bool = True
    ) -> None:
        def operation(*_arguments: Any) -> None:
            if error is not None:
                raise error

        def monitor(
            _self: Any,
            context: Any,
            instance: Any,
            _guest: Any,
            dest: str,
            _post_method: Any,
            recover_method: Any,
            _block_migration: bool,
            data: Any,
            future: Any,
            _disk_paths: Any,
        ) -> None:
            failed = future.exception() is not None
            if failed and not rolls_back:
                raise RuntimeError('the monitor broke')
            if failed:
                recover_method(context, instance, dest, data)

        with (
            self.parent('_live_migration_operation', side_effect=operation),
            self.parent('_live_migration_monitor', side_effect=monitor),
        ):
            self.made.live_migration(
                self.context,
                self.instance,
                'host2',
                mock.Mock(),
                self.recover,
                False,
                adapter.migrate_data(),
            )

    def test_success(self) -> None:
        """Nothing is told, nothing recovered."""
        self._migrate(None)
        self.tell.assert_not_called()
        self.recover.assert_not_called()

    def test_failure_rolled_back(self) -> None:
        """The instance is not put into ERROR: nothing is raised."""
        self._migrate(OSError('no certificate'))
        self.assertEqual(1, self.recover.call_count)
        self.tell.assert_called_once_with(
            self.context, self.instance, NO_CERTIFICATE
        )

    def test_failure_not_rolled_back(self) -> None:
        """The state is unknown, and Nova's error passes."""
        err = self.assertRaises(
            RuntimeError,
            self._migrate,
            OSError('no certificate'),
            rolls_back=False,
        )
        self.assertEqual('the monitor broke', str(err))
        self.tell.assert_called_once_with(
            self.context, self.instance, NO_CERTIFICATE
        )


class NoFailureTest(adapter.AdapterTestCase):
    """What must not be told as one."""

    def setUp(self) -> None:
        super().setUp()
        self.tell = mock.create_autospec(failure.tell)
        self.exchange(failure, tell=self.tell)
        self.exchange(reason, on_source=_as_it_is)

    def _migrate(self, driver: Any) -> None:
        driver.live_migration(
            self.context, adapter.instance(), 'host2', 'post', mock.Mock()
        )

    def test_a_reason_of_an_earlier_migration(self) -> None:
        """Nova up to 31 may note one after live_migration has returned."""
        driver = self.driver()
        driver._native_tls_reasons.note(adapter.UUID, NO_CERTIFICATE)
        with self.parent('live_migration'):
            self._migrate(driver)
        self.tell.assert_not_called()

    def test_an_operators_own_wish(self) -> None:
        """A migration that was aborted has not failed."""

        def nova(_self: Any, context: Any, *arguments: Any) -> None:
            instance, dest, _post, recover, _block, data = arguments
            recover(
                context, instance, dest, data, migration_status='cancelled'
            )
            raise OSError('operation aborted: canceled by client')

        with self.parent('live_migration', side_effect=nova):
            self._migrate(self.driver())
        self.tell.assert_not_called()

    def test_a_wish_that_nova_did_not_see(self) -> None:
        """Nova takes it for a failure, and is told what it was."""
        driver, recover = self.driver(), mock.Mock()

        def nova(_self: Any, context: Any, *arguments: Any) -> None:
            instance, dest, _post, recover, _block, data = arguments
            with driver._native_tls_wish(
                driver._native_tls_courses.get(instance)
            ):
                recover(context, instance, dest, data)
            raise OSError('operation aborted: canceled by client')

        with self.parent('live_migration', side_effect=nova):
            driver.live_migration(
                self.context, adapter.instance(), 'host2', 'post', recover
            )
        self.tell.assert_not_called()
        self.assertEqual(
            {'migration_status': 'cancelled'}, recover.call_args.kwargs
        )
