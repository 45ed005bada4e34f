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

"""Could guests come to this host, and leave it?"""

from __future__ import annotations

from oslo_upgradecheck import upgradecheck

from nova_native_tls.upgrade import answer
from nova_native_tls.upgrade import compute_host

#: What other checks of an upgrade say.
ELSEWHERE = (
    'options.',
    'versions.',
    'known-issue.',
    'known-issues.',
    'upgrade.',
)


def check(host: compute_host.ComputeHost) -> upgradecheck.Result:
    """Say what ``nova-native-tls host check`` says.

    :raises NativeTLSError: the options or the pre-checks are unusable.
    """
    return answer.of_findings(
        each
        for each in host.report.findings
        if not each.code.startswith(ELSEWHERE)
    )
