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

"""Why a capture is no proof of encryption, in words."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from tests.lab.harness.wire import tcp_streams

if TYPE_CHECKING:
    from tests.lab.harness.wire import proof as wire


def incomplete(
    proof: wire.WireProof,
    streams: tcp_streams.Streams,
    *,
    expected_bytes: int | None,
) -> list[str]:
    """Why the capture may not hold all that was carried."""
    reasons = []
    if proof.dropped_packets is None:
        reasons.append('it is not known how many packets were dropped')
    elif proof.dropped_packets:
        reasons.append(f'{proof.dropped_packets} packets were dropped')
    if streams.cut_packets:
        reasons.append(
            f'{streams.cut_packets} packets were captured only in part'
        )
    if streams.other_packets:
        reasons.append(
            f'{streams.other_packets} packets are no whole TCP '
            'segments and were not looked into'
        )
    unbegun = sum(
        not each.begun
        and tcp_streams.role_of(each.server.port) == tcp_streams.DATA
        for each in streams.connections
    )
    if unbegun:
        reasons.append(f'{unbegun} data connections began before the capture')
    if not proof.data_bytes:
        reasons.append('no data port carried a byte')
    elif expected_bytes is not None and proof.data_bytes < expected_bytes:
        reasons.append(
            f'{proof.data_bytes} bytes were seen of the '
            f'{expected_bytes} that were sent'
        )
    return reasons


def exposed(
    report: wire.PortReport, tls_versions: Collection[str]
) -> list[str]:
    """Why what one port carried is not proven encrypted."""
    reasons = [
        f'port {report.port}: {kind} readable {count} times'
        for kind, count in report.clear_hits.items()
        if count
    ]
    if report.missing_bytes:
        reasons.append(
            f'port {report.port}: {report.missing_bytes} bytes '
            'are missing from the capture'
        )
    if report.role != tcp_streams.DATA:
        return reasons
    if report.connections_without_tls:
        reasons.append(
            f'port {report.port}: {report.connections_without_tls} of '
            f'{report.connections} connections had no TLS handshake'
        )
    if report.outside_tls_bytes:
        reasons.append(
            f'port {report.port}: {report.outside_tls_bytes} '
            'bytes were not in TLS records'
        )
    reasons += [
        f'port {report.port}: {version} was negotiated'
        for version in report.tls_versions
        if version not in tls_versions
    ]
    return reasons
