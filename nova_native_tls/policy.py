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


"""Must this guest's migration be encrypted, and who says so?

Pure: names, values and whose they are come in, a decision goes out.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import dataclasses
import enum

from nova_native_tls._i18n import _

#: Of flavors (as an extra spec), images, instances and host aggregates. In
#: image properties the colon is an underscore.
KEY = 'native_tls:migration_encryption'
IMAGE_KEY = 'native_tls_migration_encryption'


class Encryption(enum.StrEnum):
    """What is asked for; a later one is stricter."""

    DISABLED = 'disabled'
    OPPORTUNISTIC = 'opportunistic'
    REQUIRED = 'required'

    def is_weaker_than(self, other: Encryption) -> bool:
        """Tell whether more may cross in clear text."""
        order = list(Encryption)
        return order.index(self) < order.index(other)


class Level(enum.StrEnum):
    """Who may say it, from afar to near; the nearest wins."""

    CLOUD = 'cloud'
    AGGREGATE = 'aggregate'
    FLAVOR = 'flavor'
    IMAGE = 'image'
    INSTANCE = 'instance'


_BY_DEFAULT = _('[libvirt] live_migration_with_native_tls')

#: What these say a tenant can write.
TENANTS = frozenset({Level.IMAGE, Level.INSTANCE})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One that says something.

    :ivar name: which aggregate, flavor or image, for people.
    :ivar value: as it was written, whatever that is.
    """

    level: Level
    value: str
    name: str = ''

    def __str__(self) -> str:
        return f'{self.level} {self.name}'.rstrip()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What counts.

    :ivar rule: whose word it is; None for what follows from the options.
    :ivar notes: what did not count, or not as it was written, and why.
    """

    encryption: Encryption
    rule: Rule | None = None
    notes: tuple[str, ...] = ()

    @property
    def owner(self) -> str:
        """Whose word it is, for people."""
        return str(self.rule) if self.rule else _BY_DEFAULT

    def or_stricter(self, other: Decision) -> Decision:
        """Take what the other end of a migration wants, if it is stricter.

        What follows there from the options alone is about the migrations that
        begin there.
        """
        if other.rule is None or not self.encryption.is_weaker_than(
            other.encryption
        ):
            return self
        return dataclasses.replace(other, notes=self.notes + other.notes)


def decide(
    rules: Iterable[Rule], *, native_tls: bool, allow_weaker_instances: bool
) -> Decision:
    """Let the nearest win, within what its author may decide.

    A tenant, and with ``allow_weaker_instances`` off also a flavor, can only
    make it stricter. A value that is none counts as the strictest: nobody
    writes one who wants clear text. Of several rules of one level, as of a
    source and a destination in different aggregates, the strictest counts.

    :param rules: of the cloud, both hosts' aggregates, and the guest.
    :param native_tls: ``[libvirt] live_migration_with_native_tls``, which
        counts where nobody says anything.
    """
    decision = Decision(
        encryption=Encryption.REQUIRED if native_tls else Encryption.DISABLED
    )
    for level, said in _by_level(rules):
        wanted, notes = _strictest(said)
        weaker = wanted.encryption.is_weaker_than(decision.encryption)
        may_weaken = level not in TENANTS and (
            level is not Level.FLAVOR or allow_weaker_instances
        )
        if weaker and not may_weaken:
            assert wanted.rule is not None
            notes += (_ignored(wanted.rule, decision),)
            wanted = decision
        decision = dataclasses.replace(wanted, notes=decision.notes + notes)
    return decision


def _by_level(rules: Iterable[Rule]) -> Iterator[tuple[Level, list[Rule]]]:
    found = list(rules)
    for level in Level:
        said = [rule for rule in found if rule.level is level]
        if said:
            yield level, said


def _strictest(rules: list[Rule]) -> tuple[Decision, tuple[str, ...]]:
    read = [_read(rule) for rule in rules]
    best = read[0][0]
    for decision, _note in read[1:]:
        if best.encryption.is_weaker_than(decision.encryption):
            best = decision
    return best, tuple(note for _decision, note in read if note)


def _read(rule: Rule) -> tuple[Decision, str]:
    try:
        return Decision(encryption=Encryption(rule.value), rule=rule), ''
    except ValueError:
        note = _(
            '%(rule)s says "%(value)s", which is none of %(values)s: it '
            'counts as required'
        ) % {
            'rule': rule,
            'value': rule.value,
            'values': ', '.join(Encryption),
        }
        return Decision(encryption=Encryption.REQUIRED, rule=rule), note


def _ignored(rule: Rule, decision: Decision) -> str:
    return _(
        '%(rule)s says %(value)s, which does not count: it may not be weaker '
        'than %(encryption)s, as %(by)s says'
    ) % {
        'rule': rule,
        'value': rule.value,
        'encryption': decision.encryption,
        'by': decision.owner,
    }
