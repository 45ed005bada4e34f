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

"""How many hosts' requests does the CA sign in a second, for the table?

``tests/functional/ca/bench.py`` measures, and tells more when it is run for
itself.
"""

from __future__ import annotations

from collections.abc import Callable
import pathlib
import tempfile

from nova_native_tls.ca import birth
from nova_native_tls.pki import key_type
from tests.functional.ca import bench as ca_bench
from tests.lab.bench import sheet as bench_sheet

RATE, PROCESSOR, ALONE = 'signed', 'of the processor', 'openssl speed'
REQUESTS = 1000


def sheet() -> bench_sheet.Sheet:
    """Give the sheet that this fills."""
    return bench_sheet.Sheet(
        subject='ca',
        title='Certificates that the CA signs',
        columns=(
            bench_sheet.Column(name=RATE, unit='per second', digits=0),
            bench_sheet.Column(name=PROCESSOR, unit='per second', digits=0),
            bench_sheet.Column(name=ALONE, unit='per second', digits=0),
        ),
    )


def run(
    sheet: bench_sheet.Sheet, *, rounds: int, tell: Callable[[str], None]
) -> None:
    """Have requests signed so often, the kinds of keys in turn."""
    made = {
        kind: ca_bench.requests(kind, REQUESTS) for kind in key_type.KeyType
    }
    for number in range(rounds):
        for kind, csrs in made.items():
            alone, _verify = ca_bench.openssl_speed(kind)
            for at_once in ca_bench.AT_ONCE:
                clock = ca_bench.Clock()
                with tempfile.TemporaryDirectory() as root:
                    directory = str(pathlib.Path(root) / 'ca')
                    birth.init(directory, kind=kind)
                    ca_bench.sign(directory, csrs, clock, at_once=at_once)
                rate = REQUESTS / clock.whole.wall_s
                sheet.add(
                    str(kind),
                    f'{at_once} at a time',
                    {
                        RATE: rate,
                        PROCESSOR: REQUESTS / clock.whole.processor_s,
                        ALONE: alone,
                    },
                )
                tell(
                    f'{number + 1} of {rounds}, CA, {kind}, {at_once} at a '
                    f'time: {rate:.0f} per second'
                )
