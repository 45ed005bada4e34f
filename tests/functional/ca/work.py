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

"""What a CA does all day, for those who interrupt it.

As a program: on a disk that is full.
"""

from __future__ import annotations

from collections.abc import Callable
import datetime
import os
import pathlib
import random
import signal
import sys

from cryptography import x509

from nova_native_tls.ca import authority
from nova_native_tls.ca import birth
from nova_native_tls.ca import ledger
from nova_native_tls.ca import rotation
from nova_native_tls.store import durable
from tests.unit.ca import authorities

NAME = 'host1'


def now() -> datetime.datetime:
    """The time."""
    return datetime.datetime.now(datetime.UTC)


def sign(ca: authority.Authority, name: str) -> int:
    """Sign a request of a new key and give the serial number."""
    signed = ca.sign(
        authorities.request(name),
        terms=authorities.terms(
            name, replacement=authority.Replacement(any_key=True)
        ),
    )
    return x509.load_pem_x509_certificate(signed).serial_number


def rotate(ca: authority.Authority) -> None:
    """Take the next step, when there is nobody to wait for."""
    if list(ca.ledger.valid(now())):
        ca.revoke(name=NAME)
    {
        ledger.Step.STEADY: rotation.start,
        ledger.Step.STARTED: rotation.switch,
        ledger.Step.SWITCHED: rotation.finish,
    }[ca.ledger.step](ca, now=now())


def forever(directory: str, output: int, seed: int) -> None:
    """Sign, revoke and rotate; write what was signed to a pipe."""
    chance = random.Random(seed)
    while True:
        with authority.working(directory, authorities.no_passphrase) as ca:
            if chance.random() < 0.3:
                os.write(output, b'%d\n' % sign(ca, NAME))
            else:
                rotate(ca)


def sign_one(directory: str, output: int) -> None:
    """Sign once, and say what."""
    with authority.working(directory, authorities.no_passphrase) as ca:
        serial = sign(ca, NAME)
    os.write(output, b'%d\n' % serial)


def rotate_one(directory: str, _output: int) -> None:
    """Take one step of a rotation."""
    with authority.working(directory, authorities.no_passphrase) as ca:
        rotate(ca)


def killed_at(count: int, job: Callable[[], None]) -> None:
    """Kill this process at a call that changes files; does not come back.

    :param count: which one it is; if there are fewer, nothing happens.
    """
    calls = iter(range(1, count + 1))
    for name in ('open', 'write', 'fsync', 'rename', 'unlink', 'mkdir'):
        real = getattr(os, name)

        def call(first, *arguments, real=real, **options):
            if next(calls, None) == count:
                if real.__name__ == 'write':
                    content = bytes(arguments[0])
                    real(first, content[: len(content) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return real(first, *arguments, **options)

        setattr(os, name, call)
    job()


def on_full_disk(directory: str) -> None:
    """Do everything where there is no room; raises if any of it works."""
    birth.init(directory)
    with authority.working(directory, authorities.no_passphrase) as ca:
        sign(ca, NAME)
    before = (pathlib.Path(directory) / 'journal').read_bytes()
    filler = pathlib.Path(directory).parent / 'filler'
    with filler.open('wb', buffering=0) as file:
        try:
            while file.write(b'x' * 100):
                pass
        except OSError:
            pass
    jobs: list[Callable[[authority.Authority], object]] = [
        lambda ca: [sign(ca, NAME) for _time in range(20)],
        lambda ca: ca.revoke(name=NAME),
        lambda ca: ca.make_lists(),
        lambda ca: rotation.start(ca, now=now()),
    ]
    for job in jobs:
        with authority.working(directory, authorities.no_passphrase) as ca:
            try:
                job(ca)
            except durable.WriteFailed:
                continue
        raise SystemExit('it was done on a full disk')
    try:
        birth.init(f'{directory}-2')
    except durable.WriteFailed:
        pass
    else:
        raise SystemExit('a CA was made on a full disk')
    after = (pathlib.Path(directory) / 'journal').read_bytes()
    assert after.startswith(before) and after.endswith(b'\n')
    filler.unlink()
    with authority.working(directory, authorities.no_passphrase) as ca:
        sign(ca, NAME)
        ca.make_lists()
        rotation.start(ca, now=now())


if __name__ == '__main__':
    on_full_disk(sys.argv[1])
    print('all of it was refused')
