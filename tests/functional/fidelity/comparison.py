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

"""Predicts and asks, for one certificate set after another."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
import concurrent.futures
import dataclasses
import os
import pathlib
import tempfile
import time

from nova_native_tls.migration import versions
from nova_native_tls.pki import credential_files
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import finding
from nova_native_tls.pki import verdict
from tests.functional.fidelity import generator
from tests.functional.fidelity import keys
from tests.functional.fidelity import qemu

_DISK_BYTES = 4096
#: In the order of the results.
SIDES = (finding.Side.SOURCE, finding.Side.DESTINATION)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A prediction beside what happened.

    :ivar predicted: (source loads, destination loads, it connects).
    :ivar apart: it connects, as both hosts predict it who know only the
        other one's certificate; None if that is not enough to tell.
    :ivar happened: the same of QEMU.
    :ivar sentences: what QEMU was to say, and on which host; ``said`` what
        both said.
    :ivar broke: the prediction raised, or QEMU gave no answer; its words.
    """

    number: int
    defects: tuple[str, ...]
    predicted: tuple[bool, bool, bool]
    apart: bool | None
    happened: tuple[bool, bool, bool]
    codes: tuple[str, ...]
    sentences: tuple[tuple[str, str], ...]
    said: str
    predict_s: float
    qemu_s: float
    broke: str = ''

    @property
    def agrees(self) -> bool:
        return (
            not self.broke
            and self.predicted == self.happened
            and self.apart in (self.happened[2], None)
        )

    @property
    def told(self) -> bool:
        """QEMU said what was predicted.

        Where one end does not load its files, that is the first sentence of
        this end; else any of the sentences.
        """
        if self.happened[2]:
            return True
        firsts = [
            next((s for side, s in self.sentences if side == of), '')
            for of, loads in zip(SIDES, self.happened, strict=False)
            if not loads
        ]
        if firsts:
            return all(first in self.said for first in firsts)
        return any(words in self.said for _side, words in self.sentences)


def compare(
    numbers: Iterable[int],
    *,
    seed: int,
    version: versions.Version,
    only: Sequence[str] = (),
) -> Iterator[Comparison]:
    """Compare many sets, on all processors; the order is that of their ends.

    :param only: defects that they have in turn, beside those by chance.
    """
    keys.make_ready()
    # Each of them waits for QEMU most of the time.
    workers = 2 * (os.cpu_count() or 1)
    with concurrent.futures.ProcessPoolExecutor(workers) as pool:
        futures = [
            pool.submit(
                compare_one,
                seed,
                number,
                version,
                only[number % len(only)] if only else None,
            )
            for number in numbers
        ]
        try:
            for future in concurrent.futures.as_completed(futures):
                yield future.result()
        finally:
            # Who stops does not wait for all that are left.
            pool.shutdown(cancel_futures=True)


def compare_one(
    seed: int, number: int, version: versions.Version, only: str | None = None
) -> Comparison:
    """Make one set, predict, and ask QEMU."""
    with tempfile.TemporaryDirectory(prefix='fidelity-') as name:
        directory = pathlib.Path(name)
        one = generator.generate(seed, number, directory, only)
        disk = directory / 'disk'
        disk.write_bytes(bytes(_DISK_BYTES))
        begin = time.perf_counter()
        try:
            found = predict(one, version)
            middle = time.perf_counter()
            apart = predict_apart(one, version)
            broke = ''
        except Exception as err:
            found = verdict.PairVerdict(
                source_loads=False, destination_loads=False, findings=()
            )
            broke = f'{type(err).__name__}: {err}'
            middle = time.perf_counter()
            apart = None
        before = time.perf_counter()
        try:
            answer = qemu.ask(one, disk)
        except qemu.Broken as err:
            answer = qemu.NO_ANSWER
            broke = f'{broke} QEMU gave no answer: {err}'.strip()
        end = time.perf_counter()
        return Comparison(
            number=number,
            defects=one.defects,
            predicted=(
                found.source_loads,
                found.destination_loads,
                found.qemu_verdict is verdict.QemuVerdict.YES,
            ),
            apart=apart,
            happened=(
                answer.source_loads,
                answer.destination_loads,
                answer.connects,
            ),
            codes=tuple(
                each.code for each in found.findings if not each.stricter
            ),
            sentences=tuple(
                (each.side, each.sentence.replace(name, ''))
                for each in found.findings
                if not each.stricter
            ),
            said=f'source: {answer.source}\n'.replace(name, '')
            + f'destination: {answer.destination}'.replace(name, ''),
            predict_s=middle - begin,
            qemu_s=end - before,
            broke=broke,
        )


def predict(
    one: generator.CertificateSet, version: versions.Version
) -> verdict.PairVerdict:
    """Predict as the offline form of the command does."""
    return verdict.of_pair(
        credential_files.read(str(one.source), passphrase=one.passphrase),
        credential_files.read(str(one.destination), passphrase=one.passphrase),
        name=one.name,
        qemu_version=version,
        priority=one.priority or verdict.PRIORITY,
        verify=one.verify,
    )


def predict_apart(
    one: generator.CertificateSet, version: versions.Version
) -> bool | None:
    """Predict as two hosts do that tell each other what they show."""
    ends = {
        end: credential_files.read(str(directory), passphrase=one.passphrase)
        for end, directory in (
            (credential_set.Endpoint.CLIENT, one.source),
            (credential_set.Endpoint.SERVER, one.destination),
        )
    }
    own = {
        end: verdict.of_host(files, end, qemu_version=version)
        for end, files in ends.items()
    }
    found: list[verdict.Verdict] = [*own.values()]
    for end, other in zip(ends, reversed(ends), strict=True):
        found.append(
            verdict.of_peer(
                ends[end],
                end,
                own[other].shown,
                name=one.name,
                qemu_version=version,
                priority=one.priority or verdict.PRIORITY,
                verify=one.verify,
            )
        )
    refused = [
        each
        for each in found
        if each.qemu_verdict is not verdict.QemuVerdict.YES
    ]
    source = own[credential_set.Endpoint.CLIENT]
    if refused == [source] and not one.verify:
        # Its key may not be used at all, which the source cannot know.
        loaded = verdict.load(
            ends[credential_set.Endpoint.CLIENT],
            credential_set.Endpoint.CLIENT,
            qemu_version=version,
        ).loaded
        return False if loaded.faults else None
    return not refused
