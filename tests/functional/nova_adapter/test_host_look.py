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

"""The look at this host by Nova's helper, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
import os
import pathlib
import subprocess
import sys
from typing import Any
from unittest import mock

from nova import exception as nova_exception

from nova_native_tls.checks import base
from nova_native_tls.checks import host_check
from nova_native_tls.checks import own_end
from nova_native_tls.checks import result
from nova_native_tls.checks import runner
from nova_native_tls.checks import running_guests
from nova_native_tls import exception
from nova_native_tls.nova.facts import host_look
from nova_native_tls.nova.facts import own_facts
from tests.functional import credentials
from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import one_leg
from tests.functional.nova_adapter import trees
from tests.unit.checks import contexts

Stage = base.Stage
Status = result.Status
REPO = pathlib.Path(__file__).parents[3]


class HostAnswers(host_check.HostCheck):
    """Gives prepared findings about the host, in the helper."""

    def __init__(self, *findings: result.Finding) -> None:
        self.findings = findings
        self.asked: list[base.CheckContext] = []

    def judge(self, host: host_check.Host) -> Iterator[result.Finding]:
        """Give what was prepared."""
        self.asked.append(host.context)
        yield from self.findings


class LookTestCase(adapter.AdapterTestCase):
    """A host with real certificates."""

    def setUp(self) -> None:
        super().setUp()
        trees.write(self.files)

    def ask(
        self, made: Any, stage: Stage = Stage.DESTINATION, instance: Any = None
    ) -> Any:
        """Ask at one leg, without a peer."""
        return one_leg.ask(
            made._native_tls_checks, stage, host=self.host, instance=instance
        )

    def refusal(self, made: Any, *arguments: Any) -> str:
        """Assert that the leg refuses."""
        return str(
            self.assertRaises(
                nova_exception.MigrationPreCheckError,
                self.ask,
                made,
                *arguments,
            )
        )


class HelperFailsTest(LookTestCase):
    """No look is no success, and no error in the service either."""

    def _assert_not_looked_at(self, problem: str, **behaviour: Any) -> None:
        made = self.driver(**runner.load())
        with mock.patch.object(host_look, 'look', autospec=True, **behaviour):
            message = self.refusal(made)
            own = own_facts.collect(self.host)
        for words in (problem, 'privileged helper', 'nova-compute.log'):
            self.assertIn(words, message)
        # What libvirt says is known all the same.
        self.assertEqual((adapter.HOST, None), (own.host_name, own.tls_name))
        self.assertIn(problem, own.name_problem)

    def test_it_raises(self) -> None:
        """Whatever it is."""
        for error in (
            OSError(5, 'Input/output error'),
            TimeoutError('no answer'),
            exception.NoChecks(namespace='x'),
            KeyError('stage'),
        ):
            self._assert_not_looked_at(type(error).__name__, side_effect=error)

    def test_it_answers_nonsense(self) -> None:
        """What cannot be understood is no answer."""
        for answer in (None, ([], ''), ([{'code': 'x'}], '{}')):
            self._assert_not_looked_at('', return_value=answer)

    def test_a_check_that_the_helper_lacks(self) -> None:
        """Installed since it was started, or removed."""
        made = self.driver(a=HostAnswers(contexts.finding()))
        self.exchange(runner, load=dict)
        host_look._loaded.cache_clear()
        message = self.refusal(made)
        self.assertIn('does not have it: restart nova-compute', message)

    def test_a_check_that_breaks(self) -> None:
        """It is named, and the others are asked."""
        broken = HostAnswers()
        message = self.refusal(self.driver(a=broken, b=HostAnswers()))
        self.assertIn('pre-check a: it gave no answer', message)
        self.assertIn('pre-check b: it gave no answer', message)

    def test_everything_travels(self) -> None:
        """No part of a finding is lost on its way from the helper."""
        finding = dataclasses.replace(
            contexts.finding(Status.FAILURE), wanted='another', stricter=True
        )
        made = self.driver(a=HostAnswers(finding))
        asked = own_facts.question('no', settings=contexts.context().settings)
        answer = host_look.ask(dataclasses.replace(asked, checks=('a',)))
        self.assertEqual((finding,), answer.findings)
        self.assertIn('it was seen; wanted: another', self.refusal(made))

    def test_causes_come_first(self) -> None:
        """An event has no room for all: consequences may be cut off."""
        unseen, cause = (
            HostAnswers(contexts.finding(Status.FAILURE, code))
            for code in ('a.not-looked-at', 'b.c')
        )
        cause.findings = (
            dataclasses.replace(cause.findings[0], detail='the cause'),
        )
        message = self.refusal(self.driver(a=unseen, b=cause))
        self.assertIn('a host: the cause; a host: it was seen', message)

    def test_errors_travel_as_texts(self) -> None:
        """oslo.privsep makes an error anew from nothing but its texts."""
        with mock.patch.object(
            host_look,
            '_seen',
            autospec=True,
            side_effect=exception.NoChecks(namespace='x'),
        ):
            err = self.assertRaises(
                RuntimeError,
                host_look.ask,
                own_facts.question('no', settings=contexts.context().settings),
            )
        self.assertIn('NoChecks', err.args[0])


class LibvirtTest(LookTestCase):
    """What libvirt is asked, and when."""

    def test_capabilities(self) -> None:
        """Once, and again with another version or connection."""
        made = self.driver()
        for _attempt in range(3):
            self.ask(made)
        self.assertEqual(1, self.host.asked_capabilities)
        self.host.qemu += 1000
        for _attempt in range(2):
            self.ask(made)
        self.assertEqual(2, self.host.asked_capabilities)
        other = adapter.HostConnection()
        other.qemu = self.host.qemu
        with mock.patch.object(
            self.host, 'get_connection', autospec=True, return_value=other
        ):
            for _attempt in range(2):
                self.ask(made)
        self.assertEqual(1, other.asked_capabilities)

    def test_silence(self) -> None:
        """It is told, and nothing is raised but the refusal."""
        made = self.driver(**runner.load())
        error = nova_exception.HypervisorUnavailable()
        with mock.patch.object(
            self.host, 'get_connection', autospec=True, side_effect=error
        ):
            message = self.refusal(made)
        self.assertIn('HypervisorUnavailable', message[:255])

    def test_guest(self) -> None:
        """Only the one that leaves is looked at, and libvirt not asked."""
        check = HostAnswers(contexts.finding())
        made = self.driver(a=check)
        with mock.patch.object(
            self.host,
            'listAllDomains',
            autospec=True,
            side_effect=AssertionError,
        ):
            self.ask(made, Stage.SOURCE, adapter.instance())
            self.ask(made, Stage.DESTINATION, adapter.instance())
        source, destination = check.asked
        for context in check.asked:
            self.assertEqual(512, context.guest.memory_mib)
        (guest,) = source.observation.guests
        self.assertEqual(adapter.instance().name, guest.name)
        self.assertEqual((), destination.observation.guests)


class GuestTest(LookTestCase):
    """The QEMU of the guest that leaves."""

    def test_its_version_counts(self) -> None:
        """Not that of the installed one, which may demand more or less."""
        usage = credentials.usage('digital_signature')
        identity = credentials.issue(
            'a host',
            usage,
            issuer=trees.authority(),
            names=(adapter.HOST,),
            rsa_bits=2048,
        )
        trees.change(self.files, **trees.of(identity))
        check = running_guests.RunningGuestsCheck()
        made = self.driver(**runner.load() | {'running-guests': check})
        trees.run_guest(self.files, '7.2.22')
        self.ask(made, Stage.SOURCE, adapter.instance())
        trees.run_guest(self.files, '7.2.4')
        self.refusal(made, Stage.SOURCE, adapter.instance())
        self.assertIn('instance-00000001 (QEMU 7.2.4)', self.log.output)


class WarningsTest(LookTestCase):
    """What does not stop a migration."""

    def _count(self) -> int:
        return int(self.log.output.count('a host: it was seen'))

    def test_once(self) -> None:
        """Logged when it is new, and when it is back."""
        check = HostAnswers(contexts.finding(Status.WARNING))
        made = self.driver(a=check)
        for _attempt in range(3):
            self.ask(made)
        self.assertEqual(1, self._count())
        warning, check.findings = check.findings, (contexts.finding(),)
        self.ask(made)
        check.findings = warning
        self.ask(made)
        self.assertEqual(2, self._count())

    def test_from_the_start(self) -> None:
        """What was logged then is no news."""
        made = self.driver(
            a=HostAnswers(contexts.finding(Status.WARNING)),
            b=contexts.Answers(contexts.finding()),
        )
        with self.parent('init_host'):
            made.init_host('compute2')
        for stage in (Stage.DESTINATION, Stage.SOURCE):
            self.ask(made, stage)
        self.assertEqual(1, self._count())

    def test_another_one(self) -> None:
        """Another file or another code is news."""
        check = HostAnswers(contexts.finding(Status.WARNING))
        made = self.driver(a=check)
        self.ask(made)
        check.findings = (contexts.finding(Status.WARNING, 'a.c'),)
        self.ask(made)
        self.assertEqual(2, self._count())


class StartTest(LookTestCase):
    """nova-compute starts on a host that is not ready."""

    def _start(self) -> None:
        made = self.driver(**runner.load())
        with self.parent('init_host'):
            made.init_host('compute2')

    def test_ready(self) -> None:
        """Nothing is said of a host that is."""
        self._start()
        self.assertNotIn('refused', self.log.output)

    def test_warm(self) -> None:
        """What takes its time only once is done then, for both ends."""
        accepts = own_end.OwnEnd.accepts
        with mock.patch.object(
            own_end.OwnEnd, 'accepts', autospec=True, side_effect=accepts
        ) as asked:
            self._start()
        self.assertEqual(
            ['server', 'client'],
            [str(call.args[0].endpoint) for call in asked.call_args_list],
        )

    def test_without_certificates(self) -> None:
        """What will be refused is told, with the remedy."""
        trees.change(self.files, server_cert=None)
        self._start()
        self.assertIn('are refused until this is mended', self.log.output)
        self.assertIn(f'{adapter.DIRECTORY}/server-cert.pem', self.log.output)
        self.assertIn('install it', self.log.output)

    def test_without_helper(self) -> None:
        """That is told as well."""
        with mock.patch.object(
            host_look, 'look', autospec=True, side_effect=OSError('no sudo')
        ):
            self._start()
        self.assertIn('host.not-looked-at', self.log.output)
        self.assertIn('no sudo', self.log.output)


class SecretTest(LookTestCase):
    """Keys with a passphrase, which stays with libvirt."""

    def test_encrypted(self) -> None:
        """They are not tried, and stop no migration; the chain is sent."""
        key = trees.faultless().key_pem(credentials.PASSPHRASE)
        trees.change(self.files, server_key=key, client_key=key)
        made = self.driver(**runner.load())
        self.refusal(made)
        self.files.write(
            '/etc/libvirt/qemu.conf',
            f'migrate_tls_x509_cert_dir = "{adapter.DIRECTORY}"\n'
            'migrate_tls_x509_secret_uuid = '
            '"2f0c2c6e-0000-4000-8000-000000000000"\n'.encode(),
        )
        self.assertEqual(1, len(self.ask(made).server_chain))
        self.assertEqual(1, len(self.ask(made, Stage.SOURCE).client_chain))


class RealHelperTest(adapter.AdapterTestCase):
    """A helper that is a process of its own, with Nova's capabilities."""

    def test_all_legs(self) -> None:
        """Everything gets through its socket, and every leg passes."""
        if os.geteuid() != 0:
            self.fail('this test needs root: the helper keeps capabilities')
        done = subprocess.run(
            [sys.executable, '-m', 'tests.functional.nova_adapter.bench', '1'],
            cwd=REPO,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn('three legs', done.stdout)
