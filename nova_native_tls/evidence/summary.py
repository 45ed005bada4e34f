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

"""A record in one line for people."""

from __future__ import annotations

from collections.abc import Iterator

from nova_native_tls._i18n import _
from nova_native_tls.evidence import chain
from nova_native_tls.evidence import record

_ASKED = {
    'tls': _('libvirt was asked for TLS'),
    'tunnelled': _('libvirt was asked for a tunnel'),
    'plaintext': _('libvirt was asked for clear text'),
    None: _('libvirt was not asked'),
}
#: Enough of a fingerprint to find it.
_DIGITS = 16
#: Names of flavors and hosts can be longer than any line.
_NAME_LENGTH = 90


def full(one: record.Record, anchor: chain.Anchor | None) -> str:
    """Say all that an operator wants to find in a log.

    :param anchor: of the entry that the record stands in, if it does.
    """
    parts = [
        _('Live migration to %(destination)s: %(result)s')
        % {'destination': one.destination, 'result': one.result},
        _asked(one, one.rule),
        *_verified(one, len(one.verified_name or '')),
        *_certificates(one),
        *_counted(one),
    ]
    if one.cause:
        parts.append(_('cause: %s') % one.cause)
    if anchor is not None:
        parts.append(_('evidence %s') % anchor.long())
    return '; '.join(parts)


def short(one: record.Record, anchor: chain.Anchor | None, length: int) -> str:
    """Say what matters most, and as much of the rest as there is room for.

    :param length: at most so many characters.
    """
    head = _asked(one, _cut(one.rule, _NAME_LENGTH))
    tail = [_('evidence %s') % anchor.short()] if anchor is not None else []
    parts = [head]
    for each in (
        *_verified(one, _NAME_LENGTH),
        *_fingerprints(one),
        *_counted(one),
    ):
        if len('; '.join([*parts, each, *tail])) <= length:
            parts.append(each)
    return '; '.join([*parts, *tail])[:length]


def _asked(one: record.Record, rule: str) -> str:
    said = _ASKED.get(one.mode, str(one.mode))
    if one.encryption is None:
        return said
    return _('%(asked)s (%(encryption)s, as %(rule)s says)') % {
        'asked': said,
        'encryption': one.encryption,
        'rule': rule,
    }


def _verified(one: record.Record, length: int) -> Iterator[str]:
    if one.verified_name:
        yield _('verified name %s') % _cut(one.verified_name, length)


def _fingerprints(one: record.Record) -> Iterator[str]:
    """Name the certificates where there is little room."""
    source = one.source_identity.certificate
    destination = one.destination_identity.certificate
    if source and destination:
        yield _(
            'SHA-256 of certificates: source %(source)s, destination '
            '%(destination)s'
        ) % {
            'source': source.sha256[:_DIGITS],
            'destination': destination.sha256[:_DIGITS],
        }


def _certificates(one: record.Record) -> Iterator[str]:
    for whose, certificate in (
        (_('source certificate'), one.source_identity.certificate),
        (_("source's CA"), one.source_identity.ca),
        (_('destination certificate'), one.destination_identity.certificate),
        (_("destination's CA"), one.destination_identity.ca),
    ):
        if certificate is not None:
            yield _(
                '%(whose)s: serial %(serial)s, SHA-256 %(sha256)s, until '
                '%(until)s'
            ) % {
                'whose': whose,
                'serial': certificate.serial,
                'sha256': certificate.sha256,
                'until': certificate.not_after.date(),
            }


def _counted(one: record.Record) -> Iterator[str]:
    if one.channels is not None:
        yield _('connections for memory: %d') % one.channels
    if one.nbd is not None:
        yield _('disks copied: %s') % (_('yes') if one.nbd else _('no'))
    if one.memory_bytes is not None:
        yield _('memory sent: %d bytes') % one.memory_bytes
    if one.duration_s is not None:
        yield _('duration: %.1f s') % one.duration_s
    if one.downtime_ms is not None:
        yield _('downtime: %d ms') % one.downtime_ms


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f'{text[: length - 3]}...'
