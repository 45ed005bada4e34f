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

"""``nova-native-tls evidence list``: which migrations are recorded."""

from __future__ import annotations

import argparse
import datetime
from typing import Any

from cliff import lister

from nova_native_tls._i18n import _
from nova_native_tls.cmd import evidence_arguments
from nova_native_tls.cmd import one_line_errors
from nova_native_tls.evidence import record

COLUMNS = (
    *('number', 'began', 'uuid', 'name', 'source', 'destination', 'mode'),
    *('encryption', 'rule', 'result', 'duration_s'),
)


class EvidenceList(one_line_errors.OneLineErrors, lister.Lister):
    """List the live migrations that this host was the source of.

    number is what "evidence show" takes. mode is what libvirt was asked for,
    encryption what the policy wanted, and rule whose word that was. Whether
    the records are those that were written is for "evidence verify" to say.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        evidence_arguments.add(parser)
        parser.add_argument(
            '--vm',
            metavar='VM',
            help=_('only of this instance: its UUID or name, or libvirt\'s'),
        )
        for name, explanation in (
            ('--since', _('only what began then or later')),
            ('--until', _('only what began before then')),
        ):
            parser.add_argument(
                name,
                metavar='TIME',
                type=_time,
                help=_(
                    '%s, such as 2026-11-21 or 2026-11-21T22:05:00Z; UTC '
                    'unless it says another time zone'
                )
                % explanation,
            )
        parser.add_argument(
            '--result',
            choices=[each.value for each in record.Result],
            help=_('only those that ended so'),
        )
        parser.add_argument(
            '--mode',
            choices=['tls', 'tunnelled', 'plaintext'],
            help=_('only those for which libvirt was asked so'),
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """Return the columns and rows."""
        return COLUMNS, [
            _row(each)
            for each in evidence_arguments.records(self, parsed_args)
            if _is_wanted(each.record, parsed_args)
        ]


def _row(each: evidence_arguments.Recorded) -> tuple[object, ...]:
    one = each.record
    return (
        each.anchor.number,
        one.began.isoformat(timespec='seconds'),
        one.uuid,
        one.name,
        one.source,
        one.destination,
        one.mode,
        one.encryption,
        one.rule,
        one.result,
        one.duration_s,
    )


def _is_wanted(one: record.Record, parsed_args: argparse.Namespace) -> bool:
    since, until = parsed_args.since, parsed_args.until
    return (
        parsed_args.vm in (None, one.uuid, one.name, one.guest)
        and parsed_args.result in (None, one.result)
        and parsed_args.mode in (None, one.mode)
        and (since is None or one.began >= since)
        and (until is None or one.began < until)
    )


def _time(text: str) -> datetime.datetime:
    try:
        read = datetime.datetime.fromisoformat(text)
    except ValueError as err:
        raise argparse.ArgumentTypeError(_('"%s" is no time') % text) from err
    return read if read.tzinfo else read.replace(tzinfo=datetime.UTC)
