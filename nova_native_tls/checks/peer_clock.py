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

"""Do the clocks of both hosts agree? Certificates are valid by the clock."""

from __future__ import annotations

from collections.abc import Iterator

from nova_native_tls._i18n import _
from nova_native_tls.checks import base
from nova_native_tls.checks import result

#: Hosts that are kept right differ by milliseconds.
TOLERANCE_S = 10


class PeerClockCheck(base.PreCheck):
    """Looks if what the other host said comes from the future.

    However long it was on its way: then that clock is ahead of this one. The
    source asks so of the destination, and the destination of the source, so
    that one of them finds out.
    """

    stages = frozenset({base.Stage.SOURCE, base.Stage.DESTINATION_AGAIN})

    def run(self, context: base.CheckContext) -> Iterator[result.Finding]:
        """Warn of clocks that differ."""
        peer = context.peer
        if peer is None or peer.said_at is None:
            yield result.Finding(
                code='peer-clock.not-told',
                status=result.Status.SUCCESS,
                subject=_('the other host') if peer is None else peer.host,
                detail=_(
                    'it does not say what time it has, as a Nova without '
                    'this project or with an older one'
                ),
            )
            return
        ahead_s = (peer.said_at - context.now).total_seconds()
        if ahead_s > TOLERANCE_S:
            yield result.Finding(
                code='peer-clock.differs',
                status=result.Status.WARNING,
                subject=f'{context.own.host}, {peer.host}',
                detail=_(
                    'the clock of %(peer)s is at least %(ahead)d seconds '
                    'ahead of that of %(own)s: a certificate can be valid on '
                    'one of them only'
                )
                % {
                    'peer': peer.host,
                    'ahead': ahead_s,
                    'own': context.own.host,
                },
                wanted=_('clocks that agree'),
                remedy=_(
                    'run chrony on both, and look at "timedatectl" there'
                ),
            )
        else:
            yield result.Finding(
                code='peer-clock.not-ahead',
                status=result.Status.SUCCESS,
                subject=peer.host,
                detail=_('its clock is not ahead of this one'),
            )
