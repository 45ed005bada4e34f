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


"""What nova-compute publishes of its host, and when it looks."""

from __future__ import annotations

from typing import Any
from unittest import mock

from nova_native_tls.checks import result
from nova_native_tls.checks import runner
from nova_native_tls.nova.facts import host_look
from nova_native_tls.nova import pre_checks
from nova_native_tls.nova.watch import host_watch
from nova_native_tls.peer import host_stats
from nova_native_tls.pki import vouching
from tests.functional.nova_adapter import test_host_look
from tests.functional.nova_adapter import trees
from tests.functional.nova_adapter import watched_host
from tests.unit.checks import contexts

NODE = watched_host.NODE
NOVAS = watched_host.NOVAS
OTHERS = watched_host.OTHERS


class StatsTest(watched_host.WatchTestCase):
    """What is published."""

    def test_ready(self) -> None:
        """Whom it trusts, who vouches for it, until when; all as texts."""
        ca = vouching.identity(trees.authority().cert)
        until = trees.faultless().cert.not_valid_after_utc
        stats = self.published()
        self.assertEqual((), stats.problems)
        self.assertTrue(stats.ready)
        for cas in (stats.trusted, stats.server_issuers, stats.client_issuers):
            self.assertEqual({ca}, cas)
        self.assertEqual(until, stats.server_not_after)
        self.assertEqual(until, stats.client_not_after)
        self.assertEqual('11.3.0', str(stats.versions.libvirt))
        self.assertEqual('10.0.2', str(stats.versions.qemu))
        self.assertEqual('', stats.encryption)

    def test_word_of_the_cloud(self) -> None:
        """As this host's options have it, seen or not."""
        self.configure('native_tls', migration_encryption='opportunistic')
        self.assertEqual('opportunistic', self.published().encryption)
        with self.fail_helper(side_effect=OSError):
            self.assertEqual('opportunistic', self.minute().encryption)

    def test_encryption_of_aggregates_alone(self) -> None:
        """Native TLS is off: that says what counts where they do not."""
        self.configure('libvirt', live_migration_with_native_tls=False)
        self.configure('native_tls', aggregate_migration_encryption='required')
        self.assertEqual('disabled', self.published().encryption)

    def test_beside_others(self) -> None:
        """What Nova says is there still."""
        with self.parent(
            'get_available_resource',
            return_value={**NOVAS, 'stats': {'load': '1'}},
        ):
            answer = self.made.get_available_resource(NODE)
        self.assertEqual(2, answer['vcpus'])
        self.assertEqual('1', answer['stats']['load'])
        self.assertEqual('true', answer['stats']['native_tls_ready'])

    def test_nothing_changes_by_time(self) -> None:
        """Nova would write its database each minute."""
        before = self.resources()
        self.now_s += 60
        self.assertEqual(before, self.resources())

    def test_rotation(self) -> None:
        """Two CAs are trusted, one vouches."""
        bundle = trees.foreign().cert_pem + trees.authority().cert_pem
        trees.change(self.files, ca_cert=bundle)
        stats = self.published()
        self.assertTrue(stats.ready, stats.problems)
        self.assertEqual(2, len(stats.trusted))
        self.assertEqual(1, len(stats.server_issuers))

    def test_missing(self) -> None:
        """A host without its certificate says so, and nobody trusts it."""
        trees.change(self.files, server_cert=None)
        stats = self.published()
        self.assertFalse(stats.ready)
        self.assertIn('server-cert.missing', stats.problems)
        self.assertEqual(frozenset(), stats.server_issuers)
        self.assertIsNone(stats.server_not_after)
        self.assertEqual(1, len(stats.client_issuers))

    def test_without_libvirt(self) -> None:
        """Of which the installed QEMU is asked."""
        with mock.patch.object(
            self.host,
            'getVersion',
            autospec=True,
            side_effect=OSError('it is down'),
        ):
            self.assertFalse(self.published().ready)
        self.assertIn('it is down', self.log.output)


class TraitTest(watched_host.WatchTestCase):
    """CUSTOM_NATIVE_TLS_READY."""

    def test_it_comes_and_goes(self) -> None:
        """With the pre-checks; other traits stay as they are."""
        trait = {'CUSTOM_NATIVE_TLS_READY'}
        self.assertEqual(OTHERS | trait, self.traits())
        self.install(-3, -1)
        self.assertEqual(OTHERS | trait, self.traits())
        self.minute()
        self.assertEqual(OTHERS, self.traits())
        self.install(-1, 90)
        self.minute()
        self.assertEqual(OTHERS | trait, self.traits())

    def test_as_either_end(self) -> None:
        """Half a host is none."""
        for name in ('server_cert', 'client_key', 'ca_cert'):
            trees.write(self.files, **{name: None})
            self.minute()
            self.assertEqual(OTHERS, self.traits())

    def test_a_check_that_does_not_ask_the_host(self) -> None:
        """Any pre-check that fails at this stage counts."""
        check = contexts.Answers(contexts.finding())
        self.made = self.driver(a=check)
        self.assertTrue(self.minute().ready)
        check.findings = (contexts.finding(result.Status.FAILURE),)
        self.assertFalse(self.minute().ready)

    def test_by_policy(self) -> None:
        """A host that encrypts only what a policy wants says so, too."""
        self.configure('libvirt', live_migration_with_native_tls=False)
        self.assertEqual(OTHERS, self.traits())
        self.configure('native_tls', migration_encryption='disabled')
        self.assertIn(host_stats.TRAIT, self.traits())
        self.assertTrue(self.published().ready)

    def test_switched_off(self) -> None:
        """Then it is taken away, and nothing else; and no stats are sent."""
        self.traits()
        self.configure('libvirt', live_migration_with_native_tls=False)
        with mock.patch.object(pre_checks, 'watch', autospec=True) as watch:
            self.assertEqual(OTHERS, self.traits())
            self.assertEqual(NOVAS, self.resources())
        watch.assert_not_called()


class LookTest(watched_host.WatchTestCase):
    """When it is looked."""

    def _looks(self, *times_s: float) -> int:
        with mock.patch.object(
            pre_checks, 'watch', autospec=True, side_effect=pre_checks.watch
        ) as watch:
            for time_s in times_s:
                self.now_s = time_s
                self.resources()
                self.traits()
        return int(watch.call_count)

    def test_once_a_minute(self) -> None:
        """One look for both; what Nova asks in between costs nothing."""
        self.assertEqual(1, self._looks(1000))
        self.assertEqual(0, self._looks(1001, 1020, 1040))
        self.assertEqual(3, self._looks(1060, 1080, 1119, 1120, 1179.5))

    def test_first(self) -> None:
        """A placement that is updated before anything else is looked for."""
        self.assertIn(host_stats.TRAIT, self.traits())

    def test_files_that_were_being_replaced(self) -> None:
        """A host is not lost for a minute because of one moment."""
        watch = pre_checks.watch
        looks = []

        def replaced(*arguments: Any) -> Any:
            looks.append(0)
            trees.change(
                self.files,
                server_cert=trees.faultless().cert_pem
                if len(looks) > 1
                else None,
            )
            return watch(*arguments)

        with mock.patch.object(pre_checks, 'watch', replaced):
            self.assertTrue(self.published().ready)
        self.assertEqual(2, len(looks))
        self.assertEqual('', self.log.output)

    def test_another_thread_looks(self) -> None:
        """Nobody waits for it where something is known."""
        known = self.published()
        self.now_s += 60
        with self.made._native_tls_watch._lock:
            self.assertIs(True, self.published() == known)

    def test_interval(self) -> None:
        """Where Nova asks more seldom, that is told at the start."""
        for interval_s, said in (
            (0, ''),
            (10, ''),
            (60, ''),
            (600, 'only as often as that'),
            (-1, 'nobody warns'),
        ):
            self.configure(update_resources_interval=interval_s)
            host_watch.warn_of_interval()
            if said:
                self.assertIn(said, self.log.output)
            else:
                self.assertEqual('', self.log.output)


class HelperTest(test_host_look.LookTestCase):
    """The way through Nova's privileged helper."""

    def test_no_key_leaves(self) -> None:
        """What it says are public facts."""
        made = self.driver(**runner.load())
        answers = []
        watch = host_look.watch

        def keep(asked: Any) -> Any:
            answers.append(watch(asked))
            return answers[-1]

        with mock.patch.object(host_look, 'watch', keep):
            pre_checks.watch(made._native_tls_checks, self.host)
        key = trees.faultless().key_pem().split()[4].decode()
        self.assertNotIn(key, str(answers))
        self.assertNotIn('PRIVATE', str(answers))
