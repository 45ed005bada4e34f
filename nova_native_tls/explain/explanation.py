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

"""What is known of one sentence that was found: side, cause, remedy."""

from __future__ import annotations

import dataclasses
import datetime

from nova_native_tls._i18n import _
from nova_native_tls.explain import credential_file
from nova_native_tls.explain import entry
from nova_native_tls.explain import scanner

# A path is told by its end, anything else by its beginning.
_VALUE_LENGTH = 120

# What a sentence may call a file.
_FILES = ('file', 'key')
_PHRASES = ('source', 'destination', 'here', 'peer')

_OTHER = {
    entry.Host.SOURCE: entry.Host.DESTINATION,
    entry.Host.DESTINATION: entry.Host.SOURCE,
}
_SPEAKER = {
    entry.Seen.SOURCE_QEMU: entry.Host.SOURCE,
    entry.Seen.DESTINATION_QEMU: entry.Host.DESTINATION,
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the hosts and the guest are called, as far as it is known.

    :ivar guest: libvirt's name of the guest.
    """

    source: str = ''
    destination: str = ''
    guest: str = 'GUEST'

    def phrase(self, host: entry.Host) -> str:
        """Name a host in a sentence."""
        if host is entry.Host.SOURCE:
            return ' '.join((_('the source'), self.source)).strip()
        if host is entry.Host.DESTINATION:
            return ' '.join((_('the destination'), self.destination)).strip()
        return str(_('one of the hosts'))

    def log(self) -> str:
        """The path of QEMU's log, the same on both hosts."""
        return f'/var/log/libvirt/qemu/{self.guest}.log'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a migration failed, as far as one sentence tells.

    It does not say that this sentence is why a given migration failed: a log
    may be older than that.

    :ivar id: stable, for programs.
    :ivar mend: the host on which something has to be changed.
    :ivar seen: whose words they are.
    :ivar said_by: the host that said them; None if that is not known.
    :ivar sentence: the words that were found.
    :ivar when: when they were said, if the log says so.
    """

    id: str
    mend: entry.Host
    cause: str
    remedy: str
    rank: entry.Rank
    seen: tuple[entry.Seen, ...]
    said_by: entry.Host | None
    sentence: str
    when: datetime.datetime | None


def from_hit(
    hit: scanner.Hit, *, seen_on: entry.Host | None, names: Names
) -> Explanation:
    """Work out what a sentence means where it was found.

    :param seen_on: the host whose words the whole text is.
    """
    said_by = _said_by(hit, seen_on)
    here = said_by or entry.Host.UNKNOWN
    values = _values(hit, here=here, names=names)
    return Explanation(
        id=hit.known.id.format(**_kinds(hit)),
        mend=_mend(hit.known.mend, here),
        cause=_begun(hit.known.cause) % values,
        remedy=hit.known.remedy % values,
        rank=hit.known.rank,
        seen=tuple(
            seen
            for seen in hit.known.seen
            if said_by in (None, _SPEAKER.get(seen, said_by))
        ),
        said_by=said_by,
        sentence=hit.text,
        when=hit.when,
    )


def _kinds(hit: scanner.Hit) -> dict[str, str]:
    return {
        group: credential_file.identify(hit.values[group]).kind
        for group in _FILES
        if group in hit.values
    }


def _values(
    hit: scanner.Hit, *, here: entry.Host, names: Names
) -> dict[str, str]:
    """All that a cause or a remedy may name."""
    path = next((hit.values[g] for g in _FILES if g in hit.values), '')
    file = credential_file.identify(path)
    peer = _OTHER.get(here)
    values = {
        **{group: _shortened(text) for group, text in hit.values.items()},
        'log': names.log(),
        'reader': file.reader,
        'reload': file.reload,
        'source': names.phrase(entry.Host.SOURCE),
        'destination': names.phrase(entry.Host.DESTINATION),
        'here': names.phrase(here),
        'peer': _('the other host') if peer is None else names.phrase(peer),
    }
    first = {
        f'{name}_first': values[name][:1].upper() + values[name][1:]
        for name in _PHRASES
    }
    return values | first


def _said_by(
    hit: scanner.Hit, seen_on: entry.Host | None
) -> entry.Host | None:
    for group in _FILES:
        # Whoever reports it, only this host reads such a file.
        host = credential_file.identify(hit.values.get(group, '')).host
        if host is not None:
            return host
    speakers = {_SPEAKER.get(seen) for seen in hit.known.seen}
    if len(speakers) == 1 and None not in speakers:
        return speakers.pop()
    return hit.said_by or seen_on


def _begun(template: str) -> str:
    """Let a sentence that begins with a host begin with a capital."""
    for name in _PHRASES:
        if template.startswith(f'%({name})s'):
            return template.replace(name, f'{name}_first', 1)
    return template


def _mend(rule: entry.Mend, here: entry.Host) -> entry.Host:
    if rule is entry.Mend.HERE:
        return here
    if rule is entry.Mend.PEER:
        return _OTHER.get(here, entry.Host.UNKNOWN)
    return entry.Host[rule.name]


def _shortened(value: str) -> str:
    if len(value) <= _VALUE_LENGTH:
        return value
    if value.startswith('/'):
        return '...' + value[3 - _VALUE_LENGTH :]
    return value[: _VALUE_LENGTH - 3] + '...'
