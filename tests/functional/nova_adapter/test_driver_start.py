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

"""nova-compute starts, or says why not."""

from __future__ import annotations

import pathlib
from unittest import mock

import fixtures
from nova import exception as nova_exception

from nova_native_tls.checks import base
from nova_native_tls.checks import options as options_check
from nova_native_tls.checks import result
from nova_native_tls.checks import runner
from nova_native_tls import exception
from nova_native_tls.nova.facts import own_facts
from tests.functional.nova_adapter import adapter
from tests.unit.checks import contexts

Stage = base.Stage
Status = result.Status


class InitHostTest(adapter.AdapterTestCase):
    """The checks of the first stage, and what goes before them."""

    def _start(self, **checks: base.PreCheck) -> mock.Mock:
        driver = self.driver(**checks)
        with self.parent('init_host') as parent:
            driver.init_host('compute2')
        parent.assert_called_once_with(driver, 'compute2')
        return parent

    def test_nothing_is_wrong(self) -> None:
        """The check of the first stage is asked, with this host's facts."""
        check = contexts.Answers(contexts.finding())
        self._start(a=check)
        self.assertEqual(
            [Stage.START, Stage.HOST], [each.stage for each in check.asked]
        )
        for context in check.asked:
            self.assertEqual(own_facts.collect(self.host), context.own)
            self.assertIsNone(context.peer)
            self.assertTrue(context.settings.native_tls)
        self.assertEqual('', self.log.output)

    def test_warning(self) -> None:
        """It is logged, and the service starts."""
        self._start(a=contexts.Answers(contexts.finding(Status.WARNING)))
        self.assertIn('a.b: a host: it was seen', self.log.output)

    def test_failure(self) -> None:
        """The service does not start, and every reason is told."""
        driver = self.driver(
            a=contexts.Answers(contexts.finding(Status.FAILURE)),
            b=contexts.Answers(
                result.Finding(
                    code='b.c',
                    status=Status.FAILURE,
                    subject='nova.conf',
                    detail='it is wrong',
                )
            ),
        )
        with self.parent('init_host'):
            err = self.assertRaises(
                nova_exception.InvalidConfiguration,
                driver.init_host,
                'compute2',
            )
        self.assertIn('a host: it was seen; nova.conf: it is wrong', str(err))

    def test_no_check_for_the_stage(self) -> None:
        """Nothing checked is no success."""
        driver = self.driver(
            a=contexts.Answers(contexts.finding(), stages=[Stage.SOURCE])
        )
        with self.parent('init_host'):
            self.assertRaises(
                nova_exception.InvalidConfiguration,
                driver.init_host,
                'compute2',
            )

    def test_checks_that_cannot_be_used(self) -> None:
        """Told before anything else of Nova has started."""
        for error in (
            exception.NoChecks(namespace=base.NAMESPACE),
            exception.CheckUnusable(name='a', problem='half installed'),
        ):
            driver = self.driver()
            del driver._native_tls_checks
            with (
                self.parent('init_host') as parent,
                mock.patch.object(
                    runner, 'load', autospec=True, side_effect=error
                ),
            ):
                err = self.assertRaises(
                    nova_exception.InvalidConfiguration,
                    driver.init_host,
                    'compute2',
                )
            self.assertIn(str(error), str(err))
            parent.assert_not_called()

    def test_exclusive_options(self) -> None:
        """Both are named, before anything else of Nova has started."""
        self.configure('libvirt', live_migration_tunnelled=True)
        driver = self.driver()
        with self.parent('init_host') as parent:
            err = self.assertRaises(
                nova_exception.InvalidConfiguration,
                driver.init_host,
                'compute2',
            )
        for option in ('with_native_tls', 'tunnelled'):
            self.assertIn(f'[libvirt] live_migration_{option}', str(err))
        parent.assert_not_called()

    def test_what_nova_itself_refuses(self) -> None:
        """Nova's own error passes, and no check is asked."""
        check = contexts.Answers(contexts.finding())
        driver = self.driver(a=check)
        error = nova_exception.HypervisorUnavailable()
        with self.parent('init_host', side_effect=error):
            self.assertIs(
                error,
                self.assertRaises(
                    nova_exception.HypervisorUnavailable,
                    driver.init_host,
                    'compute2',
                ),
            )
        self.assertEqual([], check.asked)


class RefusedEarlyTest(adapter.AdapterTestCase):
    """Before anything else of Nova has started, which might stay behind."""

    def _refusal(self) -> str:
        driver = self.driver()
        with self.parent('init_host') as parent:
            err = self.assertRaises(
                nova_exception.InvalidConfiguration,
                driver.init_host,
                'compute2',
            )
        parent.assert_not_called()
        return str(err)

    def test_impossible_value(self) -> None:
        """The option is named."""
        for option, value in (
            ('tls_destination', 'host 2'),
            ('canary_interval', '-1'),
            ('canary_interval', 'hourly'),
        ):
            path = self.useFixture(fixtures.TempDir()).join('nova.conf')
            pathlib.Path(path).write_text(
                f'[native_tls]\n{option} = {value}\n'
            )
            adapter.CONF([], project='nova', default_config_files=[path])
            self.assertIn(option, self._refusal())

    def test_options_that_no_migration_could_use(self) -> None:
        """Every reason is told."""
        finding = contexts.finding(Status.FAILURE)
        with mock.patch.object(
            options_check, 'findings', autospec=True, return_value=[finding]
        ):
            self.assertEqual(finding.sentence(), self._refusal())
