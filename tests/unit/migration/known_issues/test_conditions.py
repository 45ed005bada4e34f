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


"""Every issue: calls that meet it, near ones that do not, every border."""

from __future__ import annotations

import dataclasses
from typing import Any

import testtools

from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration.known_issues import issue
from nova_native_tls.migration.known_issues import rules
from nova_native_tls.migration import versions

NAME = {'tls.destination': 'host2'}


def asked(
    flags: str, params: dict[str, Any] | None = None, **request: Any
) -> tuple[migration_call.MigrateCall, migration_call.MigrationRequest]:
    """Make a call and the request that it came from."""
    return (
        migration_call.MigrateCall(
            flags=frozenset(flags.split()), params=params or {}
        ),
        migration_call.MigrationRequest(**request),
    )


def between(
    source: str, destination: str, component: str = 'qemu'
) -> versions.Context:
    """Know one component's releases at both ends; ``?`` for unknown."""
    releases = [
        None if text == '?' else versions.Version.parse(text)
        for text in (source, destination)
    ]
    return versions.Context(
        source=versions.HostVersions(**{component: releases[0]}),
        destination=versions.HostVersions(**{component: releases[1]}),
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """When an issue is met.

    :ivar calls: that meet it, between affected ends.
    :ivar others: near ones that do not.
    :ivar affected: releases at source and destination.
    :ivar fine: the nearest that are not; empty if all are.
    """

    calls: tuple[Any, ...]
    others: tuple[Any, ...]
    affected: tuple[tuple[str, str], ...] = (('?', '?'),)
    fine: tuple[tuple[str, str], ...] = ()
    component: str = 'qemu'


def either(*releases: str, fine: str) -> tuple[tuple[str, str], ...]:
    """Put each release at one end, and one that is fine at the other."""
    return tuple(
        pair for each in releases for pair in ((each, fine), (fine, each))
    )


DISKS = ('NON_SHARED_DISK', 'NON_SHARED_INC')

CASES: dict[str, Case] = {
    'tls-yank-abort': Case(
        calls=(asked('TLS'), asked('TLS PARALLEL')),
        others=(asked('LIVE'), asked('PARALLEL')),
        affected=either('6.0.0', fine='6.0.1'),
        fine=either('5.999.999', fine='6.0.1') + either('6.1', fine='10.0'),
    ),
    'tls-tunnelled': Case(
        calls=(asked('TLS TUNNELLED PEER2PEER'),),
        others=(asked('TLS PEER2PEER'), asked('TUNNELLED PEER2PEER')),
    ),
    'tls-zerocopy': Case(
        calls=(asked('TLS ZEROCOPY PARALLEL'),),
        others=(asked('TLS PARALLEL'), asked('ZEROCOPY PARALLEL')),
    ),
    'parallel-9.2.0': Case(
        calls=(asked('PARALLEL'), asked('TLS PARALLEL')),
        others=(asked('TLS'),),
        affected=(('8.999.999', '9.2.0'), ('7.2.22', '9.2.0')),
        fine=(
            ('9.0.0', '9.2.0'),
            ('8.999.999', '9.1.999'),
            ('8.999.999', '9.2.1'),
            ('9.2.0', '7.2.22'),
        ),
    ),
    'parallel-unclean-end': Case(
        calls=tuple(
            asked('TLS PARALLEL', machine=machine)
            for machine in ('microvm', 'isapc', 'none')
        ),
        others=(
            asked('TLS', machine='microvm'),
            asked('PARALLEL', machine='microvm'),
            asked('TLS PARALLEL', machine='pc-q35-7.2'),
            asked('TLS PARALLEL', machine='pc-q35-rhel9.4.0'),
            asked('TLS PARALLEL'),
        ),
        affected=(('9.2.999', '10.0.0'), ('7.2.22', '10.2.2')),
        fine=(
            ('10.0.0', '10.0.0'),
            ('9.2.999', '9.2.999'),
            ('10.0.0', '9.2.999'),
        ),
    ),
    'disks-tls-hang': Case(
        calls=tuple(asked(f'TLS {disks}') for disks in DISKS),
        others=(asked('TLS'), *(asked(disks) for disks in DISKS)),
        affected=either('5.1.0', '5.2.999', fine='6.0.0'),
        fine=either('5.0.999', fine='6.0.0'),
    ),
    'disks-tls-iothread-crash': Case(
        calls=tuple(asked(f'TLS {disks}', iothreads=True) for disks in DISKS),
        others=(
            asked('TLS', iothreads=True),
            *(asked(disks, iothreads=True) for disks in DISKS),
            *(asked(f'TLS {disks}', iothreads=False) for disks in DISKS),
        ),
        affected=either('8.2.0', '8.2.4', '8.3.0', '9.0.0', fine='8.1.999'),
        fine=either('8.1.999', '8.2.5', '8.2.9', '9.0.1', fine='9.1.0'),
    ),
    'disks-without-name': Case(
        calls=tuple(asked(f'TLS PARALLEL {disks}') for disks in DISKS),
        others=(
            *(asked(f'TLS PARALLEL {disks}', NAME) for disks in DISKS),
            *(asked(f'TLS {disks}') for disks in DISKS),
            *(asked(f'PARALLEL {disks}') for disks in DISKS),
            asked('TLS PARALLEL'),
        ),
        component='libvirt',
        affected=(('8.2.0', '?'), ('10.2.999', '10.3.0'), ('9.0', '8.1')),
        fine=(('8.1.999', '9.0'), ('10.3.0', '9.0')),
    ),
    'post-copy-parallel': Case(
        calls=(
            asked('LIVE POSTCOPY PARALLEL'),
            asked('LIVE TLS POSTCOPY PARALLEL'),
        ),
        others=(asked('LIVE POSTCOPY'), asked('LIVE PARALLEL')),
        affected=either('10.0.999', '7.2.22', fine='10.1.0'),
        fine=(('10.1.0', '10.1.0'),),
    ),
    'post-copy-parallel-hang': Case(
        calls=tuple(
            asked(f'LIVE {tls} POSTCOPY PARALLEL', machine=machine)
            for tls in ('', 'TLS')
            for machine in ('pc-i440fx-7.2', 'pc-1.0', 's390-ccw-virtio-6.2')
        ),
        others=(
            asked('LIVE POSTCOPY', machine='pc-q35-7.2'),
            asked('LIVE PARALLEL', machine='pc-q35-7.2'),
            *(
                asked('LIVE TLS POSTCOPY PARALLEL', machine=machine)
                for machine in ('pc-q35-8.0', 'pc-i440fx-10.0', 'microvm')
            ),
        ),
        affected=(('10.1.0', '10.1.0'), ('11.1.3', '10.2.2')),
        fine=(('10.0.999', '10.1.0'), ('10.1.0', '10.0.999')),
    ),
    'post-copy-resume-crash': Case(
        calls=(asked('LIVE POSTCOPY POSTCOPY_RESUME'),),
        others=(asked('LIVE POSTCOPY'),),
        component='libvirt',
        affected=either('11.2.0', '11.3.999', fine='11.4.0'),
        fine=either('11.1.999', fine='11.4.0'),
    ),
    'post-copy-without-resume': Case(
        calls=(asked('LIVE POSTCOPY'),),
        others=(asked('LIVE'),),
        component='libvirt',
        affected=either('11.2.0', '11.3.999', fine='11.4.0'),
        fine=either('11.1.999', fine='11.4.0'),
    ),
}


def met(case: Case, call: Any, ends: tuple[str, str]) -> dict[str, Any]:
    """Find what a call meets between two ends, by name."""
    return {
        found.known.id: found
        for found in rules.find(
            call[0], call[1], between(*ends, case.component)
        )
    }


class ConditionsTest(testtools.TestCase):
    """The table of issues against the table of cases."""

    def test_met(self) -> None:
        """At every border, by every call of the case, as far as it goes."""
        for name, case in CASES.items():
            for call in case.calls:
                for ends in case.affected:
                    found = met(case, call, ends).get(name)
                    self.assertIsNotNone(found, f'{name} {call} {ends}')
                    assert found is not None
                    self.assertIs(found.known.kind, found.kind, name)

    def test_told(self) -> None:
        """The release and the end are named, and what to do."""
        for name, case in CASES.items():
            for ends in case.affected:
                found = met(case, case.calls[0], ends)[name]
                if found.known.affected:
                    self.assertRegex(
                        found.reason,
                        r'\((QEMU|libvirt) [0-9.]+ at the '
                        r'(source|destination)',
                    )
                self.assertTrue(
                    found.reason.endswith(f': {found.known.remedy}')
                )

    def test_beyond_the_borders(self) -> None:
        """The nearest releases do not meet it."""
        for name, case in CASES.items():
            for call in case.calls:
                for ends in case.fine:
                    self.assertNotIn(
                        name, met(case, call, ends), f'{call} {ends}'
                    )

    def test_other_calls(self) -> None:
        """What lacks one part of the combination does not meet it."""
        for name, case in CASES.items():
            for call in case.others:
                for ends in case.affected:
                    self.assertNotIn(
                        name, met(case, call, ends), f'{call} {ends}'
                    )

    def test_borders(self) -> None:
        """The cases go to both sides of each border of the table."""
        for name, case in CASES.items():
            found = met(case, case.calls[0], case.affected[0])[name].known
            self.assertEqual(bool(found.affected), case.fine != (), name)
            mentioned = {
                versions.Version.parse(text)
                for pair in (*case.affected, *case.fine)
                for text in pair
                if text != '?'
            }
            for releases in found.affected:
                for border in (
                    releases.since,
                    releases.before,
                    *releases.mended,
                ):
                    self.assertIn(border, {None, *mentioned}, name)

    def test_debian(self) -> None:
        """What its releases can do is neither changed nor warned of."""
        bookworm = versions.HostVersions(
            libvirt=versions.Version(9, 0), qemu=versions.Version(7, 2, 22)
        )
        trixie = versions.HostVersions(
            libvirt=versions.Version(11, 3), qemu=versions.Version(10, 0, 13)
        )
        call = asked(
            'LIVE PEER2PEER TLS PARALLEL NON_SHARED_INC', NAME, iothreads=True
        )
        for source in (bookworm, trixie):
            for destination in (bookworm, trixie):
                self.assertEqual(
                    [],
                    [
                        found.known.id
                        for found in rules.find(
                            *call,
                            versions.Context(
                                source=source, destination=destination
                            ),
                        )
                        if found.kind is not issue.Kind.ELSEWHERE
                    ],
                )
