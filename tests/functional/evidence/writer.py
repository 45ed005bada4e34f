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

"""Adds entries until it is killed; a program of its own.

It prints the anchor of each entry that it was told to be safe.
"""

from __future__ import annotations

import sys

from nova_native_tls.evidence import chain
from nova_native_tls.evidence import journal

#: A handful of entries.
MAX_BYTES = 4000
KEEP_FILES = 40


def main(path: str, name: str, count: str) -> None:
    """Add entries.

    :param name: who this is.
    :param count: how many; 0 means for ever.
    """
    written = journal.Journal(path, max_bytes=MAX_BYTES, keep_files=KEEP_FILES)
    number = 0
    while number < int(count) or count == '0':
        number += 1
        anchor = written.append(
            chain.Kind.MIGRATION, {'by': name, 'number': number}
        )
        print(anchor.long(), flush=True)


if __name__ == '__main__':
    main(*sys.argv[1:])
