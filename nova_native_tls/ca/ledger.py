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

"""What the journal of a CA adds up to.

It is read from the first line to the last, and every line counts; nothing
else says what the CA has done. A line is taken only if it follows from those
before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import datetime
import enum

from nova_native_tls.ca import record


class Step(enum.StrEnum):
    """Where the rotation of the CA is."""

    #: One generation, and no rotation.
    STEADY = 'steady'
    #: Hosts are to trust the new generation as well; the old one signs.
    STARTED = 'started'
    #: The new one signs; hosts are to have certificates of it.
    SWITCHED = 'switched'


class Ledger:
    """The state of a CA.

    :ivar generations: all that there were, in order.
    :ivar oldest: the first generation that hosts still trust.
    :ivar signing: the generation that signs.
    :ivar step_began: when the step that it is at began.
    :ivar crl_number: of the last revocation lists; 0 before the first.
    :ivar unlisted: something was revoked since then.
    :ivar reports: the last of each host, by what the CA calls it.
    """

    def __init__(self, records: Iterable[record.Record] = ()) -> None:
        self.generations: list[record.Generation] = []
        self.oldest = 1
        self.signing = 1
        self.step_began: datetime.datetime | None = None
        self.crl_number = 0
        self.unlisted = False
        self.reports: dict[str, record.Reported] = {}
        self._signed: dict[int, record.Signed] = {}
        self._revoked: dict[int, record.Revoked] = {}
        self._by_sha256: dict[str, record.Signed] = {}
        self._by_name: dict[str, list[record.Signed]] = {}
        for one in records:
            self.add(one)

    def add(self, one: record.Record) -> None:
        """Take one more record.

        :raises ValueError: it cannot follow what there is.
        """
        match one:
            case record.Generation():
                self._begin(one)
            case record.Signed():
                self._sign(one)
            case record.Revoked():
                if one.serial not in self._signed:
                    raise ValueError('a certificate is revoked that is none')
                self._revoked.setdefault(one.serial, one)
                self.unlisted = True
            case record.Listed():
                self.crl_number = max(self.crl_number, one.number)
                self.unlisted = False
            case record.Switched() | record.Finished():
                self._step(one)
            case record.Reported():
                self._report(one)

    def _begin(self, one: record.Generation) -> None:
        if one.generation != len(self.generations) + 1 or (
            self.generations and self.step is not Step.STEADY
        ):
            raise ValueError(f'generation {one.generation} is out of order')
        self.generations.append(one)
        self.step_began = one.at

    def _sign(self, one: record.Signed) -> None:
        if one.serial in self._signed:
            raise ValueError('a serial number is there twice')
        if one.generation not in self.trusted or not one.names:
            raise ValueError('a certificate is by no generation in use')
        self._signed[one.serial] = one
        self._by_sha256[one.sha256] = one
        for name in one.names:
            self._by_name.setdefault(name, []).append(one)

    def _report(self, one: record.Reported) -> None:
        # By what it shows: two hosts may call themselves the same.
        shown = self._by_sha256.get(one.certificate_sha256)
        name = one.host if shown is None else shown.names[0]
        if self.reports.get(name, one).seen_at <= one.seen_at:
            self.reports[name] = one

    def _step(self, one: record.Switched | record.Finished) -> None:
        switches = isinstance(one, record.Switched)
        due = Step.STARTED if switches else Step.SWITCHED
        if self.step is not due or one.generation != len(self.generations):
            raise ValueError('a step of the rotation is out of order')
        if switches:
            self.signing = one.generation
        else:
            self.oldest = one.generation
        self.step_began = one.at

    @property
    def step(self) -> Step:
        """Where the rotation is."""
        if self.oldest == len(self.generations):
            return Step.STEADY
        if self.signing == self.oldest:
            return Step.STARTED
        return Step.SWITCHED

    @property
    def trusted(self) -> range:
        """The generations that hosts are to trust."""
        return range(self.oldest, len(self.generations) + 1)

    def is_used(self, serial: int) -> bool:
        """Tell whether a certificate of this serial number was signed."""
        return serial in self._signed

    def by_sha256(self, sha256: str) -> record.Signed | None:
        """Find a host's certificate by its fingerprint."""
        return self._by_sha256.get(sha256)

    def by_serial(self, serial: int) -> record.Signed | None:
        """Find a host's certificate by its serial number."""
        return self._signed.get(serial)

    def valid(self, now: datetime.datetime) -> Iterator[record.Signed]:
        """Give what has neither expired nor been revoked, oldest first."""
        for one in self._signed.values():
            if self._is_valid(one, now):
                yield one

    def valid_for(
        self, name: str, now: datetime.datetime
    ) -> list[record.Signed]:
        """Give the valid certificates of a name, oldest first."""
        return [
            one
            for one in self._by_name.get(name, ())
            if self._is_valid(one, now)
        ]

    def revoked(self, generation: int) -> Iterator[record.Revoked]:
        """Give what was revoked of a generation's."""
        for serial, one in self._revoked.items():
            if self._signed[serial].generation == generation:
                yield one

    def _is_valid(self, one: record.Signed, now: datetime.datetime) -> bool:
        return (
            one.serial not in self._revoked
            and one.not_after >= now
            and one.generation >= self.oldest
        )
