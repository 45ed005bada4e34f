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

"""Adds entries on a file system with less and less room; a program.

It makes a small file system of its own, and prints one JSON object.
"""

from __future__ import annotations

import collections
import json
import os
import pathlib
import sys

from nova_native_tls.evidence import chain
from nova_native_tls.evidence import journal
from nova_native_tls.evidence import verification
from nova_native_tls.store import durable
from tests.functional import small_disk

SIZE = 256 * 1024
PAGES = 8
#: Two of them are a page, and five a file.
VALUE = 'x' * 1800
MAX_BYTES = 10_000


def main(root: str) -> None:
    """Fill it up to the last page, and empty it, many times.

    :param root: an empty directory.
    """
    small_disk.mount(root, SIZE)
    path = f'{root}/evidence'
    ballast = pathlib.Path(root) / 'ballast'
    written = journal.Journal(path, max_bytes=MAX_BYTES, keep_files=3)
    written.append(chain.Kind.MIGRATION, {})
    outcomes: collections.Counter[str] = collections.Counter()
    kept = []
    for number in range(5 * PAGES):
        small_disk.leave_room(ballast, pages=number % PAGES)
        for _time in range(3):
            try:
                kept.append(
                    written.append(chain.Kind.MIGRATION, {'value': VALUE})
                )
                outcomes['written'] += 1
            except durable.WriteFailed:
                outcomes['refused'] += 1
        verdict = verification.verify(journal.read(path), kept[-1:])
        outcomes['problems'] += len(verdict.problems)
        outcomes['notices'] += len(verdict.notices)
        ballast.unlink()
    outcomes['unfinished'] = sum(
        name.startswith(durable.UNFINISHED) for name in os.listdir(root)
    )
    print(json.dumps(outcomes))


if __name__ == '__main__':
    main(*sys.argv[1:])
