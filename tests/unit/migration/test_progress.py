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

"""libvirt's job statistics, read."""

from __future__ import annotations

import testtools

from nova_native_tls.migration import progress


class FromJobStatsTest(testtools.TestCase):
    """The fields that QEMU's driver fills."""

    def test_every_field(self) -> None:
        """Each number comes from the field of that meaning."""
        seen = progress.from_job_stats(
            {
                'type': 2,
                'time_elapsed': 1500,
                'memory_processed': 11,
                'disk_processed': 22,
                'data_remaining': 33,
                'data_total': 44,
                'memory_bps': 100,
                'disk_bps': 10,
                'downtime': 7,
                'memory_iteration': 3,
                'memory_total': 5,
                'data_processed': 6,
            }
        )
        self.assertEqual(
            progress.Progress(
                elapsed_ms=1500,
                memory_sent=11,
                disk_sent=22,
                remaining=33,
                total=44,
                rate_bytes_s=110,
                downtime_ms=7,
                iteration=3,
            ),
            seen,
        )
        self.assertEqual(33, seen.sent)

    def test_what_qemu_has_not_said(self) -> None:
        """Missing sizes are 0; a downtime that is not known is not 0."""
        seen = progress.from_job_stats({'type': 2})
        self.assertEqual(
            progress.Progress(
                elapsed_ms=0,
                memory_sent=0,
                disk_sent=0,
                remaining=0,
                total=0,
                rate_bytes_s=0,
                downtime_ms=None,
                iteration=0,
            ),
            seen,
        )

    def test_a_downtime_of_zero_is_kept(self) -> None:
        """A downtime below one millisecond is known to be that short."""
        seen = progress.from_job_stats({'downtime': 0})
        self.assertEqual(0, seen.downtime_ms)
