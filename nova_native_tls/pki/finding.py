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

"""What is told about hosts' files, and what all of it says together."""

from __future__ import annotations

import dataclasses
import enum

from nova_native_tls.pki import credential_set
from nova_native_tls import severity


class Side(enum.StrEnum):
    """Which host of a migration."""

    SOURCE = 'source'
    DESTINATION = 'destination'

    @classmethod
    def of(cls, end: credential_set.Endpoint) -> Side:
        """The source is QEMU's client, the destination its server."""
        return (
            cls.SOURCE
            if end is credential_set.Endpoint.CLIENT
            else cls.DESTINATION
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One answer about one host's file.

    :ivar code: stable, such as ``server-cert.expired``.
    :ivar side: the host on which something has to be done.
    :ivar file: the name of the file; empty if it is not about one.
    :ivar seen: what is there.
    :ivar wanted: what should be there; empty for a success.
    :ivar remedy: what to do; empty for a success.
    :ivar sentence: what QEMU would say, or how that begins.
    :ivar stricter: QEMU itself does not mind.
    """

    code: str
    status: severity.Status
    side: Side
    file: str
    seen: str
    wanted: str = ''
    remedy: str = ''
    sentence: str = ''
    stricter: bool = False

    def as_failure(self) -> Finding:
        """The same, but worse."""
        return dataclasses.replace(self, status=severity.Status.FAILURE)


class QemuVerdict(enum.StrEnum):
    """What QEMU alone would do."""

    YES = 'yes'
    NO = 'no'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found.

    It is about certificates only: not about ports, nor about what QEMU's own
    user may read.
    """

    findings: tuple[Finding, ...]

    @property
    def qemu_verdict(self) -> QemuVerdict:
        """What QEMU alone would do."""
        refused = any(
            one.status is severity.Status.FAILURE and not one.stricter
            for one in self.findings
        )
        # Nothing found is nothing known.
        return (
            QemuVerdict.NO if refused or not self.findings else QemuVerdict.YES
        )

    @property
    def status(self) -> severity.Status:
        """The worst of all findings; never better than QEMU's verdict."""
        return max(
            (one.status for one in self.findings),
            default=severity.Status.FAILURE,
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PairVerdict(Verdict):
    """What was found about two hosts, in one direction.

    :ivar source_loads: QEMU on the source takes its files.
    :ivar destination_loads: QEMU on the destination takes its files.
    """

    source_loads: bool
    destination_loads: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HostVerdict(Verdict):
    """What was found about one host, as one end of migrations.

    :ivar shown: the certificate that it shows to others, and the chain that
        it sends with it, in DER; nothing of it is secret. Empty if it cannot
        load its files, or has none to show.
    """

    shown: tuple[bytes, ...]
