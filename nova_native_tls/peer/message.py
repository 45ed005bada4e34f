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

"""What the other host wrote, read as foreign input: bounded JSON."""

from __future__ import annotations

import json
from typing import Any

from nova_native_tls._i18n import _
from nova_native_tls import exception


def loads(text: str, *, max_length: int) -> dict[str, Any]:
    """Read one object; what is in it is the caller's to check.

    :param max_length: in characters.
    :raises FactsUnreadable: too long, not JSON, or not an object.
    """
    if len(text) > max_length:
        raise exception.FactsUnreadable(
            problem=_('%(length)d characters, at most %(limit)d are read')
            % {'length': len(text), 'limit': max_length}
        )
    try:
        read = json.loads(text)
    except (ValueError, RecursionError) as err:
        raise exception.FactsUnreadable(problem=err) from err
    if not isinstance(read, dict):
        raise exception.FactsUnreadable(problem=_('it is no JSON object'))
    return read
