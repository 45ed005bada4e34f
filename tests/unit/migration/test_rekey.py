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


"""The crash that loses guests: avoided, or cancelled in time."""

from __future__ import annotations

from typing import Any

import testtools

from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import progress
from nova_native_tls.migration import rekey
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import versions
from tests.unit.migration import fakes

V = versions.Version
GIB = 2**30


def _call(*flags: str, **params: Any) -> migration_call.MigrateCall:
    return migration_call.MigrateCall(
        flags=frozenset({'LIVE', *flags}), params=params
    )


def _context(
    source: versions.Version | None = V(7, 2),
    destination: versions.Version | None = V(7, 2),
    libvirt: versions.Version | None = V(9, 0),
    **more: Any,
) -> versions.Context:
    return versions.Context(
        source=versions.HostVersions(libvirt=libvirt, qemu=source),
        destination=versions.HostVersions(libvirt=libvirt, qemu=destination),
        **more,
    )


def _settings(
    choice: str = 'avoid', **more: Any
) -> migration_settings.MigrationSettings:
    return migration_settings.MigrationSettings(
        native_tls=True, rekey_crash=choice, **more
    )


def _with_gnutls(
    source: versions.Version | None, destination: versions.Version | None
) -> versions.Context:
    return versions.Context(
        source=versions.HostVersions(gnutls=source),
        destination=versions.HostVersions(gnutls=destination),
    )


def _added(
    call: migration_call.MigrateCall,
    context: versions.Context | None = None,
    choice: str = 'avoid',
    machine: str | None = None,
    **more: Any,
) -> list[tuple[str, Any]]:
    return [
        (each.subject, each.value)
        for each in rekey.stay_clear(
            call,
            _settings(choice, **more),
            migration_call.MigrationRequest(machine=machine),
            context or _context(),
        )
    ]


def _watch(
    call: migration_call.MigrateCall,
    context: versions.Context | None = None,
    choice: str = 'avoid',
) -> rekey.Watch | None:
    return rekey.watch(call, _settings(choice), context or _context())


TWO = [('PARALLEL', None), ('parallel.connections', 2)]


class StayClearTest(testtools.TestCase):
    """Connections that QEMU does not read from."""

    def test_single_connection(self) -> None:
        """A second one is asked for, whatever the QEMU; none is free."""
        for version in (None, V(6, 2), V(7, 2, 22), V(10, 0, 13), V(10, 2)):
            context = _context(version, version)
            self.assertEqual(TWO, _added(_call('TLS'), context))

    def test_nothing_to_avoid(self) -> None:
        """Clear text and tunnels have no keys of GnuTLS in QEMU."""
        self.assertEqual([], _added(_call()))
        self.assertEqual([], _added(_call('TLS', 'TUNNELLED')))

    def test_parallel_already(self) -> None:
        """What the operator asked for stays."""
        call = _call('TLS', 'PARALLEL', **{'parallel.connections': 8})
        self.assertEqual([], _added(call))
        self.assertIsNone(_watch(call))

    def test_priority_without_rekey(self) -> None:
        """Where the key is never changed, one connection is safe."""
        context = _context(source_avoids_rekey=True)
        self.assertEqual([], _added(_call('TLS'), context))
        self.assertIsNone(_watch(_call('TLS'), context))

    def test_gnutls(self) -> None:
        """That of the source decides; one that nobody knows is affected."""
        call = _call('TLS')
        old, new = V(3, 8, 10), V(3, 8, 11)
        for source, destination, exposed in (
            (None, None, True),
            (None, new, True),
            (old, new, True),
            (new, old, False),
            (new, None, False),
        ):
            context = _with_gnutls(source, destination)
            self.assertEqual(TWO if exposed else [], _added(call, context))
            self.assertIs(exposed, _watch(call, context) is not None)

    def test_issue_of_parallel_connections(self) -> None:
        """It is not met for this, unless somebody knows better."""
        call = _call('TLS')
        context = _context(source=V(8, 2), destination=V(9, 2))
        self.assertEqual([], _added(call, context))
        self.assertIsNotNone(_watch(call, context))
        self.assertEqual(
            TWO,
            _added(call, context, ignored_known_issues=('parallel-9.2.0',)),
        )

    def test_issue_that_is_met_anyway(self) -> None:
        """It is no reason against parallel connections."""
        context = _context(source=V(6, 0), destination=V(6, 0))
        self.assertEqual(TWO, _added(_call('TLS'), context))

    def test_operators_choice(self) -> None:
        """Only avoid adds; only ignore does not watch."""
        call = _call('TLS')
        for choice, added, watched in (
            ('avoid', TWO, True),
            ('watch', [], True),
            ('ignore', [], False),
        ):
            self.assertEqual(added, _added(call, choice=choice))
            self.assertIs(watched, _watch(call, choice=choice) is not None)

    def test_post_copy(self) -> None:
        """Both ends have to know both together, and to be known."""
        call = _call('TLS', 'POSTCOPY')
        new, old = V(10, 1), V(10, 0, 99)
        machine = 'pc-q35-8.0'
        self.assertEqual(
            TWO, _added(call, _context(new, new), machine=machine)
        )
        for context in (
            _context(new, old),
            _context(old, new),
            _context(new, None),
            _context(None, new),
        ):
            self.assertEqual([], _added(call, context, machine=machine))

    def test_post_copy_that_would_hang(self) -> None:
        """An old machine has one connection, and one that may be old."""
        call = _call('TLS', 'POSTCOPY')
        for machine in ('pc-i440fx-7.2', 'pc-q35-rhel9.4.0', None):
            for version in (V(10, 1), V(11, 1, 3)):
                context = _context(version, version)
                self.assertEqual([], _added(call, context, machine=machine))
                watched = _watch(call, context)
                assert watched is not None
                self.assertFalse(watched.parallel)

    def test_compression_over_one_connection(self) -> None:
        """It is not broken for this."""
        for call in (
            _call('TLS', 'COMPRESSED'),
            _call('TLS', 'COMPRESSED', compression='xbzrle'),
            _call('TLS', compression='mt'),
        ):
            self.assertEqual([], _added(call))
        self.assertEqual(TWO, _added(_call('TLS', compression='zstd')))

    def test_disks_without_a_name(self) -> None:
        """libvirt 8.2 to 10.2 looks for none over parallel connections."""
        for disks in ('NON_SHARED_INC', 'NON_SHARED_DISK'):
            nameless = _call('TLS', disks)
            for libvirt in (None, V(8, 2), V(9, 0), V(10, 2, 9)):
                context = _context(libvirt=libvirt)
                self.assertEqual([], _added(nameless, context))
                self.assertIsNotNone(_watch(nameless, context))
                self.assertEqual(TWO, _added(_call('TLS'), context))
                named = _call('TLS', disks, **{'tls.destination': 'host2'})
                self.assertEqual(TWO, _added(named, context))
            for libvirt in (V(8, 1, 9), V(10, 3)):
                self.assertEqual(
                    TWO, _added(nameless, _context(libvirt=libvirt))
                )

    def test_too_old_for_parallel(self) -> None:
        """It is watched instead."""
        for context in (
            _context(libvirt=V(5, 1)),
            _context(source=V(5, 1)),
            _context(destination=V(5, 1)),
        ):
            self.assertEqual([], _added(_call('TLS'), context))
            self.assertIsNotNone(_watch(_call('TLS'), context))


class WatchTest(testtools.TestCase):
    """The last line of defence."""

    def _seen(self, sent: int, remaining: int = 0) -> progress.Progress:
        return fakes.look(memory_sent=sent, memory_remaining=remaining)

    def test_limit(self) -> None:
        """Two records a page, and 2 GiB for what crosses meanwhile."""
        self.assertLess(
            rekey.LIMIT_BYTES // rekey.PAGE_BYTES * rekey.RECORDS_PER_PAGE,
            rekey.REKEY_AFTER_RECORDS,
        )
        unsafe = rekey.REKEY_AFTER_RECORDS // rekey.RECORDS_PER_PAGE
        self.assertLess(
            rekey.LIMIT_BYTES + 2 * GIB - unsafe * rekey.PAGE_BYTES, 2**16
        )

    def test_single_connection(self) -> None:
        """It is cancelled at the limit, and not before."""
        watched = _watch(_call('TLS'))
        assert watched is not None
        limit = rekey.LIMIT_BYTES
        self.assertFalse(watched.must_cancel(self._seen(limit - 1)))
        self.assertTrue(watched.must_cancel(self._seen(limit)))

    def test_post_copy_over_one_connection(self) -> None:
        """All that would be sent has to stay below the limit."""
        watched = _watch(_call('TLS', 'POSTCOPY'))
        assert watched is not None
        limit = rekey.LIMIT_BYTES
        for sent, remaining, may in (
            (limit // 2, limit // 2 - 1, True),
            (limit // 2, limit // 2 + 1, False),
            (0, limit, False),
        ):
            self.assertIs(
                may, watched.may_start_post_copy(self._seen(sent, remaining))
            )

    def test_post_copy_over_parallel_connections(self) -> None:
        """Only what is left goes over the connection that is read from."""
        watched = _watch(
            _call('TLS', 'POSTCOPY', 'PARALLEL'), _context(V(10, 1), V(10, 1))
        )
        assert watched is not None
        limit = rekey.LIMIT_BYTES
        seen = self._seen(10 * limit, limit - 1)
        self.assertFalse(watched.must_cancel(seen))
        self.assertTrue(watched.may_start_post_copy(seen))
        seen = self._seen(0, limit)
        self.assertFalse(watched.may_start_post_copy(seen))


class WarningsTest(testtools.TestCase):
    """Nothing is chosen silently."""

    def _warnings(
        self, call: migration_call.MigrateCall, choice: str = 'avoid'
    ) -> tuple[str, ...]:
        return rekey.warnings(
            call,
            _settings(choice),
            migration_call.MigrationRequest(),
            _context(),
        )

    def test_watched(self) -> None:
        """Why it is watched, and what helps."""
        for call, choice, remedy in (
            (_call('TLS'), 'watch', 'set it to avoid'),
            (_call('TLS', 'POSTCOPY'), 'avoid', 'permit_post_copy to false'),
            (_call('TLS', compression='mt'), 'avoid', 'drop it'),
            (
                _call('TLS', 'NON_SHARED_INC'),
                'avoid',
                'let the destination say its name',
            ),
        ):
            (warning,) = self._warnings(call, choice)
            self.assertIn('cancelled after 30 GiB', warning)
            self.assertIn(remedy, warning)

    def test_ignored(self) -> None:
        """What may happen then."""
        (warning,) = self._warnings(_call('TLS'), 'ignore')
        self.assertIn('loses the guest', warning)

    def test_nothing_to_tell(self) -> None:
        """No danger, or none that is left."""
        self.assertEqual((), self._warnings(_call()))
        for choice in rekey.Choice:
            self.assertEqual(
                (), self._warnings(_call('TLS', 'PARALLEL'), choice)
            )
