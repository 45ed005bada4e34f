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

"""Do the versions of libvirt and QEMU do, and will QEMU's next ones?"""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses

from oslo_upgradecheck import upgradecheck

from nova_native_tls._i18n import _
from nova_native_tls.checks import host_check
from nova_native_tls.checks import own_end
from nova_native_tls.checks import result
from nova_native_tls.host import unseen
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import finding
from nova_native_tls.pki import qemu_releases
from nova_native_tls.upgrade import answer
from nova_native_tls.upgrade import compute_host

#: The release with which QEMU's rules of certificates changed most: it wants
#: every CA up to a self-signed one (crypto/tlscredsx509.c).
NEW_RULES = qemu_releases.REWRITTEN
_OF_RELEASES = ('versions.', 'known-issue.', 'known-issues.')


def check(host: compute_host.ComputeHost) -> upgradecheck.Result:
    """Hold the options against the versions here, and look ahead.

    :raises NativeTLSError: the options or the pre-checks are unusable.
    """
    return answer.of_findings(
        [
            *(
                each
                for each in host.report.findings
                if each.code.startswith(_OF_RELEASES)
            ),
            *_look_ahead(host_check.Host(host.seen, host.context())),
        ]
    )


def _look_ahead(host: host_check.Host) -> Iterator[host_check.Finding]:
    """Tell what the QEMU of tomorrow would refuse, and that of today not."""
    ends = [own_end.find(host, each) for each in credential_set.Endpoint]
    known = [end for end in ends if end is not None]
    if len(known) < len(ends):
        problem = unseen.Unseen(_('what QEMU reads is not known'))
        yield host.unseen('upgrade.not-looked-at', problem, matters=False)
        return
    found = [one for end in known for one in _at_one_end(host, end)]
    yield from dict.fromkeys(found)
    if not found:
        yield host.success(
            'upgrade.no-surprise',
            _('QEMU %s and later take the same credentials') % NEW_RULES,
        )


def _at_one_end(
    host: host_check.Host, end: own_end.OwnEnd
) -> Iterator[host_check.Finding]:
    if _refusals(end):
        yield host.warning(
            'upgrade.not-looked-at',
            _('QEMU of today does not take them'),
            remedy=_('mend this first; it is among what this host answers'),
            file=end.files.path(end.endpoint.cert()),
        )
        return
    newer = dataclasses.replace(end, version=max(end.version, NEW_RULES))
    for one in _refusals(newer):
        yield host.warning(
            f'upgrade.{one.code}',
            one.seen,
            wanted=_('what QEMU %s and later load as well') % NEW_RULES,
            remedy=_('before QEMU is upgraded: %s') % one.remedy,
            file=end.files.path(one.file),
        )


def _refusals(end: own_end.OwnEnd) -> tuple[finding.Finding, ...]:
    found = end.verdict
    if end.is_untried(found):
        return ()
    return tuple(
        one
        for one in found.findings
        if one.status is result.Status.FAILURE and not one.stricter
    )
