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

"""Which environments run, and which of them beside one another?"""

from __future__ import annotations

from collections.abc import Sequence

#: All that tools/test runs, so all that CI runs.
ENVS = (
    'pep8',
    'py3',
    'functional',
    'fidelity',
    'fidelity-trixie',
    'upstream-nova29',
    'upstream-nova34',
    'lab',
    'cloud',
    'docs',
    'releasenotes',
    'genconfig',
    'cover',
)
#: These wait most of the time, for guests and services. They run one after
#: another, and all others beside them.
WAITING = ('lab', 'cloud')


def lanes(envs: Sequence[str], *, serial: bool) -> list[tuple[str, ...]]:
    """Part environments into those that run one after another.

    :returns: first what is to have the processors when it needs them.
    """
    if serial:
        return [tuple(envs)]
    parted = (
        tuple(env for env in envs if env in WAITING),
        tuple(env for env in envs if env not in WAITING),
    )
    return [lane for lane in parted if lane]
