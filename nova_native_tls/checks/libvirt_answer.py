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

"""Does libvirt on this host answer?"""

from __future__ import annotations

from collections.abc import Iterator

from nova_native_tls._i18n import _
from nova_native_tls.checks import host_check
from nova_native_tls.host import unseen


class LibvirtAnswerCheck(host_check.HostCheck):
    """Without it no guest comes or goes."""

    def judge(self, host: host_check.Host) -> Iterator[host_check.Finding]:
        """Refuse a host whose libvirt is silent."""
        libvirt = host.seen.libvirt
        if isinstance(libvirt, unseen.Unseen):
            yield host.failure(
                'libvirt.no-answer', libvirt.problem, remedy=host.restart
            )
            return
        yield host.success(
            'libvirt.answers',
            _('libvirt %(libvirt)s, QEMU %(qemu)s, %(count)d running guests')
            % {
                'libvirt': libvirt.versions.libvirt,
                'qemu': libvirt.versions.qemu,
                'count': len(libvirt.running),
            },
        )
