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

"""What is asked for so that an encrypted migration is fast."""

from __future__ import annotations

import dataclasses
from typing import Any

import testtools

from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import flags
from nova_native_tls.migration import plan
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import tuning
from nova_native_tls.migration import versions
from nova_native_tls.speed import costs
from tests.unit.speed import test_choice

V = versions.Version

HOST = versions.HostVersions(libvirt=V(11, 3), qemu=V(10, 0, 13))
SPEED = costs.HostSpeed(
    costs=test_choice.COSTS,
    cores=2,
    free_cores=2.0,
    link_gib_s=None,
    zstd=True,
)
CONTEXT = versions.Context(
    source=HOST, destination=HOST, source_speed=SPEED, destination_speed=SPEED
)
PACKED = {
    'COMPRESSED': None,
    'compression': 'zlib',
    'compression.zlib.level': 0,
}
ZSTD = {'COMPRESSED': None, 'compression': 'zstd', 'compression.zstd.level': 1}
TWO = {'PARALLEL': None, 'parallel.connections': 2}


def _call(*names: str, **params: Any) -> migration_call.MigrateCall:
    return migration_call.MigrateCall(
        flags=frozenset({'LIVE', 'PEER2PEER', *names}), params=params
    )


def _settings(**values: Any) -> migration_settings.MigrationSettings:
    return migration_settings.MigrationSettings(
        native_tls=True, scheme='tls', **values
    )


def _request(**values: Any) -> migration_call.MigrationRequest:
    return migration_call.MigrationRequest(**values)


def _added(
    call: migration_call.MigrateCall,
    context: versions.Context = CONTEXT,
    *,
    memory: Any = None,
    **values: Any,
) -> dict[str, Any]:
    made = tuning.make_fast(
        call, _settings(**values), _request(memory=memory), context
    )
    return {each.subject: each.value for each in made}


def _with(
    libvirt: versions.Version | None, qemu: versions.Version | None
) -> list[versions.Context]:
    """Either end has this."""
    host = versions.HostVersions(libvirt=libvirt, qemu=qemu)
    return [
        dataclasses.replace(CONTEXT, source=host),
        dataclasses.replace(CONTEXT, destination=host),
    ]


class ChosenTest(testtools.TestCase):
    """What is added where everything is possible."""

    def test_way(self) -> None:
        """Pages are put together, or compressed if that is faster."""
        for memory, expected in (
            (None, PACKED),
            (test_choice.HEAPS, PACKED),
            (test_choice.RANDOM, ZSTD),
        ):
            self.assertEqual(
                {**TWO, **expected}, _added(_call('TLS'), memory=memory)
            )

    def test_reasons(self) -> None:
        """Each change has one."""
        made = tuple(
            tuning.make_fast(_call('TLS'), _settings(), _request(), CONTEXT)
        )

        self.assertEqual(5, len(made))
        for each in made:
            self.assertTrue(each.reason)
        self.assertIn('GiB/s', made[0].reason)

    def test_more_connections(self) -> None:
        """They replace those that another rule asked for."""
        fast = dataclasses.replace(SPEED, cores=64, free_cores=60.0)
        context = dataclasses.replace(
            CONTEXT, source_speed=fast, destination_speed=fast
        )
        call = _call('TLS', 'PARALLEL', **{'parallel.connections': 2})

        self.assertEqual(
            {'parallel.connections': 8},
            _added(call, context, auto_compression=False),
        )

    def test_bandwidth(self) -> None:
        """What Nova permits limits what is chosen: 100 MiB/s."""
        self.assertEqual(
            {**TWO, **ZSTD},
            _added(_call('TLS', bandwidth=100), memory=test_choice.HEAPS),
        )

    def test_nothing_is_measured(self) -> None:
        """Two connections, as soon as the releases are known."""
        for changes in (
            {'source_speed': None},
            {'destination_speed': None},
            {'source_speed': dataclasses.replace(SPEED, costs=None)},
        ):
            context = dataclasses.replace(CONTEXT, **changes)
            self.assertEqual(TWO, _added(_call('TLS'), context))

    def test_whole_plan(self) -> None:
        """The call may be made, and has all of it."""
        made = plan.adjust(
            flags.BaseStage(call=_call('TLS'), reasons=()),
            settings=_settings(),
            request=_request(tls_name='host2.example.org', machine='pc'),
            context=CONTEXT,
        )

        call = made.permitted_call()

        self.assertLessEqual({'TLS', 'PARALLEL', 'COMPRESSED'}, call.flags)
        self.assertEqual(
            {
                'tls.destination': 'host2.example.org',
                'parallel.connections': 2,
                'compression': 'zlib',
                'compression.zlib.level': 0,
            },
            call.params,
        )
        self.assertEqual((), made.warnings)


class LeftAloneTest(testtools.TestCase):
    """What stays as it is."""

    def test_calls(self) -> None:
        """In clear text, post-copy, or compressed by somebody's word."""
        for call in (
            _call(),
            _call('TUNNELLED'),
            _call('PARALLEL', **{'parallel.connections': 2}),
            _call('TLS', 'POSTCOPY'),
            _call('TLS', 'COMPRESSED'),
            _call('TLS', compression='xbzrle'),
        ):
            self.assertEqual({}, _added(call), call)

    def test_post_copy_where_it_goes_with_parallel(self) -> None:
        """It is left to the known issues, and to rekey."""
        new = versions.HostVersions(libvirt=V(12, 0), qemu=V(11, 1))
        context = dataclasses.replace(CONTEXT, source=new, destination=new)
        for names in ({'POSTCOPY'}, {'POSTCOPY', 'PARALLEL'}):
            self.assertEqual({}, _added(_call('TLS', *names), context))

    def test_compression_that_somebody_asked_for(self) -> None:
        """Neither the method nor its level is changed."""
        for names, params in (
            ({'COMPRESSED'}, {'compression': 'zstd'}),
            ({'COMPRESSED'}, {}),
            (set(), {'compression': 'zstd'}),
        ):
            call = _call('TLS', 'PARALLEL', *names, **params)
            self.assertEqual({}, _added(call), (names, params))

    def test_unknown_releases(self) -> None:
        """Of either end: more than one connection might fail."""
        for libvirt, qemu in ((None, V(10, 0)), (V(11, 3), None)):
            for context in _with(libvirt, qemu):
                self.assertEqual({}, _added(_call('TLS'), context))

    def test_options(self) -> None:
        """What an operator wants is not chosen otherwise."""
        self.assertEqual({}, _added(_call('TLS'), auto_parallel=False))
        self.assertEqual({}, _added(_call('TLS'), rekey_crash='watch'))
        self.assertEqual(TWO, _added(_call('TLS'), auto_compression=False))

    def test_number_of_connections(self) -> None:
        """One that is set stays; compression goes with any."""
        call = _call('TLS', 'PARALLEL', **{'parallel.connections': 5})
        for values in (
            {'auto_parallel': False},
            {'parallel_connections': 5},
            {'auto_parallel': False, 'rekey_crash': 'watch'},
        ):
            self.assertEqual(PACKED, _added(call, **values))

    def test_known_issue_of_parallel_connections(self) -> None:
        """It is not met for the sake of speed."""
        for context in (
            dataclasses.replace(
                CONTEXT,
                source=versions.HostVersions(libvirt=V(11, 3), qemu=V(8, 2)),
                destination=versions.HostVersions(
                    libvirt=V(11, 3), qemu=V(9, 2)
                ),
            ),
            *_with(V(5, 1), V(10, 0)),
            *_with(V(11, 3), V(5, 1)),
        ):
            self.assertEqual({}, _added(_call('TLS'), context))


class ReleasesTest(testtools.TestCase):
    """Which releases can do what."""

    def test_too_old(self) -> None:
        """At either end: connections only, or zstd where that is faster."""
        for libvirt, qemu, memory, expected in (
            (V(9, 3), V(10, 0), test_choice.RANDOM, {}),
            (V(9, 4), V(9, 2, 4), None, {}),
            (V(9, 4), V(9, 2, 4), test_choice.RANDOM, ZSTD),
            (V(9, 4), V(10, 0), None, PACKED),
        ):
            for context in _with(libvirt, qemu):
                self.assertEqual(
                    {**TWO, **expected},
                    _added(_call('TLS'), context, memory=memory),
                    (libvirt, qemu),
                )

    def test_qemu_that_waits_busily(self) -> None:
        """On the source it needs more connections; at the other end not."""
        old = versions.HostVersions(libvirt=V(9, 0), qemu=V(8, 0, 999))
        new = versions.HostVersions(libvirt=V(9, 0), qemu=V(8, 1))
        for source, destination, expected in (
            (old, new, 4),
            (new, old, 2),
            (new, new, 2),
        ):
            context = dataclasses.replace(
                CONTEXT, source=source, destination=destination
            )
            added = _added(_call('TLS'), context)
            self.assertEqual(expected, added['parallel.connections'])

    def test_qemu_that_fills_records(self) -> None:
        """On the source; what the destination has makes no difference."""
        fills = dataclasses.replace(SPEED, fills_records=True)
        here = dataclasses.replace(CONTEXT, source_speed=fills)
        there = dataclasses.replace(CONTEXT, destination_speed=fills)

        self.assertEqual(TWO, _added(_call('TLS'), here))
        self.assertEqual({**TWO, **PACKED}, _added(_call('TLS'), there))

    def test_qemu_that_is_only_new(self) -> None:
        """Its release says nothing of how it fills records."""
        for context in _with(V(12, 0), V(11, 1)):
            self.assertEqual({**TWO, **PACKED}, _added(_call('TLS'), context))

    def test_qemu_without_zstd(self) -> None:
        """It can be built without it."""
        without = dataclasses.replace(SPEED, zstd=False)
        for changes in (
            {'source_speed': without},
            {'destination_speed': without},
        ):
            self.assertEqual(
                {**TWO, **PACKED},
                _added(
                    _call('TLS'),
                    dataclasses.replace(CONTEXT, **changes),
                    memory=test_choice.RANDOM,
                ),
            )

    def test_binding_without_the_level(self) -> None:
        """It would be passed as another type, which libvirt refuses."""
        context = dataclasses.replace(
            CONTEXT,
            unknown_parameters=frozenset(
                {'compression.zlib.level', 'compression.zstd.level'}
            ),
        )

        self.assertEqual(TWO, _added(_call('TLS'), context))
        self.assertEqual(
            {**TWO, 'COMPRESSED': None, 'compression': 'zstd'},
            _added(_call('TLS'), context, memory=test_choice.RANDOM),
        )
