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

"""On what was it measured?"""

from __future__ import annotations

from collections.abc import Iterable
import datetime
import os
import pathlib
import platform

_SYS = pathlib.Path('/sys')
#: VIRTIO_BALLOON_F_REPORTING (include/uapi/linux/virtio_balloon.h).
_REPORTING = 5
#: The hosts, where there were none.
NONE = 'none'
#: MAX_PAGE_ORDER of most kernels; nothing larger is ever reported.
_LARGEST_ORDER = 10


def describe(hosts: Iterable[str]) -> dict[str, str]:
    """Describe the machine, and the hosts on it.

    :param hosts: what the hosts run, one line for each kind.
    """
    memory = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')
    return {
        'date': datetime.datetime.now(datetime.UTC).date().isoformat(),
        'processor': _processor(),
        'processors': str(len(os.sched_getaffinity(0))),
        'memory': f'{memory / 2**30:.0f} GiB{_given_back()}',
        'kernel': f'{platform.system()} {platform.release()}',
        'hosts': '; '.join(dict.fromkeys(hosts)) or NONE,
        'guests': 'without hardware virtualization (TCG)',
    }


def _given_back(sys: pathlib.Path = _SYS) -> str:
    """Say whether memory has to be had from elsewhere each time.

    A virtual machine whose kernel gives free memory back to its host gets
    it again page by page, which takes longer than to send it: a destination
    then limits every way of migrating to the same.
    """
    orders = sys / 'module/page_reporting/parameters/page_reporting_order'
    try:
        order = int(orders.read_text())
    except FileNotFoundError:
        return ''
    balloons = sys.glob('bus/virtio/drivers/virtio_balloon/virtio*/features')
    reports = any(
        each.read_text()[_REPORTING : _REPORTING + 1] == '1'
        for each in balloons
    )
    if not reports or order > _LARGEST_ORDER:
        return ''
    return ', given back to the host of this virtual machine when it is free'


def _processor() -> str:
    with open('/proc/cpuinfo', encoding='utf-8') as file:
        # Of the last processor; all are alike.
        pairs = [line.partition(':') for line in file]
    lines = {name.strip(): value.strip() for name, _colon, value in pairs}
    name = lines.get('model name', platform.machine())
    extensions = lines.get('flags', lines.get('Features', '')).split()
    aes = 'with' if 'aes' in extensions else 'without'
    return f'{name}, {aes} instructions for AES'
