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

"""May QEMU read its credentials as far as AppArmor goes?"""

from __future__ import annotations

from collections.abc import Iterator

from nova_native_tls._i18n import _
from nova_native_tls.checks import host_check
from nova_native_tls.host import unseen

LOCAL = '/etc/apparmor.d/local/abstractions/libvirt-qemu'


class AppArmorCheck(host_check.HostCheck):
    """Holds every file's real path against the profile of guests."""

    def judge(self, host: host_check.Host) -> Iterator[host_check.Finding]:
        """Refuse files that guests may not read."""
        confinement = host.seen.confinement
        if isinstance(confinement, unseen.Unseen):
            yield host.unseen('apparmor.not-looked-at', confinement)
            return
        rules = confinement.rules
        if rules is None:
            yield host.success(
                'apparmor.not-used', _('AppArmor does not confine guests')
            )
            return
        refused = sorted(
            walk.end.path
            for name, walk in host.seen.walks.items()
            if name
            and host.needs(name)
            and walk.end
            and not rules.may_read(walk.end.path)
        )
        if not refused:
            yield host.success(
                'apparmor.allowed', _('the profile of guests allows them')
            )
            return
        seen = _('the profile of guests does not allow %s') % ', '.join(
            refused
        )
        if rules.missing:
            yield host.warning(
                'apparmor.in-doubt',
                _('%(seen)s, but %(missing)s could not be read')
                % {'seen': seen, 'missing': ', '.join(rules.missing)},
                remedy=_allow(refused),
            )
        else:
            yield host.failure(
                'apparmor.refused', seen, remedy=_allow(refused)
            )


def _allow(paths: list[str]) -> str:
    directories = sorted({path.rpartition('/')[0] for path in paths})
    # AppArmor judges the path behind all symbolic links.
    lines = ' '.join(f'"{each}/** r,"' for each in directories)
    return _(
        'add the line %(lines)s to %(file)s; for running guests run '
        '"apparmor_parser -r /etc/apparmor.d/libvirt/libvirt-*[0-9a-f]" too'
    ) % {'lines': lines, 'file': LOCAL}
