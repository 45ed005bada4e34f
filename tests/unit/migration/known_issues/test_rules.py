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


"""What follows from known issues for one call."""

from __future__ import annotations

from typing import Any

import testtools

from nova_native_tls.migration import adjustments
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration.known_issues import conditions
from nova_native_tls.migration.known_issues import issue
from nova_native_tls.migration.known_issues import rules
from nova_native_tls.migration import plan
from nova_native_tls.migration import releases
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import versions
from tests.unit.migration.known_issues import test_conditions

V = versions.Version
Kind = issue.Kind
IfUnknown = issue.IfUnknown
between = test_conditions.between
asked = test_conditions.asked


def an_issue(**changes: Any) -> issue.KnownIssue:
    """Make one that QEMU before 6.0 has, at either end."""
    values: dict[str, Any] = {
        'id': 'an-issue',
        'title': 'it breaks',
        'references': ('upstream',),
        'affected': (
            releases.Releases(
                component=releases.Component.QEMU, before=V(6, 0)
            ),
        ),
        'releases_from': 'somewhere',
        'condition': conditions.with_flags('TLS'),
        'when': 'TLS',
        'effect': 'it is broken',
        'kind': Kind.REFUSE,
        'remedy': 'mend it',
    }
    return issue.KnownIssue(**{**values, **changes})


class UnknownTest(testtools.TestCase):
    """What is made of what nobody knows."""

    def _kind(
        self, context: versions.Context, *, call: Any = None, **changes: Any
    ) -> Kind | None:
        made, request = call or asked('TLS')
        found = [
            met.kind
            for met in rules.find(
                made, request, context, (an_issue(**changes),)
            )
        ]
        return found[0] if found else None

    def test_affected(self) -> None:
        """As if it were, at the source; of a destination it is told."""
        for ends, kind in (
            (('?', '6.0'), Kind.REFUSE),
            (('?', '?'), Kind.REFUSE),
            (('6.0', '?'), Kind.WARN),
            (('5.9', '?'), Kind.REFUSE),
            (('?', '5.9'), Kind.REFUSE),
            (('6.0', '6.0'), None),
        ):
            self.assertIs(
                kind,
                self._kind(between(*ends), if_unknown=IfUnknown.AFFECTED),
                str(ends),
            )

    def test_warn(self) -> None:
        """Told, unless an end that is known decides."""
        for ends, kind in (
            (('?', '6.0'), Kind.WARN),
            (('6.0', '?'), Kind.WARN),
            (('?', '5.9'), Kind.REFUSE),
        ):
            self.assertIs(
                kind, self._kind(between(*ends), if_unknown=IfUnknown.WARN)
            )

    def test_silent(self) -> None:
        """Nothing, unless an end that is known decides."""
        for ends, kind in (
            (('?', '?'), None),
            (('6.0', '?'), None),
            (('?', '5.9'), Kind.REFUSE),
        ):
            self.assertIs(
                kind, self._kind(between(*ends), if_unknown=IfUnknown.SILENT)
            )

    def test_early(self) -> None:
        """Before anybody has asked, what is not known refuses nothing."""
        for unknown in IfUnknown:
            self.assertIsNone(
                self._kind(versions.Context(early=True), if_unknown=unknown)
            )
        self.assertIs(
            Kind.REFUSE, self._kind(versions.Context(early=True), affected=())
        )

    def test_both_ends_are_needed(self) -> None:
        """One that is certainly fine is enough."""
        affected = tuple(
            releases.Releases(
                component=releases.Component.QEMU, end=end, before=V(6, 0)
            )
            for end in (releases.End.SOURCE, releases.End.DESTINATION)
        )
        for ends, kind in (
            (('5.9', '5.9'), Kind.REFUSE),
            (('5.9', '?'), Kind.WARN),
            (('?', '5.9'), Kind.WARN),
            (('?', '6.0'), None),
            (('6.0', '5.9'), None),
        ):
            self.assertIs(
                kind,
                self._kind(
                    between(*ends),
                    affected=affected,
                    if_unknown=IfUnknown.WARN,
                ),
                str(ends),
            )

    def test_of_the_guest(self) -> None:
        """What is not known of it is told, or stayed clear of."""
        call = asked('TLS NON_SHARED_INC')
        condition = conditions.disks_with_tls_and_iothreads
        for ends, kind in (
            (('5.9', '6.0'), Kind.WARN),
            (('?', '6.0'), None),
            (('6.0', '6.0'), None),
        ):
            self.assertIs(
                kind,
                self._kind(
                    between(*ends),
                    call=call,
                    condition=condition,
                    if_unknown=IfUnknown.AFFECTED,
                ),
            )
        self.assertIs(
            Kind.ADJUST,
            self._kind(
                between('5.9', '6.0'),
                call=call,
                condition=condition,
                kind=Kind.ADJUST,
                changes=issue.ONE_CONNECTION,
            ),
        )
        (met,) = rules.find(
            *call, between('5.9', '6.0'), (an_issue(condition=condition),)
        )
        self.assertIn('which matters here if this is so: TLS', met.reason)

    def test_elsewhere(self) -> None:
        """A rule of its own is not made twice."""
        self.assertIsNone(
            self._kind(between('5.9', '5.9'), kind=Kind.ELSEWHERE)
        )


class PlanTest(testtools.TestCase):
    """The whole decision, with the real table."""

    def _plan(
        self,
        context: versions.Context,
        request: dict[str, Any] | None = None,
        **settings: Any,
    ) -> plan.MigrationPlan:
        return plan.build(
            migration_settings.MigrationSettings(
                **{'native_tls': True, 'scheme': 'tls', **settings}
            ),
            migration_call.MigrationRequest(
                **{'tls_name': 'host2', **(request or {})}
            ),
            context,
        )

    def test_adjusted(self) -> None:
        """The base stays Nova's; the change has its reason."""
        context = between('7.2.22', '9.2.0')
        made = self._plan(
            context, rekey_crash='ignore', parallel_connections=4
        )
        self.assertIn('PARALLEL', made.base.call.flags)
        self.assertNotIn('PARALLEL', made.call.flags)
        self.assertNotIn('parallel.connections', made.call.params)
        self.assertEqual((), made.refusals)
        change = made.adjustments[-1]
        self.assertIs(adjustments.Action.DROP_PARAMETER, change.action)
        self.assertIn('QEMU 9.2.0 at the destination', change.reason)

    def test_nothing_else_adds_it_again(self) -> None:
        """Staying clear of one issue does not meet another."""
        made = self._plan(between('7.2.22', '9.2.0'))
        self.assertNotIn('PARALLEL', made.call.flags)
        self.assertEqual((), made.refusals)
        # So it is watched, as whatever has one connection.
        self.assertIsNotNone(made.watch)

    def test_refused(self) -> None:
        """Before anything is asked of libvirt."""
        made = self._plan(
            between('8.2.2', '9.1.0'), {'block': True, 'iothreads': True}
        )
        (refusal,) = made.refusals
        self.assertEqual('disks-tls-iothread-crash', refusal.id)
        self.assertIn('QEMU 8.2.2 at the source', refusal.reason)

    def test_ignored(self) -> None:
        """An operator who knows better is told, and not held up."""
        ignored = {'ignored_known_issues': ('disks-tls-iothread-crash',)}
        made = self._plan(
            between('8.2.2', '9.1.0'),
            {'block': True, 'iothreads': True},
            **ignored,
        )
        self.assertEqual((), made.refusals)
        (warning,) = made.warnings
        self.assertIn('ignored_known_issues names it', warning)
        other = self._plan(
            between('5.2.0', '9.1.0'), {'block': True}, **ignored
        )
        self.assertEqual(
            ['disks-tls-hang'], [each.id for each in other.refusals]
        )

    def test_an_adjustment_that_is_ignored(self) -> None:
        """Then the call stays as it was asked for."""
        made = self._plan(
            between('7.2.22', '9.2.0'),
            parallel_connections=4,
            ignored_known_issues=('parallel-9.2.0',),
        )
        self.assertEqual(4, made.call.params['parallel.connections'])
        (warning,) = made.warnings
        self.assertIn('QEMU 9.2.0', warning)

    def test_warned(self) -> None:
        """It is made all the same."""
        made = self._plan(
            between('11.3.0', '11.3.0', 'libvirt'),
            permit_post_copy=True,
            rekey_crash='ignore',
        )
        self.assertEqual((), made.refusals)
        self.assertIn('--postcopy-resume', ' '.join(made.warnings))

    def test_nothing(self) -> None:
        """Between new releases the call is what it was."""
        new = versions.HostVersions(
            libvirt=V(12, 0), qemu=V(10, 2, 2), gnutls=V(3, 8, 13)
        )
        made = self._plan(
            versions.Context(source=new, destination=new),
            {'block': True, 'iothreads': True, 'machine': 'microvm'},
            permit_post_copy=True,
            parallel_connections=2,
        )
        self.assertEqual(
            ['tls.destination'], [each.subject for each in made.adjustments]
        )
        self.assertEqual((), made.refusals)


class KeepsFromTest(testtools.TestCase):
    """For rules that think of changing a call."""

    def _keeps_from(
        self,
        context: versions.Context,
        flags: str,
        *,
        ignored: str = '',
        **request: Any,
    ) -> str:
        """Ask about parallel connections for a call without them."""
        call, known = asked(flags, **request)
        wanted, _known = asked(f'{flags} PARALLEL')
        met = rules.keeps_from(
            wanted,
            call,
            settings=migration_settings.MigrationSettings(
                ignored_known_issues=(ignored,)
            ),
            request=known,
            context=context,
        )
        return '' if met is None else met.reason

    def test_what_would_be_changed_or_refused(self) -> None:
        """Both are why not; what is not known is, too."""
        for context, flags, why in (
            (between('7.2', '9.2'), 'TLS', 'QEMU 9.2.0 at the destination'),
            (between('7.2', '10.1'), 'LIVE POSTCOPY', 'QEMU 7.2.0 at the'),
            (between('10.1', '?'), 'LIVE POSTCOPY', 'unknown release'),
            (between('10.1', '11.1'), 'LIVE POSTCOPY', 'a release before 8.0'),
            (
                between('9.0', '9.0', 'libvirt'),
                'TLS NON_SHARED_INC',
                'libvirt 9.0.0 at the source',
            ),
        ):
            self.assertIn(why, self._keeps_from(context, flags))

    def test_nothing(self) -> None:
        """Fine, ignored, or just as it is now."""
        for context, flags, ignored in (
            (between('7.2', '9.1'), 'TLS', ''),
            (between('?', '?'), 'TLS', ''),
            (
                between('10.1', '10.1'),
                'LIVE POSTCOPY',
                'post-copy-parallel-hang',
            ),
            (between('7.2', '9.2'), 'TLS', 'parallel-9.2.0'),
        ):
            self.assertEqual(
                '', self._keeps_from(context, flags, ignored=ignored)
            )
        self.assertEqual(
            '',
            self._keeps_from(
                between('10.1', '10.1'), 'LIVE POSTCOPY', machine='pc-q35-8.0'
            ),
        )
        ends = versions.HostVersions(libvirt=V(10, 3), qemu=V(8, 2, 2))
        self.assertEqual(
            '',
            self._keeps_from(
                versions.Context(source=ends, destination=ends),
                'TLS NON_SHARED_INC',
                iothreads=True,
            ),
        )
