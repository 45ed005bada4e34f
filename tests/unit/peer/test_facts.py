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

"""Facts on their way to the other host, and what a peer may send."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import testtools

from nova_native_tls import exception
from nova_native_tls.migration import versions
from nova_native_tls.peer import facts
from tests.unit.peer import host_facts

HOST2 = host_facts.HOST2


class RoundTripTest(testtools.TestCase):
    """What one host writes the other reads."""

    def test_written_form(self) -> None:
        """The form that older releases write and read stays."""
        self.assertEqual(host_facts.WRITTEN, facts.dumps(HOST2))
        self.assertEqual(HOST2, facts.loads(host_facts.WRITTEN))

    def test_everything_unknown(self) -> None:
        """What a host does not know stays unknown."""
        for changes in (
            {'tls_name': None},
            {'certificate_names': ()},
            {'versions': versions.HostVersions()},
            {'versions': versions.HostVersions(qemu=versions.Version(8, 2))},
            {'guest_qemu': versions.Version(8, 2, 2)},
            {'guest_keeps_keys': True},
        ):
            sent = dataclasses.replace(HOST2, **changes)
            self.assertEqual(sent, facts.loads(facts.dumps(sent)))

    def test_one_line_of_ascii(self) -> None:
        """It passes anything that carries text."""
        text = facts.dumps(
            dataclasses.replace(HOST2, certificate_names=('hôst 2',))
        )
        self.assertTrue(text.isascii() and text.isprintable(), text)
        self.assertEqual(('hôst 2',), facts.loads(text).certificate_names)

    def test_greatest_facts(self) -> None:
        """As many and as long names as there may be are read again."""
        names = tuple(
            f'{n:03}' + 'x' * (facts.MAX_NAME_LENGTH - 3)
            for n in range(facts.MAX_NAMES)
        )
        sent = dataclasses.replace(
            HOST2,
            host=names[0],
            host_name=names[1],
            tls_name=names[2],
            certificate_names=names,
        )
        text = facts.dumps(sent)
        self.assertLess(len(text), facts.MAX_LENGTH)
        self.assertEqual(sent, facts.loads(text))

    def test_too_many_names_are_cut(self) -> None:
        """A certificate with more names does not stop a migration."""
        names = tuple(f'n{n}' for n in range(facts.MAX_NAMES + 1))
        sent = dataclasses.replace(HOST2, certificate_names=names)
        self.assertEqual(
            names[: facts.MAX_NAMES],
            facts.loads(facts.dumps(sent)).certificate_names,
        )

    def test_nothing_else_is_sent(self) -> None:
        """A new field is a decision: whoever adds one looks at this list."""
        self.assertEqual(
            {
                'format',
                'host',
                'host_name',
                'tls_name',
                'certificate_names',
                'libvirt',
                'qemu',
            },
            set(json.loads(facts.dumps(HOST2))),
        )

    def test_why_there_is_no_name(self) -> None:
        """The reason travels, on one line and not for ever."""
        problem = '/etc/pki/qemu/server-cert.pem: No such file or directory'
        undecided = dataclasses.replace(
            HOST2, tls_name=None, name_problem=problem
        )
        self.assertEqual(undecided, facts.loads(facts.dumps(undecided)))
        long = dataclasses.replace(HOST2, name_problem='a\nb\0' + 'x' * 9999)
        read = facts.loads(facts.dumps(long)).name_problem
        self.assertEqual('ab' + 'x' * 498, read)

    def test_a_reason_that_is_none(self) -> None:
        """Of every type that may come, only a sentence is taken."""
        for value in host_facts.ANYTHING:
            text = host_facts.written(name_problem=value)
            try:
                read = facts.loads(text).name_problem
            except exception.FactsUnreadable:
                continue
            self.assertTrue(read.isprintable(), repr(value))
            self.assertIn(value, (None, read))


class NewerPeerTest(testtools.TestCase):
    """A peer of a later release."""

    def test_more_is_said(self) -> None:
        """What is not understood is left aside, whatever it is."""
        for extra in host_facts.ANYTHING:
            self.assertEqual(
                HOST2, facts.loads(host_facts.written(new_in_release_9=extra))
            )

    def test_newer_format(self) -> None:
        """Another format is refused, both are named."""
        for other in (facts.FORMAT + 1, 0, -1, 2**64):
            err = self.assertRaises(
                exception.FactsUnreadable,
                facts.loads,
                host_facts.written(format=other),
            )
            self.assertIn(f'format {other},', str(err))
            self.assertIn(f'reads {facts.FORMAT}:', str(err))

    def test_newer_format_of_another_shape(self) -> None:
        """The format is looked at before anything else."""
        err = self.assertRaises(
            exception.FactsUnreadable, facts.loads, '{"format": 2}'
        )
        self.assertIn('upgrade', str(err))


class RefusedTest(testtools.TestCase):
    """What cannot be used is refused by the one error, in one line."""

    def _assert_refused(self, text: Any) -> str:
        err = self.assertRaises(exception.FactsUnreadable, facts.loads, text)
        self.assertNotIn('\n', str(err))
        self.assertLess(len(str(err)), 600)
        return str(err)

    def test_not_json(self) -> None:
        """Text of any other kind."""
        for text in (
            '',
            ' ',
            'null',
            'true',
            '1',
            '"host2"',
            '[]',
            '{',
            '{}',
            '{"format": 1',
            host_facts.WRITTEN + '}',
            host_facts.WRITTEN[:-1],
            host_facts.WRITTEN.replace('"', "'"),
            host_facts.WRITTEN.replace('9.0.0', '9\n0'),
            '\ufeff' + host_facts.WRITTEN,
            '\x00',
            '\ud800',
            '<facts/>',
        ):
            self._assert_refused(text)

    def test_bytes(self) -> None:
        """What no decoder can read is no facts either."""
        for text in (b'', b'\xff\xfe\xfd', b'\x00\x00', b'{"format": 2}'):
            self._assert_refused(text)

    def test_missing_parts(self) -> None:
        """A part without which nothing can be decided is named."""
        for name in ('format', 'host', 'host_name', 'certificate_names'):
            self.assertIn(name, self._assert_refused(host_facts.without(name)))

    def test_parts_that_may_be_missing(self) -> None:
        """What is not known need not be said."""
        for name in ('tls_name', 'libvirt', 'qemu'):
            facts.loads(host_facts.without(name))

    def test_wrong_types(self) -> None:
        """Each part with every kind of value but its own."""
        good: dict[str, tuple[type, ...]] = {
            'host': (str,),
            'host_name': (str,),
            'tls_name': (str, type(None)),
            'certificate_names': (list,),
            'libvirt': (str, type(None)),
            'qemu': (str, type(None)),
        }
        for name, kinds in good.items():
            for value in host_facts.ANYTHING:
                if type(value) not in kinds:
                    self._assert_refused(host_facts.written(**{name: value}))
        for value in host_facts.ANYTHING:
            if type(value) is not int:
                self._assert_refused(host_facts.written(format=value))

    def test_what_is_no_name(self) -> None:
        """Empty, too long, or with characters that nobody sees."""
        for name in (
            '',
            'x' * (facts.MAX_NAME_LENGTH + 1),
            'a\nb',
            'a\rb',
            '\x00',
            '\x1b[31m',
            '\u202e',
            '\ud800',
        ):
            for field in ('host', 'host_name', 'tls_name'):
                message = self._assert_refused(
                    host_facts.written(**{field: name})
                )
                self.assertIn(field, message)
            self._assert_refused(
                host_facts.written(certificate_names=['host2', name])
            )

    def test_lists_of_something_else(self) -> None:
        """Certificate names are strings, all of them."""
        values: tuple[Any, ...] = (None, 1, True, 1.5, [], {}, ['host2'])
        for value in values:
            self._assert_refused(
                host_facts.written(certificate_names=['host2', value])
            )

    def test_what_is_no_version(self) -> None:
        """Numbers with dots, and nothing else."""
        for text in (
            '',
            '9',
            '9.0.0.0',
            '9.0-1',
            'v9.0',
            '1000.0',
            '\u0969.\u0966',
        ):
            for field in ('libvirt', 'qemu'):
                self._assert_refused(host_facts.written(**{field: text}))


class BoundsTest(testtools.TestCase):
    """Exactly at the limits, and one beyond."""

    def _assert_bound(self, within: str, beyond: str) -> str:
        facts.loads(within)
        return str(
            self.assertRaises(exception.FactsUnreadable, facts.loads, beyond)
        )

    def test_length(self) -> None:
        """The length is looked at before anything is read."""
        room = facts.MAX_LENGTH - len(host_facts.WRITTEN)
        within = host_facts.WRITTEN + ' ' * room
        message = self._assert_bound(within, within + ' ')
        self.assertIn(str(facts.MAX_LENGTH + 1), message)
        self.assertIn(str(facts.MAX_LENGTH), message)
        self.assertIn(
            str(10**7),
            str(
                self.assertRaises(
                    exception.FactsUnreadable, facts.loads, '[' * 10**7
                )
            ),
        )

    def test_length_of_a_name(self) -> None:
        """Of each name by itself."""
        for field in ('host', 'host_name', 'tls_name'):
            self._assert_bound(
                *(
                    host_facts.written(**{field: 'x' * length})
                    for length in (
                        facts.MAX_NAME_LENGTH,
                        facts.MAX_NAME_LENGTH + 1,
                    )
                )
            )

    def test_number_of_names(self) -> None:
        """A peer that sends more does not keep to its own limit."""
        message = self._assert_bound(
            *(
                host_facts.written(certificate_names=['x'] * number)
                for number in (facts.MAX_NAMES, facts.MAX_NAMES + 1)
            )
        )
        self.assertIn(str(facts.MAX_NAMES), message)

    def test_deep_nesting(self) -> None:
        """Within the length, as deep as it goes, anywhere."""
        for opening, closing in (('[', ']'), ('{"a":', '}')):
            depth = facts.MAX_LENGTH // 2 // len(opening)
            deep = opening * depth + '1' + closing * depth
            for text in (
                deep[: facts.MAX_LENGTH],
                opening * (facts.MAX_LENGTH // len(opening)),
                host_facts.WRITTEN.replace('"compute2"', deep[:60_000]),
            ):
                self.assertRaises(exception.FactsUnreadable, facts.loads, text)

    def test_long_number(self) -> None:
        """A number of more digits than Python reads."""
        self.assertRaises(
            exception.FactsUnreadable,
            facts.loads,
            '{"format": ' + '1' * 60_000 + '}',
        )
