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

"""Every version rule at its boundary, at both ends, and not known.

A rule without a case fails ``test_every_rule_has_its_case``.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import testtools

from nova_native_tls import exception
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import libvirt_abi
from nova_native_tls.migration import version_rules
from nova_native_tls.migration import versions

ENDS = ('source', 'destination')


def _call(
    flags: str, params: dict[str, Any] | None = None
) -> migration_call.MigrateCall:
    return migration_call.MigrateCall(
        flags=frozenset(flags.split()), params=params or {}
    )


def _context(end: str, component: str, version: str) -> versions.Context:
    """One component of one end is known, nothing else."""
    host = versions.HostVersions(
        **{component: versions.Version.parse(version)}
    )
    return versions.Context(**{end: host})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """Where a rule begins to apply, and what it leaves alone.

    :ivar calls: to which the rule applies.
    :ivar others: near calls to which it does not.
    :ivar below: the nearest release that is too old.
    """

    calls: tuple[migration_call.MigrateCall, ...]
    others: tuple[migration_call.MigrateCall, ...]
    component: str
    below: str
    minimum: str
    required: bool = True
    warns_when_unknown: bool = False


ZLIB = {'compression': 'zlib'}
ZSTD = {'compression': 'zstd'}

CASES: dict[str, Case] = {
    'tls-needs-qemu': Case(
        calls=(_call('TLS'),),
        others=(_call('LIVE'),),
        component='qemu',
        below='2.8.999',
        minimum='2.9.0',
    ),
    'tls-recommended-libvirt': Case(
        calls=(_call('TLS'),),
        others=(_call('LIVE'),),
        component='libvirt',
        below='4.3.999',
        minimum='4.4.0',
        required=False,
    ),
    'tls-recommended-qemu': Case(
        calls=(_call('TLS'),),
        others=(_call('LIVE'),),
        component='qemu',
        below='2.10.999',
        minimum='2.11.0',
        required=False,
    ),
    'tls-disks-needs-libvirt': Case(
        calls=(_call('TLS NON_SHARED_DISK'), _call('TLS NON_SHARED_INC')),
        others=(
            _call('TLS'),
            _call('NON_SHARED_DISK'),
            _call('NON_SHARED_INC'),
        ),
        component='libvirt',
        below='4.3.999',
        minimum='4.4.0',
    ),
    'tls-parallel-needs-qemu': Case(
        calls=(_call('TLS PARALLEL'),),
        others=(_call('TLS'), _call('PARALLEL')),
        component='qemu',
        below='5.1.999',
        minimum='5.2.0',
    ),
    'zerocopy-needs-qemu': Case(
        calls=(_call('PARALLEL ZEROCOPY'),),
        others=(_call('PARALLEL'),),
        component='qemu',
        below='7.0.999',
        minimum='7.1.0',
    ),
    'parallel-compression-needs-libvirt': Case(
        calls=(_call('PARALLEL', ZLIB), _call('PARALLEL', ZSTD)),
        others=(
            _call('', {'compression': 'xbzrle'}),
            _call('', {'compression': 'mt'}),
            _call('PARALLEL'),
        ),
        component='libvirt',
        below='9.3.999',
        minimum='9.4.0',
        warns_when_unknown=True,
    ),
}


def _about(rule_id: str, texts: tuple[str, ...]) -> list[str]:
    """Pick the sentences that speak of what this rule is about."""
    (rule,) = (rule for rule in version_rules.RULES if rule.id == rule_id)
    name = {'qemu': 'QEMU', 'libvirt': 'libvirt'}[rule.component]
    return [
        text
        for text in texts
        if text.startswith(f'{rule.subject} ')
        and f'{name} {CASES[rule_id].minimum}' in text
    ]


class RulesTest(testtools.TestCase):
    """The table of rules against the table of cases."""

    def _findings(
        self, rule_id: str, call: migration_call.MigrateCall, **known: Any
    ) -> tuple[list[str], list[str]]:
        """Give the sentences of one rule: refusals, warnings."""
        found = version_rules.evaluate(call, _context(**known))
        return (
            [r.reason for r in found.refusals if r.id == rule_id],
            _about(rule_id, found.warnings),
        )

    def test_every_rule_has_its_case(self) -> None:
        """No rule comes or goes without its boundary being tested."""
        ids = [rule.id for rule in version_rules.RULES]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual(set(ids), set(CASES))

    def test_too_old(self) -> None:
        """The release before is refused, or advised against, at each end."""
        for rule_id, case in CASES.items():
            for call in case.calls:
                for end in ENDS:
                    refusals, warnings = self._findings(
                        rule_id,
                        call,
                        end=end,
                        component=case.component,
                        version=case.below,
                    )
                    self.assertEqual(
                        int(case.required), len(refusals), f'{rule_id}, {end}'
                    )
                    sentences = refusals if case.required else warnings
                    self._tells_all(sentences, case, end)

    def _tells_all(self, sentences: list[str], case: Case, end: str) -> None:
        (sentence,) = (text for text in sentences if case.below in text)
        self.assertIn(case.minimum, sentence)
        self.assertIn(f'the {end} has {case.below}', sentence)
        self.assertIn(': upgrade it', sentence)

    def test_just_new_enough(self) -> None:
        """From its release on, a rule has nothing to say of that end."""
        for rule_id, case in CASES.items():
            for call in case.calls:
                for end in ENDS:
                    refusals, warnings = self._findings(
                        rule_id,
                        call,
                        end=end,
                        component=case.component,
                        version=case.minimum,
                    )
                    self.assertEqual([], refusals, rule_id)
                    self.assertEqual(
                        [], [w for w in warnings if f'the {end}' in w], rule_id
                    )

    def test_not_known(self) -> None:
        """Where it may well be too old, somebody is told to look."""
        for rule_id, case in CASES.items():
            for call in case.calls:
                found = version_rules.evaluate(call, versions.Context())
                self.assertEqual((), found.refusals, rule_id)
                warnings = _about(rule_id, found.warnings)
                expected = ENDS if case.warns_when_unknown else ()
                self.assertEqual(len(expected), len(warnings), rule_id)
                for end, warning in zip(expected, warnings, strict=True):
                    self.assertIn(f'the version at the {end}', warning)
                    self.assertIn('not known', warning)

    def test_other_calls(self) -> None:
        """A rule leaves alone what lacks one part of its combination."""
        for rule_id, case in CASES.items():
            for call in case.others:
                for version in (case.below, '0.0.0'):
                    for end in ENDS:
                        refusals, warnings = self._findings(
                            rule_id,
                            call,
                            end=end,
                            component=case.component,
                            version=version,
                        )
                        self.assertEqual([], refusals, f'{rule_id}: {call}')
                        self.assertEqual([], warnings, f'{rule_id}: {call}')

    def test_the_other_component_does_not_matter(self) -> None:
        """A rule about QEMU does not read libvirt's version."""
        for rule_id, case in CASES.items():
            other = {'qemu': 'libvirt', 'libvirt': 'qemu'}[case.component]
            for call in case.calls:
                for end in ENDS:
                    refusals, _warnings = self._findings(
                        rule_id,
                        call,
                        end=end,
                        component=other,
                        version='0.0.1',
                    )
                    self.assertEqual([], refusals, rule_id)

    def test_both_ends_too_old(self) -> None:
        """Each end is named by itself."""
        old = versions.HostVersions(qemu=versions.Version(7, 0, 9))
        found = version_rules.evaluate(
            _call('PARALLEL ZEROCOPY'),
            versions.Context(source=old, destination=old),
        )
        self.assertEqual(
            ['zerocopy-needs-qemu'] * 2,
            [refusal.id for refusal in found.refusals],
        )
        self.assertIn('the source has 7.0.9', found.refusals[0].reason)
        self.assertIn('the destination has 7.0.9', found.refusals[1].reason)

    def test_debian_12_to_13(self) -> None:
        """What both releases have is neither refused nor warned about."""
        context = versions.Context(
            source=versions.HostVersions(
                libvirt=versions.Version(9, 0), qemu=versions.Version(7, 2, 22)
            ),
            destination=versions.HostVersions(
                libvirt=versions.Version(11, 3),
                qemu=versions.Version(10, 0, 13),
            ),
        )
        found = version_rules.evaluate(
            _call(
                'LIVE PEER2PEER TLS PARALLEL NON_SHARED_INC',
                {
                    'tls.destination': 'host2',
                    'parallel.connections': 2,
                    'migrate_disks': ('vda',),
                },
            ),
            context,
        )
        self.assertEqual(((), ()), (found.refusals, found.warnings))


class NamesTest(testtools.TestCase):
    """Flags and parameters that one end's libvirt does not know."""

    def _refusals(
        self, call: migration_call.MigrateCall, **known: str
    ) -> list[str]:
        return [
            refusal.reason
            for refusal in version_rules.evaluate(
                call, _context(component='libvirt', **known)
            ).refusals
            if refusal.id == 'libvirt-too-old'
        ]

    def test_flags_at_their_boundary(self) -> None:
        """A flag is refused before its release, and not from it on."""
        for flag, below, since in (
            ('TLS', '3.1.999', '3.2.0'),
            ('PARALLEL', '5.1.999', '5.2.0'),
            ('POSTCOPY', '1.3.2', '1.3.3'),
            ('ZEROCOPY', '8.4.999', '8.5.0'),
        ):
            for end in ENDS:
                self.assertEqual(
                    [
                        f'{flag} needs libvirt {since}, the {end} has '
                        f'{below}: upgrade it, or do without'
                    ],
                    self._refusals(_call(flag), end=end, version=below),
                )
                self.assertEqual(
                    [], self._refusals(_call(flag), end=end, version=since)
                )

    def test_parameters_at_their_boundary(self) -> None:
        """A parameter likewise, also at the destination, which gets it."""
        for name, value, below, since in (
            ('tls.destination', 'host2', '5.10.0', '6.0.0'),
            ('parallel.connections', 2, '5.1.999', '5.2.0'),
            ('migrate_disks', ('vda',), '1.2.16', '1.2.17'),
        ):
            call = _call('', {name: value})
            for end in ENDS:
                self.assertEqual(
                    [
                        f'{name} needs libvirt {since}, the {end} has '
                        f'{below}: upgrade it, or do without'
                    ],
                    self._refusals(call, end=end, version=below),
                )
                self.assertEqual(
                    [], self._refusals(call, end=end, version=since)
                )

    def test_every_flag_and_parameter_is_looked_at(self) -> None:
        """With a libvirt of nothing, everything is refused."""
        call = migration_call.MigrateCall(
            flags=frozenset(libvirt_abi.FLAGS),
            params=dict.fromkeys(libvirt_abi.PARAMETERS, 1),
        )
        self.assertEqual(
            len(libvirt_abi.FLAGS) + len(libvirt_abi.PARAMETERS),
            len(self._refusals(call, end='source', version='0.0.0')),
        )

    def test_names_that_libvirt_does_not_have(self) -> None:
        """A misspelt name is an error, also where no version is known."""
        expected: type[exception.NativeTLSError]
        for call, expected in (
            (_call('TSL'), exception.UnknownFlag),
            (_call('', {'tls.dest': 'x'}), exception.UnknownParameter),
        ):
            self.assertRaises(
                expected, version_rules.evaluate, call, versions.Context()
            )

    def test_an_unknown_libvirt_refuses_no_name(self) -> None:
        """libvirt itself will say so; nothing is guessed."""
        call = _call('TLS PARALLEL', {'tls.destination': 'host2'})
        found = version_rules.evaluate(call, versions.Context())
        self.assertEqual((), found.refusals)
