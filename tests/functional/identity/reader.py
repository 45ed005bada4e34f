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

"""Reads a set of files as QEMU does, beside those who replace it.

A program of its own. It opens the files in QEMU's order (crypto/
tlscredsx509.c, QEMU 7.2), and says what it got as one JSON object.
"""

from __future__ import annotations

from collections.abc import Callable
import json
import os
import pathlib
import random
import select
import sys
import time

#: Looked for first; then opened, the first two also to be checked.
LOOKED_FOR = (
    *('ca-cert.pem', 'ca-crl.pem', 'server-cert.pem', 'server-key.pem'),
    'dh-params.pem',
)
OPENED = (
    *('server-cert.pem', 'ca-cert.pem', 'ca-cert.pem', 'server-cert.pem'),
    *('server-key.pem', 'ca-crl.pem', 'dh-params.pem'),
)


def load(directory: pathlib.Path, pause_s: float) -> tuple[set[bytes], float]:
    """Read all files: what they hold, one value if they are of one set.

    :param pause_s: between two of them.
    :returns: and the longest time between two of them, in seconds.
    """
    there = [
        name for name in LOOKED_FOR if os.access(directory / name, os.R_OK)
    ]
    found = set()
    longest_s, before = 0.0, None
    for name in OPENED:
        if name in there:
            with open(directory / name, 'rb') as file:
                now = time.monotonic()
                longest_s = max(longest_s, now - (before or now))
                before = now
                found.add(file.read())
            time.sleep(pause_s)
    return found, longest_s


def load_repeatedly(
    directory: pathlib.Path, seed: str, too_long_s: str
) -> None:
    """Read at random moments, until standard input ends.

    A load in which the system let this process wait between two files for too
    long is not counted: that is what a swap cannot see.
    """
    chance = random.Random(seed)
    counts = {'loads': 0, 'mixes': 0, 'too_long': 0}
    while not select.select([sys.stdin], [], [], 0)[0]:
        found, longest_s = load(directory, chance.choice([0, 0.001, 0.004]))
        if longest_s > float(too_long_s):
            counts['too_long'] += 1
        else:
            counts['loads'] += 1
            counts['mixes'] += len(found) != 1
        time.sleep(chance.expovariate(1 / 0.3))
    print(json.dumps(counts))


def load_late(directory: pathlib.Path) -> None:
    """Follow the link to a file, and open it when the link has changed."""
    link = directory / '.current'
    before = os.readlink(link)
    found = os.open(directory / OPENED[0], os.O_PATH)
    print('found', flush=True)
    while os.readlink(link) == before:
        pass
    # The one that was found then, as if it were only opened now.
    with open(f'/proc/self/fd/{found}', 'rb') as file:
        first = file.read()
    rest = {(directory / name).read_bytes() for name in OPENED[1:5]}
    print(json.dumps({'first': first.decode(), 'mixed': rest != {first}}))


def load_slowly(directory: pathlib.Path, pause_s: str) -> None:
    """Read one set, and say so after the first file."""
    first = (directory / OPENED[0]).read_bytes()
    print('first', flush=True)
    time.sleep(float(pause_s))
    rest = {(directory / name).read_bytes() for name in OPENED[1:5]}
    print(json.dumps({'first': first.decode(), 'mixed': rest != {first}}))


READERS: dict[str, Callable[..., None]] = {
    'repeatedly': load_repeatedly,
    'late': load_late,
    'slowly': load_slowly,
}

if __name__ == '__main__':
    {'repeatedly': load_repeatedly, 'late': load_late, 'slowly': load_slowly}[
        sys.argv[1]
    ](pathlib.Path(sys.argv[2]), *sys.argv[3:])
