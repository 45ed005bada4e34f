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

"""The catalogue as a chapter of documentation."""

from __future__ import annotations

from collections.abc import Iterator
import re

from nova_native_tls._i18n import _
from nova_native_tls.explain import catalogue
from nova_native_tls.explain import entry
from nova_native_tls.explain import sentence

_COMMAND = re.compile('"([^"]+)"')
_MARKUP = re.compile(r'([\\*`|_<>])')
_INDENT = '    '

_MEND = {
    entry.Mend.SOURCE: _('the source'),
    entry.Mend.DESTINATION: _('the destination'),
    entry.Mend.BOTH: _('both hosts'),
    entry.Mend.UNKNOWN: _('the sentence alone does not tell'),
    entry.Mend.HERE: _('the one that says the sentence, or reads the file'),
    entry.Mend.PEER: _('the one that does not say the sentence'),
}
_PHRASES = {
    'source': _('the source'),
    'destination': _('the destination'),
    'here': _('this host'),
    'peer': _('the other host'),
    'log': '/var/log/libvirt/qemu/GUEST.log',
    'reader': 'QEMU',
    'reload': _('QEMU reads it at the next migration'),
}


def as_rst() -> Iterator[str]:
    """Write every entry, under the titles of its chapter, line by line."""
    for chapter in catalogue.CHAPTERS:
        yield from (chapter.title, '=' * len(chapter.title), '')
        for each in chapter.entries:
            yield from _entry(each)


def _entry(each: entry.Entry) -> Iterator[str]:
    compiled = [sentence.compile_sentence(text) for text in each.sentences]
    names = {
        name: name.upper() for one in compiled for name in one.names()
    } | _PHRASES
    cause = each.cause % names
    shown = [_literal(one.shown()) for one in compiled]
    yield shown[0]
    yield f'{_INDENT}{_text(cause[:1].upper() + cause[1:])}:'
    yield f'{_INDENT}{_text(each.remedy % names)}.'
    yield ''
    for other in shown[1:]:
        yield f'{_INDENT}- {_("the same:")} {other}'
    yield f'{_INDENT}- {_("host to mend:")} {_MEND[each.mend]}'
    yield f'{_INDENT}- {_("words of:")} {", ".join(each.seen)}'
    if each.versions:
        yield f'{_INDENT}- {_("said by:")} {each.versions}'
    identifier = each.id.replace('{', '').replace('}', '')
    yield f'{_INDENT}- {_("id:")} {_literal(identifier)}'
    yield f'{_INDENT}- {_("from:")} {_text(each.upstream)}'
    yield ''


def _literal(text: str) -> str:
    return f'``{text.strip()}``'


def _text(text: str) -> str:
    """Escape markup; what is quoted is something to type."""
    pieces = _COMMAND.split(text)
    return ''.join(
        _literal(piece) if index % 2 else _MARKUP.sub(r'\\\1', piece)
        for index, piece in enumerate(pieces)
    )
