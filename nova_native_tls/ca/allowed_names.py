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

"""Which names an operator allows in a certificate."""

from __future__ import annotations

from collections.abc import Iterable
import dataclasses
import re

from nova_native_tls._i18n import _
from nova_native_tls.ca import request
from nova_native_tls import host_names


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AllowedNames:
    """What may be asked for; whatever is not named is not allowed.

    :ivar names: host names and addresses.
    :ivar patterns: host names in which an asterisk stands for a part of a
        label or all of it, never for a dot; addresses match none.
    """

    names: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()

    def check(self, asked: Iterable[str]) -> None:
        """Let a request pass only if all of its names are allowed.

        :raises RequestRefused: one is not, or what is allowed is no name.
        """
        exact = {request.canonical(name) for name in self.names}
        patterns = [_compile(pattern) for pattern in self.patterns]
        refused = [
            name
            for name in asked
            if name not in exact
            and (
                host_names.is_ip_address(name)
                or not any(pattern.fullmatch(name) for pattern in patterns)
            )
        ]
        if refused:
            raise request.refusal(
                _(
                    'it asks for %(names)s, which is not allowed: if the '
                    'host has it, add %(options)s'
                )
                % {
                    'names': ', '.join(refused),
                    'options': ' '.join(f'--name {n}' for n in refused),
                }
            )


def _compile(pattern: str) -> re.Pattern[str]:
    # An asterisk is to stand where a host name may have a letter.
    if not host_names.is_host_name(pattern.replace('*', 'x')):
        raise request.refusal(_('"%s" is no pattern of host names') % pattern)
    literal = (re.escape(part) for part in pattern.lower().split('*'))
    return re.compile('[^.]*'.join(literal), re.ASCII)
