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


"""``nova-native-tls known-issues list``: which defects are stayed clear of."""

from __future__ import annotations

import argparse
from typing import Any

from cliff import lister

from nova_native_tls._i18n import _
from nova_native_tls.cmd import one_line_errors
from nova_native_tls.migration.known_issues import issue
from nova_native_tls.migration.known_issues import table
from nova_native_tls.migration import releases
from nova_native_tls.migration import versions

COLUMNS = ('id', 'title', 'releases', 'when', 'action')


class KnownIssuesList(one_line_errors.OneLineErrors, lister.Lister):
    """List the known issues of libvirt, QEMU and GnuTLS.

    With a release or several, only those that hosts with them may meet.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.set_defaults(fit_width=True)
        for component in releases.Component:
            parser.add_argument(
                f'--{component.name.lower()}-version',
                metavar='VERSION',
                help=_('release of %s at either end, for example 10.0.0')
                % component.value,
            )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """Return the columns and a row of each."""
        asked = {
            component: versions.Version.parse(text)
            for component in releases.Component
            if (
                text := getattr(
                    parsed_args, f'{component.name}_version'.lower()
                )
            )
        }
        return COLUMNS, [
            (
                known.id,
                known.title,
                '; '.join(str(each) for each in known.affected) or _('all'),
                known.when,
                known.kind.value,
            )
            for known in table.ISSUES
            if _concerns(known, asked)
        ]


def _concerns(
    known: issue.KnownIssue, asked: dict[releases.Component, versions.Version]
) -> bool:
    """Tell whether a host with these releases may be one of the two ends."""
    named = [each for each in known.affected if each.component in asked]
    if not named or not known.affected:
        return not asked or not known.affected
    return any(each.include(asked[each.component]) for each in named)
