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

"""Cancels migrations of guests of the lab.

By virsh, which runs on every host.
"""

from __future__ import annotations

from nova_native_tls.migration import cancelling
from tests.lab.bench import job as bench_job
from tests.lab.harness.node import host as lab_host


def at_once(source: lab_host.Host, name: str) -> None:
    """Cancel as libvirt does; nothing happens if the migration has ended."""
    source.virsh('domjobabort', name, check=False)


def slowed_down(source: lab_host.Host, name: str) -> None:
    """Cancel as this project does."""
    cancelling.cancel(_Domain(source, name))


class _Domain:
    """What is asked of the binding's object, for virsh."""

    def __init__(self, source: lab_host.Host, name: str) -> None:
        self._source = source
        self._name = name

    def jobStats(self) -> dict[str, int]:
        job = bench_job.Job.running(self._source, self._name)
        return {'memory_processed': job.carried}

    def migrateGetMaxSpeed(self) -> int:
        return int(self._source.virsh('migrate-getspeed', self._name).stdout)

    def migrateSetMaxSpeed(self, speed_mib_s: int) -> None:
        self._source.virsh('migrate-setspeed', self._name, str(speed_mib_s))

    def abortJob(self) -> None:
        at_once(self._source, self._name)
