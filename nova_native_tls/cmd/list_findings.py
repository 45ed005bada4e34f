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

"""Base of the commands that list what checks have found."""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any

from cliff import lister

from nova_native_tls._i18n import _
from nova_native_tls.checks import result
from nova_native_tls.cmd import finding_rows
from nova_native_tls.cmd import one_line_errors

COLUMNS = (
    'status',
    'code',
    'subject',
    'detail',
    'wanted',
    'remedy',
    'stricter',
)
#: Seven are too many for a terminal: ``detail`` says the others' words.
OF_TABLES = ('status', 'code', 'subject', 'detail', 'remedy')


class ListFindings(one_line_errors.OneLineErrors, lister.Lister):
    """Lists findings, the worst first; the worst one is the exit status."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Make a parser; sentences are long, so tables fit the terminal."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.set_defaults(fit_width=True)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """Return the columns and rows of what was found."""
        report = self.report(parsed_args)
        self.status = finding_rows.EXIT_STATUS[report.status]
        is_table = parsed_args.formatter == 'table' and not parsed_args.columns
        columns = OF_TABLES if is_table else COLUMNS
        rows = []
        for each in sorted(report.findings, key=lambda f: -f.status):
            row = {
                **dataclasses.asdict(each),
                'status': finding_rows.status_word(each.status),
            }
            if is_table:
                row['detail'] = _in_words(each)
            rows.append(tuple(row[column] for column in columns))
        return columns, rows

    def report(self, parsed_args: argparse.Namespace) -> result.CheckReport:
        """Do the work."""
        raise NotImplementedError


def _in_words(finding: result.Finding) -> str:
    words = finding.detail
    if finding.wanted:
        words += _('; wanted: %s') % finding.wanted
    return words + (_(' (stricter than QEMU)') if finding.stricter else '')
