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

"""How results look: lines for people, plain structures for programs."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

from cliff import columns

from nova_native_tls.migration import adjustments
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import flags
from nova_native_tls.migration import libvirt_abi


class Lines(columns.FormattableColumn[list[Any]]):
    """A list: one item a line for people, a list for programs."""

    def human_readable(self) -> str:
        return '\n'.join(_line(item) for item in self._value) or '-'


class Pairs(columns.FormattableColumn[Mapping[str, Any]]):
    """Names and values: ``name = value`` lines, or an object."""

    def human_readable(self) -> str:
        return '\n'.join(f'{k} = {v}' for k, v in self._value.items()) or '-'


def _line(item: object) -> str:
    if isinstance(item, Mapping):
        head, reason = item['change'], item['reason']
        return f'{head}: {reason}'
    return str(item)


def call_columns(call: migration_call.MigrateCall) -> dict[str, object]:
    """Show a call: flag names, bitmask, parameters."""
    return {
        'flags': Lines(libvirt_abi.in_bit_order(call.flags)),
        'bitmask': call.bitmask,
        'params': Pairs(
            {
                name: list(value) if isinstance(value, tuple) else value
                for name, value in call.params.items()
            }
        ),
    }


def reasons(items: Iterable[flags.Reason]) -> Lines:
    """Show why Nova asks for each part of its call."""
    return Lines([{'change': r.subject, 'reason': r.reason} for r in items])


def changes(items: Iterable[adjustments.Adjustment]) -> Lines:
    """Show adjustments, each with its reason."""
    return Lines(
        [
            {
                'change': f'{item.action} {item.subject}'
                + ('' if item.value is None else f'={item.value}'),
                'reason': item.reason,
            }
            for item in items
        ]
    )
