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

"""How long does Nova take to refuse a migration for a certificate?

Run as root: ``python -m tests.cloud.refusal_times [ROUNDS]``. It is measured
by Nova's REST API, as a user would: from the answer that Nova has accepted
the request until its record of the migration has come to its end.
"""

from __future__ import annotations

from collections.abc import Iterable
import os
import statistics
import sys
import time

from tests.cloud import faults
from tests.cloud.harness.api import live_migrations
from tests.cloud.harness.cloud import cloud as cloud_cloud
from tests.cloud.harness.guest import virtual_machine
from tests.cloud.harness.settings import options as cloud_options
from tests.lab.harness import errors
from tests.lab.harness.pki import pki

NAME = 'refusal-times'
DRIVER = 'native_tls.NativeTLSDriver'
MEMORY_MIB = 64
POLL_S = 0.01
TIMEOUT_S = 60


def measure(
    machine: virtual_machine.VirtualMachine,
    migrations: live_migrations.LiveMigrations,
    host: str,
) -> float:
    """Ask for a migration, and return the seconds until it was refused.

    :raises LabError: it was not.
    """
    request = migrations.start(machine.id, host)
    accepted = time.monotonic()
    while True:
        found = migrations.current(request)
        taken = time.monotonic() - accepted
        if found is not None and found.status in live_migrations.FINAL:
            break
        if taken > TIMEOUT_S:
            raise errors.LabError(f'{found} has no end')
        time.sleep(POLL_S)
    outcome = migrations.wait(request)
    if outcome.status != 'error' or outcome.was_asked:
        raise errors.LabError(f'not refused by a pre-check: {outcome}')
    return taken


def run(cloud: cloud_cloud.Cloud, rounds: int) -> dict[str, list[float]]:
    """Measure every fault so often; seconds by the fault's name."""
    source, destination = cloud.lab.hosts
    ends = faults.Ends(
        source=source,
        destination=destination,
        authority=pki.CertificateAuthority('QEMU migration CA'),
    )
    ends.make_healthy()
    machine = virtual_machine.boot(
        cloud, 'refused', host=source.name, memory_mib=MEMORY_MIB
    )
    found: dict[str, list[float]] = {fault.name: [] for fault in faults.ALL}
    try:
        for _round in range(rounds):
            for fault in faults.ALL:
                fault.inflict(ends, fault.role)
                found[fault.name].append(
                    measure(machine, cloud.migrations, destination.name)
                )
                ends.make_healthy()
    finally:
        machine.delete()
    return found


def report(found: dict[str, list[float]]) -> Iterable[str]:
    """Write a table: seconds from the request to the end."""
    width = max(map(len, found))
    yield f'{"fault":{width}}  {"found by":17}  median     max'
    for fault in faults.ALL:
        times = found[fault.name]
        yield (
            f'{fault.name:{width}}  {fault.refused.leg:17}  '
            f'{statistics.median(times):4.2f} s  {max(times):4.2f} s'
        )
    everything = [one for times in found.values() for one in times]
    yield (
        f'{len(everything)} refusals: median '
        f'{statistics.median(everything):.2f} s, max {max(everything):.2f} s'
    )


def main() -> int:
    """Bring a cloud up, measure, and take it down."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    kept = os.environ.get('LAB_CLOUD_NAME')
    name = kept or NAME
    cloud = cloud_cloud.Cloud.up(
        name, driver=DRIVER, options=cloud_options.Options(native_tls=True)
    )
    try:
        for line in report(run(cloud, rounds)):
            print(line)
    finally:
        if not kept:
            cloud_cloud.Cloud.down(name)
    return 0


if __name__ == '__main__':
    sys.exit(main())
