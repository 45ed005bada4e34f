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

"""Every exclusion: a call that it forbids, and the nearest that it does not.

A rule without such a pair fails ``test_every_rule_has_its_cases``.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import testtools

from nova_native_tls import conf as options
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import exclusions

_OPTION = re.compile(r'\blive_migration_\w+')


def _call(
    flags: str, params: dict[str, Any] | None = None
) -> migration_call.MigrateCall:
    return migration_call.MigrateCall(
        flags=frozenset(flags.split()), params=params or {}
    )


@dataclasses.dataclass(frozen=True)
class Cases:
    """Calls that one rule alone forbids, and near ones that none does."""

    forbidden: tuple[migration_call.MigrateCall, ...]
    allowed: tuple[migration_call.MigrateCall, ...]


def _no_address(param: str, value: object) -> Cases:
    return Cases(
        (_call('TUNNELLED PEER2PEER', {param: value}),),
        (
            _call('PEER2PEER', {param: value}),
            _call('TUNNELLED PEER2PEER'),
            _call('TUNNELLED PEER2PEER', {'bandwidth': 1}),
        ),
    )


CASES: dict[str, Cases] = {
    'tls-offline': Cases(
        (_call('TLS OFFLINE'),), (_call('TLS'), _call('OFFLINE'))
    ),
    'tls-rdma': Cases(
        (
            _call('TLS', {'migrate_uri': 'rdma://host2'}),
            _call('TLS', {'migrate_uri': 'rdma:host2:49152'}),
        ),
        (
            _call('', {'migrate_uri': 'rdma://host2'}),
            _call('TLS', {'migrate_uri': 'tcp://rdma'}),
            _call('TLS', {'disks_uri': 'rdma://host2'}),
            _call('TLS'),
            # Whether a URI can be used at all is looked at elsewhere.
            _call('TLS', {'migrate_uri': 'rdma'}),
            _call('TLS', {'migrate_uri': ('rdma://host2',)}),
        ),
    ),
    'tls-unix-without-name': Cases(
        (_call('TLS', {'migrate_uri': 'unix:///run/socket'}),),
        (
            _call('', {'migrate_uri': 'unix:///run/socket'}),
            _call('TLS', {'migrate_uri': 'tcp://host2'}),
            _call(
                'TLS',
                {
                    'migrate_uri': 'unix:///run/socket',
                    'tls.destination': 'host2',
                },
            ),
        ),
    ),
    'tls-disks-over-unix': Cases(
        (
            _call('TLS NON_SHARED_DISK', {'disks_uri': 'unix:///run/socket'}),
            _call('TLS NON_SHARED_INC', {'disks_uri': 'unix:///run/socket'}),
        ),
        (
            _call('NON_SHARED_INC', {'disks_uri': 'unix:///run/socket'}),
            _call('TLS', {'disks_uri': 'unix:///run/socket'}),
            _call('TLS NON_SHARED_INC', {'disks_uri': 'tcp://host2'}),
            _call('TLS NON_SHARED_INC'),
        ),
    ),
    'tunnelled-not-peer-to-peer': Cases(
        (_call('TUNNELLED'),), (_call('TUNNELLED PEER2PEER'), _call(''))
    ),
    'tunnelled-parallel': Cases(
        (_call('TUNNELLED PEER2PEER PARALLEL'),),
        (_call('TUNNELLED PEER2PEER'), _call('PEER2PEER PARALLEL')),
    ),
    'tunnelled-disks': Cases(
        (
            _call('TUNNELLED PEER2PEER NON_SHARED_DISK'),
            _call('TUNNELLED PEER2PEER NON_SHARED_INC'),
        ),
        (
            _call('TUNNELLED PEER2PEER'),
            _call('PEER2PEER NON_SHARED_DISK'),
            _call('PEER2PEER NON_SHARED_INC'),
        ),
    ),
    'tunnelled-post-copy': Cases(
        (_call('TUNNELLED PEER2PEER LIVE POSTCOPY'),),
        (_call('TUNNELLED PEER2PEER LIVE'), _call('PEER2PEER LIVE POSTCOPY')),
    ),
    'tunnelled-migrate_uri': _no_address('migrate_uri', 'tcp://host2'),
    'tunnelled-listen_address': _no_address('listen_address', '::'),
    'tunnelled-disks_port': _no_address('disks_port', 49153),
    'tunnelled-disks_uri': _no_address('disks_uri', 'tcp://host2'),
    'two-kinds-of-disk-copy': Cases(
        (_call('NON_SHARED_DISK NON_SHARED_INC'),),
        (_call('NON_SHARED_DISK'), _call('NON_SHARED_INC')),
    ),
    'synchronous-writes-without-disks': Cases(
        (_call('NON_SHARED_SYNCHRONOUS_WRITES'),),
        (
            _call('NON_SHARED_SYNCHRONOUS_WRITES NON_SHARED_DISK'),
            _call('NON_SHARED_SYNCHRONOUS_WRITES NON_SHARED_INC'),
            _call(''),
        ),
    ),
    'post-copy-not-live': Cases(
        (_call('POSTCOPY'),), (_call('POSTCOPY LIVE'), _call(''))
    ),
    'post-copy-paused': Cases(
        (_call('POSTCOPY LIVE PAUSED'),),
        (_call('POSTCOPY LIVE'), _call('LIVE PAUSED')),
    ),
    'resume-without-post-copy': Cases(
        (_call('POSTCOPY_RESUME PEER2PEER'),),
        (_call('POSTCOPY_RESUME PEER2PEER POSTCOPY LIVE'), _call('')),
    ),
    'resume-without-protection': Cases(
        (_call('POSTCOPY_RESUME POSTCOPY LIVE'),),
        (
            _call('POSTCOPY_RESUME POSTCOPY LIVE CHANGE_PROTECTION'),
            _call('POSTCOPY_RESUME POSTCOPY LIVE PEER2PEER'),
            _call('POSTCOPY LIVE'),
        ),
    ),
    'zerocopy-not-parallel': Cases(
        (_call('ZEROCOPY'),), (_call('ZEROCOPY PARALLEL'), _call(''))
    ),
    'connections-not-parallel': Cases(
        (_call('', {'parallel.connections': 2}),),
        (
            _call('PARALLEL', {'parallel.connections': 2}),
            _call('PARALLEL'),
            _call(''),
        ),
    ),
    'connections-out-of-range': Cases(
        tuple(
            _call('PARALLEL', {'parallel.connections': count})
            for count in (-1, 0, 256)
        ),
        tuple(
            _call('PARALLEL', {'parallel.connections': count})
            for count in (1, 2, 255)
        )
        + (_call('PARALLEL'),),
    ),
    'compression-not-for-parallel': Cases(
        (
            _call('PARALLEL', {'compression': 'mt'}),
            _call('PARALLEL', {'compression': 'xbzrle'}),
        ),
        (
            _call('', {'compression': 'mt'}),
            _call('', {'compression': 'xbzrle'}),
            _call('PARALLEL', {'compression': 'zlib'}),
            _call('PARALLEL'),
        ),
    ),
    'compression-only-for-parallel': Cases(
        (
            _call('', {'compression': 'zlib'}),
            _call('', {'compression': 'zstd'}),
        ),
        (
            _call('PARALLEL', {'compression': 'zlib'}),
            _call('PARALLEL', {'compression': 'zstd'}),
            _call('', {'compression': 'xbzrle'}),
            _call(''),
        ),
    ),
    'compression-method-missing': Cases(
        (_call('COMPRESSED PARALLEL'),),
        (
            _call('COMPRESSED PARALLEL', {'compression': 'zlib'}),
            _call('COMPRESSED'),
            _call('PARALLEL'),
        ),
    ),
}

#: What Nova itself asks for, and must be let through.
ALLOWED_TOGETHER = (
    'LIVE PEER2PEER UNDEFINE_SOURCE PERSIST_DEST TLS',
    'LIVE PEER2PEER TLS PARALLEL',
    'LIVE PEER2PEER TLS POSTCOPY',
    'LIVE PEER2PEER TLS NON_SHARED_INC',
    'LIVE PEER2PEER TLS AUTO_CONVERGE',
    'LIVE TLS PARALLEL NON_SHARED_DISK POSTCOPY',
)


def _ids(call: migration_call.MigrateCall, **request: Any) -> list[str]:
    return [
        refusal.id
        for refusal in exclusions.refusals(
            call, migration_call.MigrationRequest(**request)
        )
    ]


class ExclusionsTest(testtools.TestCase):
    """The table of rules against the table of cases."""

    def test_every_rule_has_its_cases(self) -> None:
        """No rule comes or goes without its pair of cases."""
        ids = [rule.id for rule in exclusions.EXCLUSIONS]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual(set(ids), set(CASES))
        for rule_id, cases in CASES.items():
            self.assertNotEqual((), cases.forbidden, rule_id)
            self.assertNotEqual((), cases.allowed, rule_id)

    def test_forbidden(self) -> None:
        """Each rule forbids its calls, and no other rule has a say."""
        for rule_id, cases in CASES.items():
            for call in cases.forbidden:
                self.assertEqual([rule_id], _ids(call), str(call))

    def test_allowed(self) -> None:
        """What differs in one point only is not forbidden by anything."""
        for rule_id, cases in CASES.items():
            for call in cases.allowed:
                self.assertEqual([], _ids(call), f'{rule_id}: {call}')

    def test_what_belongs_together_is_allowed(self) -> None:
        """TLS goes with parallel, post-copy, disks and auto-converge."""
        for flags in ALLOWED_TOGETHER:
            self.assertEqual(
                [], _ids(_call(flags, {'tls.destination': 'host2'})), flags
            )

    def test_every_reason_is_given(self) -> None:
        """Who breaks several rules is told all of them at once."""
        call = _call(
            'TLS TUNNELLED PARALLEL POSTCOPY',
            {'migrate_uri': 'rdma://host2', 'parallel.connections': 300},
        )
        self.assertEqual(
            {
                'tls-rdma',
                'tunnelled-not-peer-to-peer',
                'tunnelled-parallel',
                'tunnelled-post-copy',
                'tunnelled-migrate_uri',
                'post-copy-not-live',
                'connections-out-of-range',
            },
            set(_ids(call)),
        )


class DisksLeftBehindTest(testtools.TestCase):
    """Disks that were asked for and would not be copied."""

    def test_refused(self) -> None:
        """A guest must not arrive at an empty disk."""
        self.assertEqual(
            ['disks-left-behind'],
            _ids(_call('TUNNELLED PEER2PEER'), block=True, disks=('vda',)),
        )

    def test_not_refused(self) -> None:
        """Copied, not asked for, none there, or not known yet."""
        for flags, block, disks in (
            ('NON_SHARED_INC', True, ('vda',)),
            ('NON_SHARED_DISK', True, ('vda',)),
            ('', False, ('vda',)),
            ('', True, ()),
            ('', True, None),
        ):
            self.assertEqual([], _ids(_call(flags), block=block, disks=disks))


class ReasonTest(testtools.TestCase):
    """What an operator reads."""

    def test_every_reason_says_what_to_do(self) -> None:
        """Each is one sentence: what is wrong, a colon, what to change."""
        for rule in exclusions.EXCLUSIONS:
            why, colon, what = rule.reason.partition(': ')
            self.assertNotEqual('', why, rule.id)
            self.assertNotEqual('', colon and what, rule.id)
            self.assertNotIn('\n', rule.reason, rule.id)
            self.assertFalse(rule.reason.endswith('.'), rule.id)

    def test_the_value_at_fault_is_named(self) -> None:
        """A rule about a value says which one it met."""
        about = {
            rule.id: rule.parameter
            for rule in exclusions.EXCLUSIONS
            if rule.parameter is not None
        }
        self.assertEqual(
            {
                'tls-rdma': 'migrate_uri',
                'tls-unix-without-name': 'migrate_uri',
                'tls-disks-over-unix': 'disks_uri',
                'connections-out-of-range': 'parallel.connections',
                'compression-not-for-parallel': 'compression',
                'compression-only-for-parallel': 'compression',
            },
            about,
        )
        for rule_id, parameter in about.items():
            for call in CASES[rule_id].forbidden:
                (refusal,) = exclusions.refusals(
                    call, migration_call.MigrationRequest()
                )
                self.assertTrue(
                    refusal.reason.startswith(
                        f'{parameter} is {call.params[parameter]}: '
                    ),
                    refusal.reason,
                )

    def test_every_option_that_is_named_exists(self) -> None:
        """Nobody is sent to look for an option that there is not."""
        known = {opt.name for opt in options.list_libvirt_opts()[0][1]}
        named = {
            name
            for rule in exclusions.EXCLUSIONS
            for name in _OPTION.findall(rule.reason)
        }
        self.assertNotEqual(set(), named)
        self.assertEqual(set(), named - known)

    def test_what_libvirt_itself_misses(self) -> None:
        """The rules that libvirt lacks are known as such."""
        by_id = {rule.id: rule for rule in exclusions.EXCLUSIONS}
        for rule_id, who in (
            ('tls-offline', exclusions.RefusedBy.NOBODY),
            ('tls-rdma', exclusions.RefusedBy.QEMU),
            ('tunnelled-parallel', exclusions.RefusedBy.LIBVIRT),
        ):
            self.assertIs(who, by_id[rule_id].refused_by)
