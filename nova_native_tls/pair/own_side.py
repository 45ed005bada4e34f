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

"""What there is to say about the source itself, as the source."""

from __future__ import annotations

from nova_native_tls._i18n import _
from nova_native_tls.checks import result
from nova_native_tls.checks import this_host
from nova_native_tls.host import observation
from nova_native_tls.host import unseen
from nova_native_tls.migration import versions
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import finding
from nova_native_tls.pki import verdict
from nova_native_tls.prove import observed

Findings = tuple[result.Finding, ...]


def predict(uri: str) -> Findings:
    """Predict if QEMU of this host loads its files as a source."""
    seen = this_host.look(uri)
    credentials, version = seen.credentials, _qemu(seen)
    for looked in (credentials, version):
        if isinstance(looked, unseen.Unseen):
            return (_unseen(seen.host, looked.problem),)
    assert not isinstance(credentials, unseen.Unseen)
    assert not isinstance(version, unseen.Unseen)
    found = verdict.of_host(
        credentials, credential_set.Endpoint.CLIENT, qemu_version=version
    )
    return tuple(_translated(seen.host, each) for each in found.findings)


def prove(uri: str, tls_destination: str | None) -> Findings:
    """Let the QEMU of this host load its files and shake hands.

    :param tls_destination: ``[native_tls] tls_destination`` of this host.
    """
    seen = this_host.look(uri)
    own = this_host.own_facts(seen, tls_destination)
    return observed.prove(seen, name=own.tls_name)


def elsewhere(uri: str) -> Findings:
    """Say that the source is not the host that this runs on."""
    return (_unseen(uri, _('files of another host cannot be seen')),)


def _qemu(
    seen: observation.HostObservation,
) -> versions.Version | unseen.Unseen:
    if isinstance(seen.libvirt, unseen.Unseen):
        return seen.libvirt
    return seen.libvirt.versions.qemu or unseen.Unseen(
        _('libvirt does not say which QEMU there is')
    )


def _unseen(host: str, problem: str) -> result.Finding:
    return result.Finding(
        code='source.not-seen',
        status=result.Status.WARNING,
        subject=host,
        detail=problem,
        remedy=_('run this as root on the source, or with --depth canary'),
    )


def _translated(host: str, found: finding.Finding) -> result.Finding:
    detail = found.seen
    if found.wanted:
        detail = _('%(seen)s; wanted: %(wanted)s') % {
            'seen': found.seen,
            'wanted': found.wanted,
        }
    return result.Finding(
        code=found.code,
        status=found.status,
        subject=f'{host} {found.file}'.strip(),
        detail=detail,
        remedy=found.remedy,
    )
