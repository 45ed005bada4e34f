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

"""How does this process find out what another user can read?"""

from __future__ import annotations

from nova_native_tls.host import read_as_user
from nova_native_tls.host import read_by_permission
from nova_native_tls.host import seen_files

STATUS = '/proc/self/status'
#: CAP_SETGID and CAP_SETUID, include/uapi/linux/capability.h.
_BECOME_OTHERS = 1 << 6 | 1 << 7


def choose(status: str = STATUS) -> seen_files.Reader:
    """Choose: become that user where that is possible, else compute."""
    return (
        read_as_user.read
        if _capabilities(status) & _BECOME_OTHERS == _BECOME_OTHERS
        else read_by_permission.read
    )


def _capabilities(status: str) -> int:
    with open(status, encoding='utf-8', errors='replace') as lines:
        for line in lines:
            if line.startswith('CapEff:'):
                return int(line.split()[1], 16)
    return 0
