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

"""Is this host's clock right? Certificates are valid by the clock."""

from __future__ import annotations

from collections.abc import Iterator

from nova_native_tls._i18n import _
from nova_native_tls.checks import host_check
from nova_native_tls.host import unseen


class ClockCheck(host_check.HostCheck):
    """Asks the kernel if anybody keeps its clock right."""

    def judge(self, host: host_check.Host) -> Iterator[host_check.Finding]:
        """Warn of a clock that nobody sets."""
        clock = host.seen.clock
        if isinstance(clock, unseen.Unseen):
            yield host.unseen('clock.not-looked-at', clock, matters=False)
        elif not clock.synchronised:
            yield host.warning(
                'clock.unsynchronised',
                _('the kernel says that nobody keeps its clock right'),
                wanted=_('a clock as on the other hosts'),
                remedy=_(
                    'run chrony (with rtcsync, or the kernel is not told) or '
                    'systemd-timesyncd, and look at "timedatectl"'
                ),
            )
        else:
            yield host.success(
                'clock.synchronised',
                _('its clock is kept right, within %.3f seconds')
                % clock.maximum_error_s,
            )
