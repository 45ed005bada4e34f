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

"""How findings look: lines for people, plain structures for programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cliff import columns

from nova_native_tls._i18n import _
from nova_native_tls.checks import result
from nova_native_tls.cmd import exit_status
from nova_native_tls.pki import finding as pki_finding
from nova_native_tls import severity

EXIT_STATUS = {
    result.Status.SUCCESS: exit_status.ExitStatus.SUCCESS,
    result.Status.WARNING: exit_status.ExitStatus.WARNING,
    result.Status.FAILURE: exit_status.ExitStatus.FAILURE,
}


class Findings(columns.FormattableColumn[list[dict[str, Any]]]):
    """Findings: a few words each for people, the worst first."""

    def human_readable(self) -> str:
        return '\n'.join(
            _line(each)
            for each in sorted(
                self._value,
                key=lambda each: -severity.Status[each['status'].upper()],
            )
        )


def status_word(status: result.Status) -> str:
    """Write a status as programs are given it."""
    return status.name.lower()


def of_checks(findings: Iterable[result.Finding]) -> Findings:
    """Show what was found on hosts."""
    return Findings(
        [
            {
                'code': each.code,
                'status': status_word(each.status),
                'subject': each.subject,
                'seen': each.detail,
                'wanted': each.wanted,
                'remedy': each.remedy,
                'stricter': each.stricter,
            }
            for each in findings
        ]
    )


def of_verdict(findings: Iterable[pki_finding.Finding]) -> Findings:
    """Show what was found in files."""
    return Findings(
        [
            {
                'code': each.code,
                'status': status_word(each.status),
                'subject': f'{each.side} {each.file}'.strip(),
                'side': each.side.value,
                'file': each.file,
                'seen': each.seen,
                'wanted': each.wanted,
                'remedy': each.remedy,
                'sentence': each.sentence,
                'stricter': each.stricter,
            }
            for each in findings
        ]
    )


def _line(finding: dict[str, Any]) -> str:
    parts = [f'{finding["subject"]}: {finding["seen"]}']
    if finding['wanted']:
        parts.append(_('wanted: %s') % finding['wanted'])
    if finding['remedy']:
        parts.append(finding['remedy'])
    stricter = _(' (stricter than QEMU)') if finding['stricter'] else ''
    return (
        f'{finding["status"].upper()} {finding["code"]}{stricter}\n  '
        + '\n  '.join(parts)
    )
