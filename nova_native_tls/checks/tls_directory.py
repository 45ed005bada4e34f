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

"""Which directory does libvirt let QEMU read its credentials in?"""

from __future__ import annotations

from collections.abc import Iterator

from nova_native_tls._i18n import _
from nova_native_tls.checks import host_check
from nova_native_tls.host import daemon
from nova_native_tls.host import unseen


class TLSDirectoryCheck(host_check.HostCheck):
    """Looks if it is there, and was when libvirt started."""

    def judge(self, host: host_check.Host) -> Iterator[host_check.Finding]:
        """Refuse a directory that is not there, or not in use."""
        directory = host.seen.directory
        if isinstance(directory, unseen.Unseen):
            yield host.unseen('directory.not-looked-at', directory)
            return
        path = directory.path
        values = {'path': path, 'other': directory.instead}
        if not directory.exists:
            yield host.failure(
                'directory.missing',
                _('%s of qemu.conf names no directory') % directory.setting
                if directory.setting
                else _('there is no such directory'),
                wanted=_('the directory with the certificates for QEMU'),
                remedy=_(
                    'run "install -d -m 0755 %s" and install the '
                    'certificates there'
                )
                % path,
                file=path,
            )
        elif directory.instead is not None:
            say = host.failure if directory.younger else host.warning
            yield say(
                'directory.not-in-use'
                if directory.younger
                else 'directory.in-doubt',
                (
                    _(
                        'it was made after libvirt had started, which goes '
                        'on using %(other)s'
                    )
                    if directory.younger
                    else _(
                        'it may be newer than the running libvirt, which '
                        'would go on using %(other)s'
                    )
                )
                % values,
                remedy=host.restart,
                file=path,
            )
        elif isinstance(host.seen.daemon, unseen.Unseen):
            yield host.unseen(
                'directory.in-doubt', host.seen.daemon, matters=False
            )
        else:
            yield host.success(
                'directory.in-use',
                _('libvirt uses it for migrations')
                if isinstance(host.seen.daemon, daemon.Daemon)
                else _('libvirt will use it when it starts'),
                file=path,
            )
