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

"""What is said of environments that have ended?"""

from __future__ import annotations

from collections.abc import Iterable

from tests.tox_envs import outcome

ADVICE = {
    'cloud': 'run one test alone: .tox/cloud/bin/stestr --test-path '
    './tests/cloud run --serial NAME',
    'cover': 'write tests for the lines that the report names',
    'fidelity': 'see one set again by the options behind "again:": '
    '.tox/fidelity/bin/python -m tests.functional.fidelity --seed N --set M',
    'fidelity-trixie': 'see one set again by the options behind "again:": '
    '.tox/fidelity-trixie/bin/python -m tests.functional.fidelity '
    '--tree trixie --seed N --set M',
    'lab': 'run one test alone: .tox/lab/bin/stestr --test-path ./tests/lab '
    'run --serial NAME',
    'pep8': 'repair what is named; "ruff format" does part of it',
}
LOG_TAIL_LINES = 40


def failure(result: outcome.EnvResult) -> list[str]:
    """The end of the log, and what to do."""
    output = result.log_path.read_text(errors='replace')
    advice = ADVICE.get(result.env, 'read the log')
    return [
        *(f'    | {line}' for line in output.splitlines()[-LOG_TAIL_LINES:]),
        f'    What to do: {advice}; then again: tools/test {result.env}',
        f'    Log: {result.log_path}',
    ]


def total(results: Iterable[outcome.EnvResult]) -> list[str]:
    """A line for each environment, and the sum as the very last line."""
    every = list(results)
    return [
        '',
        'This ran:',
        *(
            f'  {result.env:<17}{result.counts!s:<34}'
            f'{result.duration_s:>6.0f} s  {result.log_path}'
            for result in every
        ),
        str(outcome.total(every)),
    ]
