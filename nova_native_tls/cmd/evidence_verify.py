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

"""``nova-native-tls evidence verify``: are the records those written?"""

from __future__ import annotations

import argparse

from nova_native_tls._i18n import _
from nova_native_tls.cmd import display
from nova_native_tls.cmd import evidence_arguments
from nova_native_tls.cmd import exit_status
from nova_native_tls.cmd import show_result
from nova_native_tls.evidence import chain
from nova_native_tls.evidence import journal
from nova_native_tls.evidence import verification


class EvidenceVerify(show_result.ShowResult):
    """Find lines that were edited, moved or removed since they were written.

    problems are such lines, each with the reason (exit status 2); notices are
    what a crash has done, or what cannot be compared (exit status 1).
    Entries that are missing at the very end, and evidence that was written
    anew, show only with --expect: keep the anchor of the last entry, or that
    of any later one in the log, somewhere else.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        evidence_arguments.add(parser)
        parser.add_argument(
            '--expect',
            metavar='ANCHOR',
            action='append',
            default=[],
            help=_(
                'an entry that there must be: [NUMBER:]HASH, as in the log, '
                'the notification and the event of its migration; may be '
                'given several times'
            ),
        )
        return parser

    def result(self, parsed_args: argparse.Namespace) -> dict[str, object]:
        """Verify all of it."""
        expected = [chain.Anchor.parse(text) for text in parsed_args.expect]
        path = evidence_arguments.path(parsed_args)
        verdict = verification.verify(journal.read(path), expected)
        if verdict.problems:
            self.status = exit_status.ExitStatus.FAILURE
        elif verdict.notices:
            self.status = exit_status.ExitStatus.WARNING
        return {
            'file': path,
            'entries': verdict.entries,
            'first': _long(verdict.first),
            'last': _long(verdict.last),
            'problems': display.Lines([str(p) for p in verdict.problems]),
            'notices': display.Lines([str(p) for p in verdict.notices]),
        }


def _long(anchor: chain.Anchor | None) -> str | None:
    return None if anchor is None else anchor.long()
