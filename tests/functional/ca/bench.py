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

"""How many hosts' requests does the CA sign in a second?

``tools/bench ca [--requests N] [--kind KIND ...] [--directory DIR]``

Each request is a host of its own, with a key of its own unless that is RSA;
all are made beforehand. Certificates are in the journal, on the disk, before
they are given out: one by one, or a hundred at once. Beside the rate stand
what bounds it: what ``openssl speed`` says of the bare signature with the same
kind of key, before and after, and how often in a second a line of that length
gets to the disk, measured in between; a file system in memory takes no time.
The former is per second of the processor, so it is compared with the
processor's time, which does not count what the disk and other programs take.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import dataclasses
import datetime
import os
import pathlib
import statistics
import subprocess
import tempfile
import time
from typing import Any
from unittest import mock

from nova_native_tls.ca import allowed_names
from nova_native_tls.ca import authority
from nova_native_tls.ca import birth
from nova_native_tls.ca import files
from nova_native_tls.ca import reading
from nova_native_tls.ca import request
from nova_native_tls.pki import key_type
from nova_native_tls.pki import profile
from tests.unit.ca import authorities

REQUESTS = 10_000
#: One, as a host renews; many, as ``ca sign`` takes them.
AT_ONCE = (1, 100)
NAME = 'host{}.example.org'
#: How often the disk is measured in between, and with how many lines.
PORTIONS = 10
LINES = 30
LINE_BYTES = 400
#: What openssl calls them, and how its line begins.
OPENSSL = {
    key_type.KeyType.ECDSA_P256: ('ecdsap256', '+F4:'),
    key_type.KeyType.RSA_3072: ('rsa3072', '+F2:'),
    key_type.KeyType.ED25519: ('ed25519', '+F6:'),
}
#: Keys of RSA take too long to make one for each host.
RSA_KEYS = 8


def openssl_speed(kind: key_type.KeyType) -> tuple[float, float]:
    """What openssl signs and verifies in a second."""
    algorithm, mark = OPENSSL[kind]
    done = subprocess.run(
        ['openssl', 'speed', '-mr', '-seconds', '2', algorithm],
        capture_output=True,
        encoding='utf-8',
        check=True,
    )
    (line,) = (
        line for line in done.stdout.split('\n') if line.startswith(mark)
    )
    sign, verify = line.split(':')[-2:]
    return float(sign), float(verify)


def disk_speed(directory: str) -> float:
    """How many lines a second get to the disk, each waited for."""
    with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
        began = time.perf_counter()
        for _line in range(LINES):
            file.write(bytes(LINE_BYTES))
            os.fsync(file.fileno())
        return LINES / (time.perf_counter() - began)


def requests(kind: key_type.KeyType, count: int) -> list[bytes]:
    """Make them, each with its own name."""
    pool = [
        key_type.make(kind)
        for _key in range(
            RSA_KEYS if kind is key_type.KeyType.RSA_3072 else count
        )
    ]
    return [
        authorities.request(NAME.format(number), key=pool[number % len(pool)])
        for number in range(count)
    ]


@dataclasses.dataclass(slots=True)
class Took:
    """Seconds by the clock, and seconds of the processor."""

    wall_s: float = 0
    processor_s: float = 0

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        """Count what is done meanwhile."""
        wall, processor = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            self.wall_s += time.perf_counter() - wall
            self.processor_s += time.process_time() - processor


class Clock:
    """Adds up how long each part takes.

    :ivar whole: all of it.
    """

    def __init__(self) -> None:
        self.whole = Took()
        self.parts: dict[str, Took] = {}

    def timed(self, part: str, real: Callable[..., Any]) -> Any:
        """The same function, but its time is counted."""
        took = self.parts[part] = Took()

        def call(*arguments: Any, **options: Any) -> Any:
            with took.counted():
                return real(*arguments, **options)

        return call

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Count what the CA does."""
        with contextlib.ExitStack() as stack:
            for part, owner, name in (
                ('reading and verifying the request', request, 'read'),
                ('building and signing', profile, 'host'),
                ('writing it to the disk', files.Files, 'append'),
            ):
                real = getattr(owner, name)
                stack.enter_context(
                    mock.patch.object(owner, name, self.timed(part, real))
                )
            yield


def sign(
    directory: str, csrs: list[bytes], clock: Clock, *, at_once: int
) -> float:
    """Sign all of them; gives the speed of the disk meanwhile."""
    lines = []
    with (
        authority.working(directory, authorities.no_passphrase) as ca,
        clock.running(),
    ):
        ca.loaded(1)
        terms = authority.Terms(
            allowed=allowed_names.AllowedNames(patterns=('*.example.org',))
        )
        portion = at_once * max(1, len(csrs) // PORTIONS // at_once)
        for first in range(0, len(csrs), portion):
            some = csrs[first : first + portion]
            with clock.whole.counted():
                for start in range(0, len(some), at_once):
                    ca.sign_all(some[start : start + at_once], terms=terms)
            lines.append(disk_speed(os.path.dirname(directory)))
    return statistics.harmonic_mean(lines)


def measure(kind: key_type.KeyType, count: int, where: str | None) -> None:
    """Measure one kind of key and print it.

    :param where: a directory, on the disk that is measured.
    """
    csrs = requests(kind, count)
    print(f'{kind}: {count} requests')
    for at_once in AT_ONCE:
        clock = Clock()
        before = openssl_speed(kind)
        with tempfile.TemporaryDirectory(dir=where) as root:
            directory = str(pathlib.Path(root) / 'ca')
            birth.init(directory, kind=kind)
            lines = sign(directory, csrs, clock, at_once=at_once)
            began = time.perf_counter()
            state = reading.Reading(directory).ledger
            read_s = time.perf_counter() - began
        signed = list(state.valid(datetime.datetime.now(datetime.UTC)))
        if len({one.serial for one in signed}) != count:
            raise SystemExit(f'{len(signed)} of {count} are in the journal')
        bare, verify = (
            statistics.mean(column)
            for column in zip(before, openssl_speed(kind), strict=True)
        )
        show(clock, count, at_once, bare=bare, verify=verify, lines=lines)
    print(f'  {read_s * 1000:.0f} ms to read the journal of all of them')


def show(
    clock: Clock,
    count: int,
    at_once: int,
    *,
    bare: float,
    verify: float,
    lines: float,
) -> None:
    """Print one row, and where the time went."""
    both = 1 / (1 / bare + 1 / verify)
    whole = clock.whole
    rate = count / whole.wall_s
    by_processor = count / whole.processor_s
    print(
        f'  {at_once} at a time: {rate:.0f} certificates per second '
        f'({whole.wall_s:.1f} s), {by_processor:.0f} per second of the '
        'processor\n'
        f'    openssl speed: {bare:.0f} signatures per second of the '
        f'processor, {bare / by_processor:.1f} times as many;\n'
        f'    {both:.0f} with the one of the request verified, '
        f'{both / by_processor:.1f} times as many\n'
        f'    the disk alone: {lines:.0f} lines per second, each waited for'
        + (f', {lines / rate:.1f} times as many' if at_once == 1 else '')
    )
    rest = Took(
        whole.wall_s - sum(each.wall_s for each in clock.parts.values()),
        whole.processor_s
        - sum(each.processor_s for each in clock.parts.values()),
    )
    for part, took in {**clock.parts, 'the rest': rest}.items():
        print(
            f'    {took.wall_s / count * 1e6:6.0f} microseconds each, '
            f'{took.processor_s / count * 1e6:6.0f} of the processor: {part}'
        )


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--requests', type=int, default=REQUESTS)
    parser.add_argument(
        '--kind',
        nargs='+',
        type=key_type.KeyType,
        default=list(key_type.KeyType),
    )
    parser.add_argument(
        '--directory', help='where the CA is made; default: as for all tests'
    )
    arguments = parser.parse_args()
    for kind in arguments.kind:
        measure(kind, arguments.requests, arguments.directory)


if __name__ == '__main__':
    main()
