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


"""Known issues, told of a host and of the guests that run on it."""

from __future__ import annotations

import dataclasses
from typing import Any

import testtools

from nova_native_tls.checks import base
from nova_native_tls.checks import guest_known_issues
from nova_native_tls.checks import known_issues
from nova_native_tls.checks import result
from nova_native_tls.host import guests
from nova_native_tls.host import libvirt_view
from nova_native_tls.host import unseen
from nova_native_tls.migration import versions
from tests.unit.checks import contexts
from tests.unit.host import observations

Stage = base.Stage
Status = result.Status
V = versions.Version

BOTH = {'permit_post_copy': True, 'parallel_connections': 2}


def at(qemu: str, libvirt: str = '10.3') -> versions.HostVersions:
    """Make a host's releases."""
    return versions.HostVersions(libvirt=V.parse(libvirt), qemu=V.parse(qemu))


def answers(findings: Any) -> dict[tuple[str, Status], result.Finding]:
    """Sort findings by what they are."""
    return {(each.code, each.status): each for each in findings}


class OptionsTest(testtools.TestCase):
    """What the options make of this host's own releases."""

    def _ask(
        self, own: versions.HostVersions, **changes: Any
    ) -> tuple[result.Finding, ...]:
        return tuple(
            known_issues.KnownIssuesCheck().run(
                contexts.context(
                    Stage.START, own=contexts.host(1, versions=own), **changes
                )
            )
        )

    def test_none(self) -> None:
        """One success that names the host."""
        (only,) = self._ask(at('10.2.2', '12.0'))
        self.assertEqual(
            ('known-issues.none', Status.SUCCESS, 'compute1'),
            (only.code, only.status, only.subject),
        )

    def test_refused(self) -> None:
        """No migration could be made with these options."""
        (only,) = self._ask(at('10.0.13'), settings=BOTH)
        self.assertEqual(
            ('known-issue.post-copy-parallel', Status.FAILURE),
            (only.code, only.status),
        )
        self.assertIn('QEMU 10.0.13 at the source', only.detail)
        self.assertIn('live_migration_permit_post_copy', only.remedy)

    def test_warned(self) -> None:
        """It works, and should be mended."""
        (only,) = self._ask(
            at('10.1.0', '11.3.0'), settings={'permit_post_copy': True}
        )
        self.assertEqual(
            ('known-issue.post-copy-without-resume', Status.WARNING),
            (only.code, only.status),
        )

    def test_ignored(self) -> None:
        """A warning is left of it."""
        ignored = {'ignored_known_issues': ('post-copy-parallel',)}
        (only,) = self._ask(at('10.0.13'), settings={**BOTH, **ignored})
        self.assertIs(Status.WARNING, only.status)
        self.assertIn('ignored_known_issues', only.detail)

    def test_unknown(self) -> None:
        """Of releases that nobody knows what may be is told."""
        (only,) = self._ask(versions.HostVersions(), settings=BOTH)
        self.assertIs(Status.WARNING, only.status)
        self.assertIn('of unknown release', only.detail)

    def test_disks_are_another_question(self) -> None:
        """At the start nobody knows whether disks will be copied."""
        (only,) = self._ask(at('5.2.0'))
        self.assertIs(Status.SUCCESS, only.status)


class HostTest(testtools.TestCase):
    """Of a host, and of one guest that leaves it."""

    def _ask(
        self,
        *running: guests.Guest,
        installed: versions.HostVersions,
        context: dict[str, Any] | None = None,
        **changes: Any,
    ) -> dict[tuple[str, Status], result.Finding]:
        seen = observations.good(**{'guests': running, **changes})
        if isinstance(seen.libvirt, libvirt_view.LibvirtView):
            seen = dataclasses.replace(
                seen,
                libvirt=dataclasses.replace(seen.libvirt, versions=installed),
            )
        return answers(
            guest_known_issues.GuestKnownIssuesCheck().run(
                contexts.context(
                    **{
                        'stage': Stage.HOST,
                        'observation': seen,
                        'own': contexts.host(1, versions=installed),
                        **(context or {}),
                    }
                )
            )
        )

    def _leaving(
        self,
        *running: guests.Guest,
        installed: versions.HostVersions,
        peer: versions.HostVersions | None,
        block: bool = True,
        **known: Any,
    ) -> dict[tuple[str, Status], result.Finding]:
        return self._ask(
            *running,
            installed=installed,
            context={
                'stage': Stage.SOURCE,
                'peer': None
                if peer is None
                else contexts.host(2, versions=peer),
                'block': block,
                'guest': guests.Known(name='g1', memory_mib=1, **known),
            },
        )

    def test_none(self) -> None:
        """One success."""
        self.assertEqual(
            {('known-issues.none', Status.SUCCESS)},
            set(self._ask(installed=at('10.2.2', '12.0'))),
        )

    def test_what_only_disks_meet(self) -> None:
        """Of a host it is a warning: guests may have none to copy."""
        code = 'known-issue.disks-tls-hang'
        found = self._ask(installed=at('5.2.0'))
        self.assertEqual({(code, Status.WARNING)}, set(found))
        found = self._leaving(
            observations.guest(name='g1', qemu=V(5, 2)),
            installed=at('5.2.0'),
            peer=at('10.0.13'),
        )
        self.assertEqual({(code, Status.FAILURE)}, set(found))

    def test_an_older_guest(self) -> None:
        """It is named with its own QEMU, others are not told of."""
        found = self._ask(
            observations.guest(name='new', qemu=V(10, 1)),
            observations.guest(name='old', qemu=V(10, 0)),
            observations.guest(name='unknown', qemu=None),
            installed=at('10.1.0'),
            context={'settings': BOTH},
        )
        key = ('known-issue.post-copy-parallel', Status.FAILURE)
        # What new ones meet with the same options is stayed clear of.
        hang = ('known-issue.post-copy-parallel-hang', Status.SUCCESS)
        self.assertEqual({key, hang}, set(found))
        self.assertEqual('host1: old (QEMU 10.0.0)', found[key].subject)
        self.assertIn('shut the guest down', found[key].remedy)
        self.assertIn('it gets QEMU 10.1.0', found[key].remedy)

    def test_not_twice(self) -> None:
        """What new guests would meet is not repeated of each old one."""
        found = self._ask(
            observations.guest(name='old', qemu=V(8, 1)),
            installed=at('10.0.0'),
            context={'settings': BOTH},
        )
        (only,) = (each for (_code, status), each in found.items() if status)
        self.assertEqual('host1', only.subject)

    def test_the_running_one_decides(self) -> None:
        """Before a migration the guest's QEMU counts, not the installed."""
        key = ('known-issue.disks-tls-iothread-crash', Status.FAILURE)
        for running, installed, expected in (
            ('8.2.2', '9.1.0', True),
            ('9.1.0', '8.2.2', False),
        ):
            found = self._leaving(
                observations.guest(name='other', qemu=V(9, 0)),
                observations.guest(name='g1', qemu=V.parse(running)),
                installed=at(installed),
                peer=at('9.1.0'),
                iothreads=True,
            )
            self.assertIs(expected, key in found)
            if expected:
                self.assertEqual('host1: g1 (QEMU 8.2.2)', found[key].subject)

    def test_the_destination(self) -> None:
        """Its installed QEMU counts; of a stock one nothing is known."""
        key = ('known-issue.disks-tls-iothread-crash', Status.FAILURE)
        guest = observations.guest(name='g1', qemu=V(9, 1))
        self.assertIn(
            key,
            self._leaving(
                guest, installed=at('9.1.0'), peer=at('9.0'), iothreads=True
            ),
        )
        self.assertEqual(
            {(key[0], Status.WARNING)},
            set(
                self._leaving(
                    guest, installed=at('9.1.0'), peer=None, iothreads=True
                )
            ),
        )

    def test_a_guest_of_which_nothing_is_known(self) -> None:
        """It may be the one that would be lost."""
        key = ('known-issue.disks-tls-iothread-crash', Status.FAILURE)
        for running in ((), (observations.guest(name='g1', qemu=None),)):
            found = self._leaving(
                *running, installed=at('9.1'), peer=at('9.1'), iothreads=True
            )
            self.assertIn(key, found)
            self.assertIn('of unknown release', found[key].detail)

    def test_stayed_clear_of(self) -> None:
        """What is asked for in another way is told, and refuses nothing."""
        found = self._leaving(
            observations.guest(name='g1', qemu=V(9, 2)),
            installed=at('9.2'),
            peer=at('10.0'),
            block=False,
            machine='microvm',
        )
        self.assertEqual({('known-issues.none', Status.SUCCESS)}, set(found))
        found = self._ask(
            observations.guest(name='g1', qemu=V(7, 2)),
            installed=at('7.2'),
            context={
                'stage': Stage.SOURCE,
                'settings': {'parallel_connections': 4},
                'peer': contexts.host(2, versions=at('9.2.0')),
                'guest': guests.Known(name='g1', memory_mib=1),
            },
        )
        (only,) = found.values()
        self.assertIs(Status.SUCCESS, only.status)
        self.assertEqual('known-issue.parallel-9.2.0', only.code)

    def test_unseen(self) -> None:
        """Without libvirt nothing is known, and the guests are not named."""
        problem = unseen.Unseen('it is down')
        found = self._ask(
            installed=at('10.1'), libvirt=problem, guests=problem
        )
        self.assertEqual({('known-issues.none', Status.SUCCESS)}, set(found))
