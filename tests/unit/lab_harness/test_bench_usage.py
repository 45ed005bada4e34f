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

"""``tools/bench`` tells of all that it can measure.

Its help is its own: it has to be there before anything is installed.
"""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys

import testtools

from tests.lab.bench import __main__ as bench

REPO = pathlib.Path(__file__).resolve().parent.parent.parent.parent

#: Of the subject that alone has a program of its own.
OTHERS = {'--requests', '--kind', '--directory'}


def _help(*argv: str) -> str:
    done = subprocess.run(
        argv, cwd=REPO, capture_output=True, text=True, check=True
    )
    return done.stdout


class UsageTest(testtools.TestCase):
    """What is printed without measuring."""

    def test_subjects(self) -> None:
        """Each has its line."""
        told = re.findall(r'^  (\w+) ', _help('tools/bench', '--help'), re.M)

        self.assertEqual([*bench.SUBJECTS], told)

    def test_options(self) -> None:
        """Each is named, and no other."""
        told, known = (
            set(re.findall(r'--[a-z-]+', _help(*argv)))
            for argv in (
                ('tools/bench', '--help'),
                (sys.executable, '-m', 'tests.lab.bench', '--help'),
            )
        )

        self.assertEqual(known, told - OTHERS)
