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
from typing import Any

from cliff import lister

from nova_native_tls.checks import result
from nova_native_tls.cmd import finding_rows
from nova_native_tls.cmd import one_line_errors

COLUMNS = ('status', 'code', 'subject', 'detail', 'remedy')


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
        rows = [
            (
                finding_rows.status_word(each.status),
                each.code,
                each.subject,
                each.detail,
                each.remedy,
            )
            for each in sorted(report.findings, key=lambda f: -f.status)
        ]
        return COLUMNS, rows

    def report(self, parsed_args: argparse.Namespace) -> result.CheckReport:
        """Do the work."""
        raise NotImplementedError
