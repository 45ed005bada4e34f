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

"""What does a configuration file of oslo.config look like?"""

from __future__ import annotations

from collections.abc import Mapping

#: Several of an option that may be given more than once.
Value = str | int | bool | float | tuple[str, ...]
Sections = Mapping[str, Mapping[str, Value]]
#: None takes an option out.
Changes = Mapping[str, Mapping[str, Value | None]]


def merged(*layers: Changes) -> dict[str, dict[str, Value]]:
    """Return sections with later layers over earlier ones."""
    result: dict[str, dict[str, Value]] = {}
    for layer in layers:
        for section, options in layer.items():
            target = result.setdefault(section, {})
            for name, value in options.items():
                if value is None:
                    target.pop(name, None)
                else:
                    target[name] = value
    return result


def render(sections: Sections) -> str:
    """Return the file.

    :raises ValueError: a value of more than one line.
    """
    lines = []
    for section, options in sections.items():
        lines.append(f'[{section}]')
        lines += [
            f'{name} = {_text(each)}'
            for name, value in options.items()
            for each in (value if isinstance(value, tuple) else (value,))
        ]
        lines.append('')
    return '\n'.join(lines)


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    if '\n' in text:
        raise ValueError(f'an option has one line, not {text!r}')
    # oslo.config replaces $name.
    return text.replace('$', '$$')
