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

"""The TLS handshakes of a capture, as tshark reads them."""

from __future__ import annotations

from collections.abc import Iterable
import dataclasses
import pathlib
import shutil
import subprocess

from tests.lab.harness import errors

_FIELDS = (
    'frame.number',
    'tls.handshake.random',
    'tls.handshake.version',
    'tls.handshake.extensions.supported_version',
    'tls.handshake.ciphersuite',
)
# RFC 8446, section 4.1.3: a ServerHello with this is a HelloRetryRequest.
_RETRY_RANDOM = (
    'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c'
)
_VERSIONS = {
    '0x0304': 'TLS 1.3',
    '0x0303': 'TLS 1.2',
    '0x0302': 'TLS 1.1',
    '0x0301': 'TLS 1.0',
    '0x0300': 'SSL 3.0',
}
_CIPHER_SUITES = {
    '0x1301': 'TLS_AES_128_GCM_SHA256',
    '0x1302': 'TLS_AES_256_GCM_SHA384',
    '0x1303': 'TLS_CHACHA20_POLY1305_SHA256',
    '0x1304': 'TLS_AES_128_CCM_SHA256',
    '0xc02b': 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
    '0xc02c': 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
    '0xc02f': 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    '0xc030': 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
    '0xcca8': 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
    '0xcca9': 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
}
_TIMEOUT_S = 120


class TsharkError(errors.LabError):
    """tshark could not read the capture; the text says why."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ServerHello:
    """What a server chose.  ``frame`` counts the file's packets from 1.

    A number of a version or cipher suite without a name here stays a number.
    """

    frame: int
    version: str
    cipher_suite: str


def server_hellos(
    capture: pathlib.Path, ports: Iterable[int]
) -> list[ServerHello]:
    """Return the ServerHello messages from the ``ports`` of a capture.

    :raises TsharkError: tshark is missing or failed.
    """
    argv = [
        'tshark',
        '-n',
        '-r',
        str(capture),
        '-Y',
        'tls.handshake.type == 2',
        '-T',
        'fields',
    ]
    for port in sorted(ports):
        argv += ['-d', f'tcp.port=={port},tls']
    for field in _FIELDS:
        argv += ['-e', field]
    if shutil.which('tshark') is None:
        raise TsharkError(
            'Handshakes are read with tshark: apt-get install tshark'
        )
    try:
        done = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired as err:
        raise TsharkError(
            f'tshark was not done with {capture} in {_TIMEOUT_S} s'
        ) from err
    if done.returncode:
        raise TsharkError(
            f'tshark could not read {capture}: {done.stderr.strip()}'
        )
    return parse(done.stdout)


def parse(output: str) -> list[ServerHello]:
    """Read tshark's columns; a HelloRetryRequest is left out.

    :raises TsharkError: a line has not the columns that were asked for.
    """
    hellos = []
    for line in output.splitlines():
        columns = line.split('\t')
        if len(columns) != len(_FIELDS):
            raise TsharkError(f'tshark wrote an unknown line: {line!r}')
        frame, random, legacy, supported, suite = columns
        if _RETRY_RANDOM in random.lower():
            continue
        # TLS 1.3 names itself in an extension and 1.2 in the old field.
        version = (supported or legacy).lower()
        hellos.append(
            ServerHello(
                frame=int(frame),
                version=_VERSIONS.get(version, version),
                cipher_suite=_CIPHER_SUITES.get(suite.lower(), suite),
            )
        )
    return hellos
