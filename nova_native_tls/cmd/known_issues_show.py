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


"""``nova-native-tls known-issues show``: all that is known of one of them."""

from __future__ import annotations

import argparse

from nova_native_tls._i18n import _
from nova_native_tls.cmd import display
from nova_native_tls.cmd import show_result
from nova_native_tls import exception
from nova_native_tls.migration.known_issues import table


class UnknownIssue(exception.NativeTLSError):
    msg_fmt = _(
        'There is no known issue %(id)s: see "nova-native-tls known-issues '
        'list"'
    )


class KnownIssuesShow(show_result.ShowResult):
    """Show one known issue: where it is, what it does, what to do."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument('id', metavar='ID', help=_('as the list has it'))
        return parser

    def result(self, parsed_args: argparse.Namespace) -> dict[str, object]:
        """Look it up."""
        for known in table.ISSUES:
            if known.id == parsed_args.id:
                break
        else:
            raise UnknownIssue(id=parsed_args.id)
        return {
            'id': known.id,
            'title': known.title,
            'releases': display.Lines([str(each) for each in known.affected]),
            'releases_from': known.releases_from,
            'when': known.when,
            'effect': known.effect,
            'action': known.kind.value,
            'changes': display.Lines(
                [f'{each.action} {each.subject}' for each in known.changes]
            ),
            'if_release_unknown': known.if_unknown.value,
            'rule': known.handled_in or 'migration/known_issues/rules.py',
            'remedy': known.remedy,
            'may_be_ignored': known.may_be_ignored,
            'references': display.Lines(list(known.references)),
        }
