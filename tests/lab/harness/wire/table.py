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

"""A proof on the wire, for people."""

from __future__ import annotations

from tests.lab.harness.wire import proof as wire

_MIB = 1024 * 1024
_TITLES = (
    'port',
    'role',
    'conns',
    'MiB',
    'handshakes',
    'TLS',
    'cipher',
    'not in TLS',
    'readable',
)


def render(proof: wire.WireProof) -> str:
    """Return a table of the ports, the verdict, and each reason against."""
    rows = [_TITLES, *(_row(report) for report in proof.ports)]
    widths = [
        max(len(row[column]) for row in rows) for column in range(len(_TITLES))
    ]
    lines = [
        '  '.join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
    lines.insert(1, '  '.join('-' * width for width in widths))
    verdict = 'ENCRYPTED' if proof.encrypted else 'NOT PROVEN ENCRYPTED'
    dropped = (
        'unknown' if proof.dropped_packets is None else proof.dropped_packets
    )
    lines += [
        '',
        f'{verdict}: {proof.data_bytes} bytes on data ports, '
        f'dropped packets: {dropped}',
    ]
    lines += [f'  - {reason}' for reason in proof.reasons]
    return '\n'.join(lines)


def _row(report: wire.PortReport) -> tuple[str, ...]:
    readable = ', '.join(
        f'{kind} {count}' for kind, count in report.clear_hits.items() if count
    )
    return (
        str(report.port),
        report.role,
        str(report.connections),
        f'{report.payload_bytes / _MIB:.2f}',
        str(report.tls_handshakes),
        ','.join(report.tls_versions) or '-',
        ','.join(report.cipher_suites) or '-',
        str(report.outside_tls_bytes),
        readable or 'nothing',
    )
