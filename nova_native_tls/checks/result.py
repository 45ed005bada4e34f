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

"""What a check found, and what all of them say together."""

from __future__ import annotations

import dataclasses

from nova_native_tls._i18n import _
from nova_native_tls import severity

Status = severity.Status


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One answer.

    :ivar code: stable name, for example ``peer-name.ambiguous``; scripts and
        alerts key on it.
    :ivar subject: the host, file or option that was looked at.
    :ivar detail: what was seen.
    :ivar wanted: what should have been seen, unless that is plain.
    :ivar remedy: what to do; empty for a success.
    :ivar stricter: QEMU itself does not mind.
    """

    code: str
    status: Status
    subject: str
    detail: str
    remedy: str = ''
    wanted: str = ''
    stricter: bool = False

    def __post_init__(self) -> None:
        # A plug-in may write the number; it must compare like the name.
        object.__setattr__(self, 'status', Status(self.status))

    def sentence(self) -> str:
        """Say it in one line."""
        text = f'{self.subject}: {self.detail}'
        if self.wanted:
            text += _('; wanted: %s') % self.wanted
        return f'{text}: {self.remedy}' if self.remedy else text


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """All findings of one run of all checks."""

    findings: tuple[Finding, ...]

    @property
    def status(self) -> Status:
        """The worst of all findings."""
        # No finding means that nothing was checked: never read it as "safe".
        return max(
            (finding.status for finding in self.findings),
            default=Status.FAILURE,
        )

    def with_status(self, status: Status) -> tuple[Finding, ...]:
        """Give the findings of one kind."""
        return tuple(f for f in self.findings if f.status is status)

    def sentences(self, status: Status) -> str:
        """Say all findings of one kind in one line."""
        return '; '.join(f.sentence() for f in self.with_status(status))
