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

"""Looking at this host, and asking everybody."""

from __future__ import annotations

import contextlib
from typing import Any
from unittest import mock

import testtools

from nova_native_tls.checks import base
from nova_native_tls.checks import result
from nova_native_tls.checks import runner
from nova_native_tls.checks import this_host
from nova_native_tls import exception
from nova_native_tls.host import collect
from nova_native_tls.host import unseen
from nova_native_tls.migration import libvirt_api
from nova_native_tls.migration import settings as migration_settings
from tests.unit.checks import contexts
from tests.unit.host import observations


class OwnFactsTest(testtools.TestCase):
    """What this host would say about itself."""

    def test_name_of_the_certificate(self) -> None:
        """The one that is the host's."""
        found = this_host.own_facts(observations.good())
        self.assertEqual(
            (observations.NAME, (observations.NAME,), ''),
            (found.tls_name, found.certificate_names, found.name_problem),
        )

    def test_option(self) -> None:
        """What is configured counts, whatever there is."""
        seen = observations.good(server_cert=observations.UNSEEN)
        found = this_host.own_facts(seen, 'x.example.org')
        self.assertEqual('x.example.org', found.tls_name)

    def test_no_name(self) -> None:
        """Why there is none."""
        files = observations.credential_files(server_cert=None)
        for seen, problem in (
            (
                observations.good(server_cert=observations.UNSEEN),
                'nobody may look',
            ),
            (observations.good(credentials=files), 'no server-cert.pem'),
            (
                observations.good(
                    credentials=observations.credential_files(server_cert=b'x')
                ),
                'cannot be read',
            ),
        ):
            found = this_host.own_facts(seen)
            self.assertIsNone(found.tls_name)
            self.assertIn(problem, found.name_problem)


class JudgeTest(testtools.TestCase):
    """Who is asked what."""

    def test_contexts(self) -> None:
        """As at a service's start, and about the host; no answer twice."""
        check = contexts.Answers(contexts.finding())
        seen = observations.good()
        report = this_host.judge(
            seen,
            this_host.Options(
                settings=migration_settings.MigrationSettings(
                    completion_timeout_s_per_gib=5
                )
            ),
            runner.Runner({'one': check}),
        )
        self.assertEqual((contexts.finding(),), report.findings)
        self.assertEqual(
            [base.Stage.START, base.Stage.HOST],
            [each.stage for each in check.asked],
        )
        for each in check.asked:
            self.assertIs(seen, each.observation)
            self.assertEqual(5, each.settings.completion_timeout_s_per_gib)
            self.assertEqual(observations.NAME, each.own.tls_name)

    def test_nobody_to_ask(self) -> None:
        """Silence is no success."""
        report = this_host.judge(
            observations.good(),
            this_host.Options(settings=migration_settings.MigrationSettings()),
            runner.Runner(
                {'one': contexts.Answers(stages=[base.Stage.SOURCE])}
            ),
        )
        self.assertEqual(result.Status.FAILURE, report.status)


class LookTest(testtools.TestCase):
    """Where the answers come from."""

    def _look(self, connection: Any) -> collect.Sources:
        with (
            mock.patch.object(
                libvirt_api.Connection,
                'open',
                autospec=True,
                side_effect=connection,
            ),
            mock.patch.object(
                this_host.collect, 'collect', autospec=True
            ) as asked,
        ):
            this_host.look()
        (sources,) = asked.call_args.args
        return sources

    def test_libvirt_is_down(self) -> None:
        """Everything else is looked at; libvirt's part says why not."""
        refused = exception.ConnectionFailed(uri='x', problem='no')
        sources = self._look(refused)
        found = unseen.seen(sources.libvirt)
        self.assertEqual(unseen.Unseen('Cannot connect to x: no'), found)
        found = unseen.seen(lambda: sources.secret('uuid'))
        self.assertEqual(unseen.Unseen('Cannot connect to x: no'), found)

    def test_libvirt_answers(self) -> None:
        """Its connection is what is asked."""
        connection = mock.create_autospec(libvirt_api.Connection)
        sources = self._look(
            lambda *_args, **_kwargs: contextlib.nullcontext(connection)
        )
        self.assertIs(connection.ask.return_value, sources.libvirt())
        self.assertIs(connection.ask.return_value, sources.secret('uuid'))
