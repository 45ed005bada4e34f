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

"""What one end says about encrypting one migration, on its way to the other.

Read as foreign input: bounded, typed, and refused in one sentence.
"""

from __future__ import annotations

from collections.abc import Iterable
import dataclasses
import json
from typing import Any

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls.peer import message
from nova_native_tls import policy

#: Raised only when an older reader would misunderstand a newer writer.
FORMAT = 1
MAX_LENGTH = 32 * 1024
MAX_PROBLEMS = 10
MAX_SENTENCE_LENGTH = 500
MAX_NAME_LENGTH = 255


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What one end says.

    :ivar decision: the policy's, as far as that end knows; its notes are not
        sent.
    :ivar encrypted: what is done; None as long as that end does not know.
    :ivar problems: what keeps it from TLS, a sentence each; empty if nothing
        does, None if nobody looked.
    """

    decision: policy.Decision
    encrypted: bool | None = None
    problems: tuple[str, ...] | None = None


def dumps(terms: Terms) -> str:
    """Write it for the other host, as one line of JSON."""
    rule = terms.decision.rule
    return json.dumps(
        {
            'format': FORMAT,
            'encryption': terms.decision.encryption,
            'rule': rule
            and {
                'level': rule.level,
                'name': _printable(rule.name, MAX_NAME_LENGTH),
                'value': _printable(rule.value, MAX_NAME_LENGTH),
            },
            'encrypted': terms.encrypted,
            'problems': None
            if terms.problems is None
            else _sentences(terms.problems),
        },
        sort_keys=True,
    )


def _sentences(problems: Iterable[str]) -> list[str]:
    return [
        _printable(problem, MAX_SENTENCE_LENGTH)
        for problem in list(problems)[:MAX_PROBLEMS]
    ]


def _printable(text: str, length: int) -> str:
    return ''.join(c for c in text if c.isprintable())[:length]


def loads(text: str) -> Terms:
    """Read what the other host wrote.

    :raises FactsUnreadable: too long, not JSON, or a part is missing or not
        what it should be.
    """
    read = message.loads(text, max_length=MAX_LENGTH)
    if read.get('format') != FORMAT:
        raise exception.FactsUnreadable(
            problem=_(
                'its policy is not of format %d: upgrade the older of the two'
            )
            % FORMAT
        )
    return Terms(
        decision=policy.Decision(
            encryption=_encryption(read.get('encryption')),
            rule=_rule(read.get('rule')),
        ),
        encrypted=_encrypted(read.get('encrypted')),
        problems=_problems(read.get('problems')),
    )


def _encryption(value: Any) -> policy.Encryption:
    try:
        return policy.Encryption(value)
    except ValueError as err:
        raise _wrong('encryption') from err


def _level(value: Any) -> policy.Level:
    try:
        return policy.Level(value)
    except ValueError as err:
        raise _wrong('level') from err


def _rule(value: Any) -> policy.Rule | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _wrong('rule')
    return policy.Rule(
        level=_level(value.get('level')),
        name=_text(value.get('name'), 'name', MAX_NAME_LENGTH),
        value=_text(value.get('value'), 'value', MAX_NAME_LENGTH),
    )


def _encrypted(value: object) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise _wrong('encrypted')
    return value


def _problems(value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > MAX_PROBLEMS:
        raise _wrong('problems')
    return tuple(
        _text(each, 'problems', MAX_SENTENCE_LENGTH) for each in value
    )


def _text(value: object, field: str, length: int) -> str:
    if (
        not isinstance(value, str)
        or len(value) > length
        or not value.isprintable()
    ):
        raise _wrong(field)
    return value


def _wrong(field: str) -> exception.FactsUnreadable:
    return exception.FactsUnreadable(
        problem=_('%s is missing or of the wrong kind') % field
    )
