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

"""The proof, from a capture, that a migration was encrypted on the wire."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses
import pathlib
import tempfile
from typing import Any

from tests.lab.harness.wire import clear_text
from tests.lab.harness.wire import reasons as wire_reasons
from tests.lab.harness.wire import tcp_streams
from tests.lab.harness.wire import tshark

DATA = tcp_streams.DATA
CONTROL = tcp_streams.CONTROL
OTHER = tcp_streams.OTHER
TLS_1_3_ONLY = frozenset({'TLS 1.3'})


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class PortReport:
    """What was seen of one server port; only carried bytes are counted.

    ``connections_without_tls`` carried bytes and had no ServerHello;
    ``outside_tls_bytes`` are in no TLS record and not in NBD's STARTTLS;
    ``nbd_starttls`` is the number of connections that began with it.
    """

    port: int
    role: str
    connections: int
    connections_without_tls: int
    to_server_bytes: int
    to_client_bytes: int
    outside_tls_bytes: int
    missing_bytes: int
    tls_handshakes: int
    tls_versions: tuple[str, ...]
    cipher_suites: tuple[str, ...]
    nbd_starttls: int
    clear_hits: dict[str, int]

    @property
    def payload_bytes(self) -> int:
        """Bytes carried in both directions."""
        return self.to_server_bytes + self.to_client_bytes


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class WireProof:
    """What a capture proves: ``reasons`` is empty, or nothing is proven."""

    ports: tuple[PortReport, ...]
    dropped_packets: int | None
    reasons: tuple[str, ...]

    @property
    def encrypted(self) -> bool:
        """Whether all that was carried was seen, and seen encrypted."""
        return not self.reasons

    @property
    def data_bytes(self) -> int:
        """Bytes carried by the data ports, in both directions."""
        return sum(
            port.payload_bytes for port in self.ports if port.role == DATA
        )

    @property
    def clear_hits(self) -> dict[str, int]:
        """What was readable, summed over all ports; only what was."""
        sums = {
            kind: sum(port.clear_hits[kind] for port in self.ports)
            for kind in clear_text.KINDS
        }
        return {kind: count for kind, count in sums.items() if count}

    def to_dict(self) -> dict[str, Any]:
        """Return all of it in types that JSON has."""
        return {
            'encrypted': self.encrypted,
            'data_bytes': self.data_bytes,
            **dataclasses.asdict(self),
        }


def prove(
    capture: pathlib.Path,
    *,
    secrets: Sequence[bytes],
    dropped_packets: int | None,
    disk_secrets: Sequence[bytes] = (),
    expected_bytes: int | None = None,
    tls_versions: Collection[str] = TLS_1_3_ONLY,
    server_hellos: Callable[
        [pathlib.Path, Iterable[int]], list[tshark.ServerHello]
    ] = tshark.server_hellos,
) -> WireProof:
    """Read a capture of tcpdump and say whether it proves encryption.

    It does if the capture is whole (``dropped_packets`` is 0, nothing cut or
    missing), data ports carried ``expected_bytes`` or, without that, any
    byte, each of their connections had a handshake of one of
    ``tls_versions`` and no byte outside TLS records, and on no port at all
    anything of :mod:`clear_text` was readable.

    It says nothing of traffic on ports that were not captured, nor of who
    the peers were.

    :param dropped_packets: as counted by the capture, None if not known.
    :raises ValueError: there is no secret to look for, or it is too short.
    :raises errors.LabError: the capture cannot be read.
    """
    if not secrets:
        raise ValueError('a proof needs a secret that must not be readable')
    patterns = clear_text.Patterns(secrets, disk_secrets)
    with tempfile.TemporaryDirectory() as directory:
        head = pathlib.Path(directory) / 'head.pcap'
        with head.open('wb') as file:
            streams = tcp_streams.read(capture, patterns, file)
        ports = {each.server.port for each in streams.connections}
        hellos = [
            (streams.head_owners[hello.frame - 1], hello)
            for hello in (server_hellos(head, ports) if ports else ())
        ]
    reports = tuple(_report(port, streams, hellos) for port in sorted(ports))
    proof = WireProof(
        ports=reports, dropped_packets=dropped_packets, reasons=()
    )
    return dataclasses.replace(
        proof,
        reasons=(
            *wire_reasons.incomplete(
                proof, streams, expected_bytes=expected_bytes
            ),
            *(
                reason
                for report in reports
                for reason in wire_reasons.exposed(report, tls_versions)
            ),
        ),
    )


def _report(
    port: int,
    streams: tcp_streams.Streams,
    hellos: list[tuple[tcp_streams.Connection, tshark.ServerHello]],
) -> PortReport:
    carrying = [
        each
        for each in streams.connections
        if each.server.port == port and each.payload_bytes
    ]
    both = [stream for each in carrying for stream in each.streams]
    own = [(owner, hello) for owner, hello in hellos if owner in carrying]
    greeted = {id(owner) for owner, _hello in own}
    counts = [stream.clear_text.hits() for stream in both]
    return PortReport(
        port=port,
        role=tcp_streams.role_of(port),
        connections=len(carrying),
        connections_without_tls=len(carrying) - len(greeted),
        to_server_bytes=sum(each.to_server.payload_bytes for each in carrying),
        to_client_bytes=sum(each.to_client.payload_bytes for each in carrying),
        outside_tls_bytes=sum(stream.records.outside_bytes for stream in both),
        missing_bytes=sum(stream.missing_bytes for stream in both),
        tls_handshakes=len(own),
        tls_versions=tuple(sorted({hello.version for _, hello in own})),
        cipher_suites=tuple(sorted({hello.cipher_suite for _, hello in own})),
        nbd_starttls=sum(each.to_client.records.starttls for each in carrying),
        clear_hits={
            kind: sum(count[kind] for count in counts)
            for kind in clear_text.KINDS
        },
    )
