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

"""From a text to what is wrong, where, and what to do.

The words are libvirt's, QEMU's and GnuTLS's, in English: a libvirtd that
speaks another language is not understood.
"""

from __future__ import annotations

import dataclasses
import datetime
import io
from typing import TextIO

from nova_native_tls.explain import entry
from nova_native_tls.explain import explanation as explain_explanation
from nova_native_tls.explain import scanner

Explanation = explain_explanation.Explanation
Names = explain_explanation.Names

#: What an instance action event of Nova can hold.
DETAILS_LENGTH = 255

# More variants of one id are no help to anybody, and memory has an end.
_VARIANTS = 8
_ELLIPSIS = '...'


def explain(
    text: str | TextIO,
    *,
    seen_on: entry.Host | None = None,
    names: Names | None = None,
    since: datetime.datetime | None = None,
) -> tuple[Explanation, ...]:
    """Explain every known sentence of a text, the most telling one first.

    Of those that tell as much the last one in the text comes first, since a
    log goes back further than one migration.

    :param text: an error message, or a log of any length; what is not known
        in it is passed over.
    :param seen_on: the host whose log it is; None for what libvirt reports,
        which may be the words of either.
    :param names: of hosts and guest, to be told in the explanation.
    :param since: aware; lines of an earlier time are passed over.
    :returns: nothing, if nothing is known; that is not to say that all is
        well.
    """
    stream = io.StringIO(text) if isinstance(text, str) else text
    found = _Found(seen_on=seen_on, names=names or Names())
    for hit in scanner.scan(stream):
        if since is None or hit.when is None or hit.when >= since:
            found.add(hit)
    return found.ordered()


class _Found:
    """Explanations without repetitions, and not too many of them."""

    def __init__(self, *, seen_on: entry.Host | None, names: Names) -> None:
        self._seen_on = seen_on
        self._names = names
        self._count = 0
        self._by_id: dict[
            str, dict[tuple[object, ...], tuple[int, Explanation]]
        ] = {}

    def add(self, hit: scanner.Hit) -> None:
        """Take in a sentence as the newest."""
        self._count += 1
        key = (hit.said_by, *hit.values.items())
        variants = self._by_id.setdefault(hit.known.id, {})
        known = variants.pop(key, None)
        if known is not None:
            explanation = dataclasses.replace(known[1], when=hit.when)
        else:
            explanation = explain_explanation.from_hit(
                hit, seen_on=self._seen_on, names=self._names
            )
        variants[key] = (self._count, explanation)
        if len(variants) > _VARIANTS:
            del variants[next(iter(variants))]

    def ordered(self) -> tuple[Explanation, ...]:
        """Give them, those that tell most and then the newest first."""
        items = sorted(
            (item for each in self._by_id.values() for item in each.values()),
            key=lambda item: (item[1].rank, -item[0]),
        )
        unique: dict[tuple[str, ...], Explanation] = {}
        for _position, found in items:
            unique.setdefault(
                (found.id, found.mend, found.cause, found.remedy), found
            )
        return tuple(unique.values())


def best_of(
    source_text: str = '',
    destination_log: str | TextIO = '',
    *,
    source_log: str | TextIO = '',
    names: Names | None = None,
    since: datetime.datetime | None = None,
) -> Explanation | None:
    """Choose what to show when the words of both ends are at hand.

    What says why comes before what only follows from it; of two that tell as
    much, the one that is surely of this migration.

    :param source_text: what libvirt raised on the source.
    :param destination_log: the end of QEMU's log on the destination.
    :param source_log: the end of QEMU's log on the source.
    :param since: aware; when the migration began. Lines of the logs that are
        older are passed over.
    :returns: None if none of them is known.
    """
    candidates = [
        *explain(source_text, names=names),
        *explain(
            source_log, seen_on=entry.Host.SOURCE, names=names, since=since
        ),
        *explain(
            destination_log,
            seen_on=entry.Host.DESTINATION,
            names=names,
            since=since,
        ),
    ]
    return min(candidates, key=lambda found: found.rank, default=None)


def summary(explanation: Explanation, max_length: int = DETAILS_LENGTH) -> str:
    """Say cause and remedy in one line of at most so many characters.

    If both do not fit, each keeps its beginning: the remedy gets what the
    cause leaves over, but no less than a third.
    """
    cause, remedy = _line(explanation.cause), _line(explanation.remedy)
    for_remedy = max(max_length - len(cause) - 2, max_length // 3)
    remedy = _cut(remedy, for_remedy)
    return f'{_cut(cause, max_length - len(remedy) - 2)}: {remedy}'


def _line(text: str) -> str:
    return ' '.join(
        ''.join(c if c.isprintable() else ' ' for c in text).split()
    )


def _cut(text: str, length: int) -> str:
    """Shorten at a word, visibly."""
    if len(text) <= length:
        return text
    kept = text[: max(length - len(_ELLIPSIS), 0)]
    shorter = kept.rpartition(' ')[0]
    # A single word that is too long has no better place.
    if len(shorter) >= len(kept) // 2:
        kept = shorter
    return (kept.rstrip(' ,;:') + _ELLIPSIS)[:length]
