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


"""Is it time to warn of a certificate or a revocation list that ends?

No clock and no log: who looks says what there is and what time it is, and is
told what is news.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
import datetime
import enum

from nova_native_tls._i18n import _
from nova_native_tls.identity import dated

DAY = datetime.timedelta(days=1)
#: How often to say that something has expired.
REPEAT = DAY
#: Of the lifetime: nobody wants to be warned of a certificate as soon as it is
#: issued. Until then two thirds are left, after which it is renewed.
LAST_PART = 3


class Kind(enum.StrEnum):
    """What has happened."""

    EXPIRES_SOON = 'expires_soon'
    EXPIRED = 'expired'
    RENEWED = 'renewed'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What to tell of one certificate, or of one list.

    :ivar files: all that it is in.
    :ivar what: itself; of a renewal, what is there now.
    :ivar left: until it ends; negative after it.
    """

    kind: Kind
    files: tuple[str, ...]
    what: dated.Dated
    left: datetime.timedelta

    def sentence(self) -> str:
        """Say it in one line, with what to do."""
        values = {
            'files': ', '.join(self.files),
            'subject': self.what.subject,
            'until': self.what.not_after.isoformat(sep=' '),
            'left': _span(self.left),
        }
        return _SENTENCES[self.kind, self.what.is_list] % values


_SENTENCES = {
    (Kind.EXPIRES_SOON, False): _(
        '%(files)s: the certificate of "%(subject)s" expires in %(left)s, on '
        '%(until)s: renew it; QEMU reads it at the next migration'
    ),
    (Kind.EXPIRED, False): _(
        '%(files)s: the certificate of "%(subject)s" has expired on '
        '%(until)s: renew it; QEMU reads it at the next migration'
    ),
    (Kind.RENEWED, False): _(
        '%(files)s: renewed; "%(subject)s" is valid until %(until)s'
    ),
    (Kind.EXPIRES_SOON, True): _(
        '%(files)s: the revocation list of "%(subject)s" is to be replaced '
        'within %(left)s, by %(until)s: install the current one'
    ),
    (Kind.EXPIRED, True): _(
        '%(files)s: the revocation list of "%(subject)s" was to be replaced '
        'by %(until)s: install the current one'
    ),
    (Kind.RENEWED, True): _(
        '%(files)s: renewed; the revocation list of "%(subject)s" is good '
        'until %(until)s'
    ),
}


def _span(left: datetime.timedelta) -> str:
    hours = int(left.total_seconds()) // 3600
    if hours >= 48:
        return _('%d days') % (hours // 24)
    return _('%d hours') % hours if hours >= 2 else _('less than two hours')


def crossed(
    what: dated.Dated, warning_days: Iterable[int], now: datetime.datetime
) -> int | None:
    """Give the last threshold that was crossed, in days; None if none was.

    A threshold that is more than the last third of the lifetime does not
    count. If none does, the least stands for that third, so that nothing ends
    without a warning.

    :param warning_days: before the end, in any order.
    """
    days = sorted(warning_days)
    longest = (what.not_after - what.not_before) / LAST_PART
    left = what.not_after - now
    for number in days:
        if left <= number * DAY <= longest:
            return number
    if days and days[0] * DAY > longest >= left:
        return days[0]
    return None


class Watch:
    """Remembers what was told; not for two threads at a time."""

    def __init__(self, warning_days: Sequence[int]) -> None:
        """Begin anew: everything that is due will be told.

        :param warning_days: before the end.
        """
        self._warning_days = tuple(warning_days)
        #: By fingerprint, the least threshold that was told.
        self._warned: dict[str, int] = {}
        self._expired: dict[str, datetime.datetime] = {}
        #: By file, the fingerprints in it when it was last seen.
        self._before: dict[str, frozenset[str]] = {}

    def news(
        self, found: Sequence[dated.Dated], now: datetime.datetime
    ) -> tuple[News, ...]:
        """Compare what there is with what was told; tells nothing twice.

        A file that has gone is not news here: it may come back.
        """
        there: dict[str, list[dated.Dated]] = {}
        for each in found:
            there.setdefault(each.sha256, []).append(each)
        renewed = self._renewed(found, now)
        return (*renewed, *self._ending(there, now))

    def _ending(
        self, there: Mapping[str, list[dated.Dated]], now: datetime.datetime
    ) -> list[News]:
        said = []
        for sha256, places in there.items():
            kind = self._kind(places[0], now)
            if kind is Kind.EXPIRED:
                self._expired[sha256] = now
            if kind is not None:
                said.append(_news(kind, places, now))
        return said

    def _kind(self, what: dated.Dated, now: datetime.datetime) -> Kind | None:
        sha256 = what.sha256
        if what.not_after <= now:
            told = self._expired.get(sha256)
            is_due = told is None or now - told >= REPEAT
            return Kind.EXPIRED if is_due else None
        days = crossed(what, self._warning_days, now)
        if days is None or self._warned.get(sha256, days + 1) <= days:
            return None
        self._warned[sha256] = days
        return Kind.EXPIRES_SOON

    def _renewed(
        self, found: Sequence[dated.Dated], now: datetime.datetime
    ) -> list[News]:
        """Tell what took the place of what has gone, each once.

        Of several the first to end; what only went, as a CA that is no longer
        trusted, is no news.
        """
        files: dict[str, list[dated.Dated]] = {}
        for each in found:
            files.setdefault(each.file, []).append(each)
        successors: dict[str, list[dated.Dated]] = {}
        for file, now_there in files.items():
            before = self._before.get(file, frozenset())
            self._before[file] = frozenset(each.sha256 for each in now_there)
            gone = before - self._before[file]
            self._forget(gone)
            new = [
                each
                for each in now_there
                if each.sha256 not in before and each.not_after > now
            ]
            if gone and new:
                first = min(new, key=lambda each: each.not_after)
                successors.setdefault(first.sha256, []).append(first)
        return [
            _news(Kind.RENEWED, places, now) for places in successors.values()
        ]

    def _forget(self, gone: frozenset[str]) -> None:
        kept = frozenset().union(*self._before.values())
        for sha256 in gone - kept:
            self._warned.pop(sha256, None)
            self._expired.pop(sha256, None)


def _news(
    kind: Kind, places: Sequence[dated.Dated], now: datetime.datetime
) -> News:
    what = places[0]
    return News(
        kind=kind,
        files=tuple(each.file for each in places),
        what=what,
        left=what.not_after - now,
    )
