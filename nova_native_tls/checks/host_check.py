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

"""What all checks of one host have in common."""

from __future__ import annotations

import abc
from collections.abc import Iterator
import dataclasses

from nova_native_tls._i18n import _
from nova_native_tls.checks import base
from nova_native_tls.checks import result
from nova_native_tls.host import daemon
from nova_native_tls.host import observation
from nova_native_tls.host import unseen
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import finding as pki_finding

Side = pki_finding.Side

#: What a host is at each stage at which anything is asked about it.
ROLES = {
    base.Stage.HOST: frozenset(Side),
    base.Stage.DESTINATION: frozenset({Side.DESTINATION}),
    base.Stage.SOURCE: frozenset({Side.SOURCE}),
    base.Stage.DESTINATION_AGAIN: frozenset({Side.DESTINATION}),
}
#: For checks of what only one end of a migration needs.
AS_DESTINATION = frozenset({base.Stage.HOST, base.Stage.DESTINATION})
AS_SOURCE = frozenset({base.Stage.HOST, base.Stage.SOURCE})


@dataclasses.dataclass(frozen=True, slots=True)
class Host:
    """One host, and how to say something about it.

    :ivar seen: what was seen of it.
    :ivar context: what the check was asked with.
    """

    seen: observation.HostObservation
    context: base.CheckContext

    @property
    def roles(self) -> frozenset[Side]:
        """What it is now; what it needs otherwise stops no migration."""
        return ROLES[self.context.stage]

    def needs(self, file: str) -> bool:
        """Tell whether it reads a file of credentials in its present role."""
        if file in (credential_set.CA_CRL, credential_set.DH_PARAMS):
            return Side.DESTINATION in self.roles
        return not any(
            file.startswith(f'{end}-')
            and pki_finding.Side.of(end) not in self.roles
            for end in credential_set.Endpoint
        )

    def success(self, code: str, seen: str, *, file: str = '') -> Finding:
        """Say that something is as it should be."""
        return result.Finding(
            code=code,
            status=result.Status.SUCCESS,
            subject=self._subject(file),
            detail=seen,
        )

    def warning(
        self,
        code: str,
        seen: str,
        *,
        remedy: str,
        wanted: str = '',
        file: str = '',
        stricter: bool = False,
    ) -> Finding:
        """Say that something should be mended before it hurts."""
        return result.Finding(
            code=code,
            status=result.Status.WARNING,
            subject=self._subject(file),
            detail=seen,
            wanted=wanted,
            remedy=remedy,
            stricter=stricter,
        )

    def failure(
        self,
        code: str,
        seen: str,
        *,
        remedy: str,
        wanted: str = '',
        file: str = '',
        stricter: bool = False,
    ) -> Finding:
        """Say that migrations cannot work.

        :param stricter: QEMU would let them, on purpose we do not.
        """
        return dataclasses.replace(
            self.warning(
                code,
                seen,
                remedy=remedy,
                wanted=wanted,
                file=file,
                stricter=stricter,
            ),
            status=result.Status.FAILURE,
        )

    def unseen(
        self, code: str, what: unseen.Unseen, *, matters: bool = True
    ) -> Finding:
        """Say that something could not be looked at.

        :param matters: migrations cannot work without it.
        """
        say = self.failure if matters else self.warning
        return say(
            code,
            _('it could not be looked at: %s') % what.problem,
            remedy=what.remedy,
        )

    def _subject(self, file: str) -> str:
        return f'{self.seen.host}: {file}' if file else self.seen.host

    @property
    def secret_is_private(self) -> bool:
        """There is a passphrase that libvirt shows to nobody but QEMU."""
        conf, credentials = self.seen.conf, self.seen.credentials
        return (
            not isinstance(conf, unseen.Unseen)
            and not isinstance(credentials, unseen.Unseen)
            and conf.secret_uuid is not None
            and credentials.passphrase is None
            and self.seen.passphrase_unseen is None
        )

    @property
    def restart(self) -> str:
        """The command after which libvirt reads its configuration again."""
        program = (
            self.seen.daemon.program
            if isinstance(self.seen.daemon, daemon.Daemon)
            else daemon.PROGRAMS[0]
        )
        return _('run "systemctl restart %s" (guests go on running)') % program


Finding = result.Finding


class HostCheck(base.PreCheck):
    """One question about this host alone; it looks at nothing itself."""

    stages = AS_DESTINATION | AS_SOURCE

    def run(self, context: base.CheckContext) -> Iterator[Finding]:
        """Answer from what was seen; if nobody looked, that is a failure."""
        if context.observation is None:
            yield result.Finding(
                code='host.not-looked-at',
                status=result.Status.FAILURE,
                subject=context.own.host,
                detail=_('nobody looked at this host'),
                remedy=_('run "nova-native-tls host check" there'),
            )
        else:
            yield from self.judge(Host(context.observation, context))

    @abc.abstractmethod
    def judge(self, host: Host) -> Iterator[Finding]:
        """Answer; at least one finding."""
