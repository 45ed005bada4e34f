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
from nova_native_tls.checks import base
from nova_native_tls.checks import credentials
from nova_native_tls.checks import host_check
from nova_native_tls.checks import result
from nova_native_tls.checks import this_host
from nova_native_tls.host import observation
from nova_native_tls.host import unseen
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import versions
from nova_native_tls.pair import reach
from nova_native_tls.prove import observed

Findings = tuple[result.Finding, ...]


def predict(uri: str) -> Findings:
    """Predict if QEMU of this host loads its files as a source."""
    seen = this_host.look(uri)
    return (*_loaded(seen), reach.of_libvirt(seen.host))


def prove(uri: str, tls_destination: str | None) -> Findings:
    """Let the QEMU of this host load its files and shake hands.

    :param tls_destination: ``[native_tls] tls_destination`` of this host.
    """
    seen = this_host.look(uri)
    own = this_host.own_facts(seen, tls_destination)
    proven = observed.prove(seen, name=own.tls_name)
    return (*proven, reach.of_libvirt(seen.host))


def elsewhere(uri: str) -> Findings:
    """Say that the source is not the host that this runs on."""
    problem = _(
        'files of another host cannot be seen, nor whether its libvirt '
        'reaches the destination'
    )
    return (_unseen(uri, problem),)


def _loaded(seen: observation.HostObservation) -> Findings:
    for looked in (seen.credentials, _qemu(seen)):
        if isinstance(looked, unseen.Unseen):
            return (_unseen(seen.host, looked.problem),)
    context = base.CheckContext(
        stage=base.Stage.SOURCE,
        settings=migration_settings.MigrationSettings(native_tls=True),
        own=this_host.own_facts(seen),
        observation=seen,
    )
    host = host_check.Host(seen, context)
    return tuple(
        each
        for each in credentials.CredentialsCheck().judge(host)
        # Nobody said anything of the other end.
        if not each.code.startswith('peer.')
    )


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
