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

"""May QEMU read its credentials as far as SELinux goes?"""

from __future__ import annotations

from collections.abc import Iterator

from nova_native_tls._i18n import _
from nova_native_tls.checks import host_check
from nova_native_tls.host import tls_directory
from nova_native_tls.host import unseen

#: What the reference policy lets guests read; others may be allowed locally.
TYPES = frozenset({'cert_t', 'etc_t'})
#: Below it the policy itself has the right labels.
LABELLED = '/etc/pki/'


class SELinuxCheck(host_check.HostCheck):
    """Looks at labels; the policy itself is not asked."""

    def judge(self, host: host_check.Host) -> Iterator[host_check.Finding]:
        """Warn of labels that guests may not be allowed to read."""
        labels, confinement = host.seen.labels, host.seen.confinement
        if isinstance(labels, unseen.Unseen):
            yield host.unseen('selinux.not-looked-at', labels)
            return
        if (
            not isinstance(confinement, unseen.Unseen)
            and 'selinux' not in confinement.models
        ):
            yield host.success(
                'selinux.not-used', _('SELinux does not confine guests')
            )
            return
        wrong = {
            name: label
            for name, label in labels.items()
            if label is None or _type(label) not in TYPES
        }
        directory = host.seen.directory
        if not wrong or isinstance(directory, unseen.Unseen):
            yield host.success(
                'selinux.labelled', _('all labels are as for certificates')
            )
            return
        yield host.warning(
            'selinux.label',
            ', '.join(
                f'{name or directory.path} ({label})'
                for name, label in sorted(wrong.items())
            ),
            wanted=_('the type cert_t'),
            remedy=_restore(directory),
            file=directory.path,
        )


def _type(label: str) -> str:
    parts = label.split(':')
    return parts[2] if len(parts) > 2 else ''


def _restore(directory: tls_directory.TLSDirectory) -> str:
    path = directory.path
    if f'{path}/'.startswith(LABELLED):
        return _('run "restorecon -Rv %s"') % path
    return _(
        'run "semanage fcontext -a -t cert_t \'%(path)s(/.*)?\'" and '
        '"restorecon -Rv %(path)s"'
    ) % {'path': path}
