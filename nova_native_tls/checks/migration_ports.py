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

"""Are there ports for migrations to arrive at?"""

from __future__ import annotations

from collections.abc import Iterator

from nova_native_tls._i18n import _
from nova_native_tls.checks import host_check
from nova_native_tls.host import unseen

#: One for memory, one for disks that are copied.
NEEDED = 2


class MigrationPortsCheck(host_check.HostCheck):
    """Looks at the range of qemu.conf; says nothing about firewalls."""

    stages = host_check.AS_DESTINATION

    def judge(self, host: host_check.Host) -> Iterator[host_check.Finding]:
        """Refuse a range in which somebody listens on every port."""
        conf, listeners = host.seen.conf, host.seen.listeners
        for looked in (conf, listeners):
            if isinstance(looked, unseen.Unseen):
                yield host.unseen('ports.not-looked-at', looked, matters=False)
                return
        assert not isinstance(conf, unseen.Unseen)
        assert not isinstance(listeners, unseen.Unseen)
        ports = range(conf.port_min, conf.port_max + 1)
        taken = {each.port for each in listeners if each.port in ports}
        free = len(ports) - len(taken)
        seen = _('%(free)d of the ports %(low)d to %(high)d are free') % {
            'free': free,
            'low': conf.port_min,
            'high': conf.port_max,
        }
        remedy = _(
            'widen the range with migration_port_min and migration_port_max '
            'in /etc/libvirt/qemu.conf, then %s'
        )
        if free >= NEEDED:
            yield host.success('ports.free', seen)
        else:
            say = host.warning if free else host.failure
            yield say(
                'ports.taken',
                seen,
                wanted=_('two for each migration at a time'),
                remedy=remedy % host.restart,
            )
