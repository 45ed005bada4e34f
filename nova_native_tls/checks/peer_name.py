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

"""Can the destination be verified under the name that will be used?"""

from __future__ import annotations

from collections.abc import Iterator

from nova_native_tls._i18n import _
from nova_native_tls.checks import base
from nova_native_tls.checks import result
from nova_native_tls import exception
from nova_native_tls import host_names
from nova_native_tls.peer import facts


class PeerNameCheck(base.PreCheck):
    """Looks at the name that the destination asks to be verified under."""

    stages = frozenset({base.Stage.DESTINATION, base.Stage.SOURCE})

    def run(self, context: base.CheckContext) -> Iterator[result.Finding]:
        """Refuse a destination that has no name, or none that can be."""
        destination = (
            context.own
            if context.stage is base.Stage.DESTINATION
            else context.peer
        )
        if destination is None:
            yield result.Finding(
                code='peer-name.unknown',
                status=result.Status.SUCCESS,
                subject=_('the destination'),
                detail=_(
                    'it does not say under which name to verify it, as a '
                    'Nova without this project; QEMU will look for the '
                    'address that is dialled'
                ),
            )
        else:
            yield _judge(destination)


def _judge(destination: facts.HostFacts) -> result.Finding:
    if destination.tls_name is None:
        return _undecided(destination)
    try:
        host_names.check_name_to_verify(destination.tls_name)
    except exception.InvalidHost as err:
        return result.Finding(
            code='peer-name.invalid',
            status=result.Status.FAILURE,
            subject=destination.host,
            detail=str(err),
            remedy=_('correct [native_tls] tls_destination there'),
        )
    return result.Finding(
        code='peer-name.decided',
        status=result.Status.SUCCESS,
        subject=destination.host,
        detail=_('it will be verified as %s') % destination.tls_name,
    )


def _undecided(destination: facts.HostFacts) -> result.Finding:
    """Say why: the names may be the wrong ones, or there is no certificate."""
    values = {
        'host_name': destination.host_name,
        'names': ', '.join(destination.certificate_names) or _('none'),
        'problem': destination.name_problem,
    }
    if destination.certificate_names or not destination.name_problem:
        detail = _(
            'server-cert.pem is not for its host name %(host_name)s; names '
            'found: %(names)s'
        )
        remedy = _(
            'issue one with that DNS subjectAltName, or set [native_tls] '
            'tls_destination there'
        )
    else:
        detail = _('its server certificate has no name to offer: %(problem)s')
        remedy = _(
            'install a server-cert.pem there with %(host_name)s as a DNS '
            'subjectAltName'
        )
    return result.Finding(
        code='peer-name.undecided',
        status=result.Status.FAILURE,
        subject=destination.host,
        detail=detail % values,
        remedy=remedy % values,
    )
