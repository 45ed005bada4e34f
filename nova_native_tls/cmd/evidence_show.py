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

"""``nova-native-tls evidence show``: all that is recorded of one migration."""

from __future__ import annotations

import argparse
from typing import Any

from cliff import columns

from nova_native_tls._i18n import _
from nova_native_tls.cmd import display
from nova_native_tls.cmd import evidence_arguments
from nova_native_tls.cmd import show_result
from nova_native_tls.evidence import record
from nova_native_tls import exception

_LISTS = ('notes', 'flags', 'changes')
_IDENTITIES = ('source_identity', 'destination_identity')


class NoSuchRecord(exception.NativeTLSError):
    msg_fmt = _(
        'There is no record %(number)d: "nova-native-tls evidence list" says '
        'which there are'
    )


class Identity(columns.FormattableColumn[dict[str, Any]]):
    """Certificates: what matters of each, one a line, for people."""

    def human_readable(self) -> str:
        return '\n'.join(
            f'{name}: '
            + (
                _(
                    '%(subject)s, serial %(serial)s, until %(not_after)s, '
                    'SHA-256 %(sha256)s'
                )
                % one
                if one
                else '-'
            )
            for name, one in self._value.items()
        )


class EvidenceShow(show_result.ShowResult):
    """Show what is recorded of one live migration.

    mode, flags and params are what libvirt was asked for; the certificates
    are those that both hosts said their QEMU shows. anchor is what
    "evidence verify --expect" takes.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            'number',
            metavar='NUMBER',
            type=int,
            help=_('of the record, as "evidence list" says it'),
        )
        evidence_arguments.add(parser)
        return parser

    def result(self, parsed_args: argparse.Namespace) -> dict[str, object]:
        """Find the record."""
        found = [
            each
            for each in evidence_arguments.records(self, parsed_args)
            if each.anchor.number == parsed_args.number
        ]
        if not found:
            raise NoSuchRecord(number=parsed_args.number)
        if len(found) > 1 or found[0].is_edited:
            self.warn(_('this record is not as it was written'))
        fields = record.to_fields(found[0].record)
        return {
            'anchor': found[0].anchor.long(),
            **{name: _shown(name, value) for name, value in fields.items()},
        }


def _shown(name: str, value: Any) -> object:
    if name in _LISTS:
        return display.Lines(value)
    if name in _IDENTITIES:
        return Identity(value)
    return display.Pairs(value) if name == 'params' else value
