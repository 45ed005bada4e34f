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

"""Facts of a host that does not exist, and their written form."""

from __future__ import annotations

import json
from typing import Any

from nova_native_tls.migration import versions
from nova_native_tls.peer import facts

V = versions.Version

HOST2 = facts.HostFacts(
    host='compute2',
    host_name='host2.example.org',
    tls_name='host2.example.org',
    certificate_names=('host2.example.org', '*.example.net'),
    versions=versions.HostVersions(libvirt=V(9, 0), qemu=V(7, 2, 22)),
)

#: The same as a peer of format 1 writes it. This text never changes: hosts
#: of an older release send it.
WRITTEN = (
    '{"certificate_names": ["host2.example.org", "*.example.net"], '
    '"format": 1, "host": "compute2", "host_name": "host2.example.org", '
    '"libvirt": "9.0.0", "qemu": "7.2.22", "tls_name": "host2.example.org"}'
)


def written(**changes: Any) -> str:
    """Write the facts with some of them changed."""
    return json.dumps({**json.loads(WRITTEN), **changes})


def without(name: str) -> str:
    """Write the facts with one of them left out."""
    values = json.loads(WRITTEN)
    del values[name]
    return json.dumps(values)


#: Of every JSON type, and of Python's own beyond JSON.
ANYTHING: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    2**64,
    1.0,
    float('nan'),
    float('inf'),
    '',
    ' ',
    '1',
    'host2',
    'a\nb',
    '\x00',
    '\u202e',
    '\ud800',
    'x' * 300,
    [],
    ['host2'],
    [None],
    [[]],
    {},
    {'host': 'host2'},
)
