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

"""How findings become a result of oslo.upgradecheck."""

from __future__ import annotations

from collections.abc import Iterable

from oslo_upgradecheck import upgradecheck

from nova_native_tls.checks import result

CODES = {
    result.Status.SUCCESS: upgradecheck.Code.SUCCESS,
    result.Status.WARNING: upgradecheck.Code.WARNING,
    result.Status.FAILURE: upgradecheck.Code.FAILURE,
}


def of_findings(findings: Iterable[result.Finding]) -> upgradecheck.Result:
    """Tell all that is wrong, the worst first, one line each.

    Where nothing is wrong, what was found is told; where nothing was found
    at all, that is a failure.
    """
    report = result.CheckReport(findings=tuple(dict.fromkeys(findings)))
    told = [each for each in report.findings if each.status]
    told = sorted(told, key=lambda each: -each.status)
    lines = [
        f'{each.code}: {each.sentence()}' for each in told or report.findings
    ]
    return upgradecheck.Result(CODES[report.status], '\n'.join(lines))
