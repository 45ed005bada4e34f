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

"""Is it known as which user QEMU reads its credentials?"""

from __future__ import annotations

from collections.abc import Iterator

from nova_native_tls._i18n import _
from nova_native_tls.checks import host_check
from nova_native_tls.host import unseen


class QemuUserCheck(host_check.HostCheck):
    """Everything about permissions depends on it."""

    def judge(self, host: host_check.Host) -> Iterator[host_check.Finding]:
        """Refuse to guess."""
        user = host.seen.user
        if isinstance(user, unseen.Unseen):
            yield host.failure(
                'qemu-user.unknown',
                user.problem,
                remedy=_('correct user and group in /etc/libvirt/qemu.conf'),
            )
            return
        yield host.success(
            'qemu-user.known',
            _('QEMU runs as %(user)s, group %(group)s, says %(who)s')
            % {'user': user.name, 'group': user.group, 'who': user.said_by},
        )
