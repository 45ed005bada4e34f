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

"""Which environment variables do commands inside the lab get?"""

from __future__ import annotations

from collections.abc import Mapping
import os

#: libvirtd and ip are not on every user's PATH.
SEARCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'


def inside_lab(
    extra: Mapping[str, str] | None = None,
    outside: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the environment for a command inside a node.

    It is the caller's without proxies (nothing behind one can be reached
    from a lab), with the C locale (tests read messages) and with the
    directories of daemons on PATH.

    :param extra: variables to add or replace.
    :param outside: what to start from; the process's own by default.
    """
    source = os.environ if outside is None else outside
    kept = {
        name: value
        for name, value in source.items()
        if not name.lower().endswith('_proxy')
        and not name.startswith('LC_')
        and name not in ('LANG', 'LANGUAGE')
    }
    kept['LC_ALL'] = 'C.UTF-8'
    kept['PATH'] = SEARCH_PATH
    kept.update(extra or {})
    return kept
