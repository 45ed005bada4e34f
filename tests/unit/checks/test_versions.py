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

"""libvirt and QEMU at both ends must know what will be asked."""

from __future__ import annotations

from typing import Any

import testtools

from nova_native_tls.checks import base
from nova_native_tls.checks import result
from nova_native_tls.checks import versions as versions_check
from nova_native_tls.migration import versions
from tests.unit.checks import contexts

Stage = base.Stage
Status = result.Status
V = versions.Version

#: Knows TLS, but not with parallel connections.
OLD = versions.HostVersions(libvirt=V(9, 0), qemu=V(5, 1, 9))
NEW = versions.HostVersions(libvirt=V(11, 3), qemu=V(10, 1))
UNKNOWN = versions.HostVersions()
PARALLEL = {'parallel_connections': 2}


def _ask(
    stage: Stage,
    own: versions.HostVersions,
    peer: versions.HostVersions | None = None,
    **changes: Any,
) -> tuple[result.Finding, ...]:
    return tuple(
        versions_check.VersionsCheck().run(
            contexts.context(
                stage,
                own=contexts.host(1, versions=own),
                peer=None if peer is None else contexts.host(2, versions=peer),
                **changes,
            )
        )
    )


class VersionsTest(testtools.TestCase):
    """Which end's versions are held against which part of the call."""

    def test_stages(self) -> None:
        """Asked whenever something new is known."""
        self.assertEqual(frozenset(Stage), versions_check.VersionsCheck.stages)

    def test_sufficient(self) -> None:
        """One success that names the hosts it is about."""
        for stage in Stage:
            (finding,) = _ask(stage, NEW)
            self.assertIs(Status.SUCCESS, finding.status)
            self.assertEqual('compute1', finding.subject)
        for stage in (Stage.SOURCE, Stage.DESTINATION_AGAIN):
            (finding,) = _ask(stage, NEW, OLD)
            self.assertIs(Status.SUCCESS, finding.status)
            self.assertEqual('compute1, compute2', finding.subject)

    def test_this_host_is_too_old(self) -> None:
        """Told as the end that it is at the stage."""
        for stage, ends in (
            (Stage.START, {'source', 'destination'}),
            (Stage.DESTINATION, {'destination'}),
            (Stage.SOURCE, {'source'}),
            (Stage.DESTINATION_AGAIN, {'destination'}),
        ):
            peer = (
                NEW
                if stage in (Stage.SOURCE, Stage.DESTINATION_AGAIN)
                else None
            )
            findings = _ask(stage, OLD, peer, settings=PARALLEL)
            failures = [f for f in findings if f.status is Status.FAILURE]
            self.assertEqual(len(ends), len(failures), str(stage))
            for end, failure in zip(
                ('source', 'destination') if len(ends) == 2 else ends,
                failures,
                strict=True,
            ):
                self.assertEqual(
                    'versions.tls-parallel-needs-qemu', failure.code
                )
                self.assertIn(f'the {end} has 5.1.9', failure.detail)

    def test_the_peer_is_too_old(self) -> None:
        """Told as the other end."""
        for stage, end in (
            (Stage.SOURCE, 'destination'),
            (Stage.DESTINATION_AGAIN, 'source'),
        ):
            (failure,) = (
                f
                for f in _ask(stage, NEW, OLD, settings=PARALLEL)
                if f.status is Status.FAILURE
            )
            self.assertIn(f'the {end} has 5.1.9', failure.detail)
            self.assertIn('compute2', failure.subject)

    def test_the_peer_is_not_known(self) -> None:
        """A stock peer's versions are not known; nothing is made of it."""
        for stage in (Stage.SOURCE, Stage.DESTINATION_AGAIN):
            for peer in (None, UNKNOWN):
                (finding,) = _ask(stage, NEW, peer, settings=PARALLEL)
                self.assertIs(Status.SUCCESS, finding.status)

    def test_block_migration(self) -> None:
        """Disks are asked for only where they are to be copied."""
        old = versions.HostVersions(libvirt=V(4, 3), qemu=V(7, 2))
        for block in (None, False, True):
            codes = {
                f.code
                for f in _ask(Stage.SOURCE, old, NEW, block=block)
                if f.status is Status.FAILURE
            }
            self.assertEqual(
                block is True, 'versions.tls-disks-needs-libvirt' in codes
            )

    def test_recommended_versions(self) -> None:
        """An old release that works is a warning."""
        old = versions.HostVersions(libvirt=V(4, 3), qemu=V(7, 2))
        findings = _ask(Stage.SOURCE, old, NEW)
        self.assertEqual(
            {('versions.warning', Status.WARNING)},
            {(f.code, f.status) for f in findings},
        )
