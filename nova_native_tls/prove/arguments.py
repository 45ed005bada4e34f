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

"""How QEMU's programs are told which credentials to load."""

from __future__ import annotations

from collections.abc import Mapping

from nova_native_tls.prove import subject as prove_subject

#: The identifiers of the objects.
PHRASE_ID = 'phrase'
CREDENTIALS = 'credentials'


def credentials(
    subject: prove_subject.Subject, endpoint: str
) -> dict[str, str | bool]:
    """Give the properties with which libvirt creates the object.

    As qemuBuildTLSx509BackendProps does (libvirt 11.6
    src/qemu/qemu_command.c); a source verifies always.

    :param endpoint: ``server`` or ``client``.
    """
    properties: dict[str, str | bool] = {
        'dir': subject.directory,
        'endpoint': endpoint,
        'verify-peer': subject.verify or endpoint == 'client',
    }
    if subject.priority is not None:
        properties['priority'] = subject.priority
    if subject.passphrase is not None:
        properties['passwordid'] = PHRASE_ID
    return properties


def as_argument(kind: str, properties: Mapping[str, str | bool]) -> str:
    """Write an object of QEMU as one argument."""
    return ','.join(
        (kind, *(f'{name}={_word(v)}' for name, v in properties.items()))
    )


def _word(value: str | bool) -> str:
    if isinstance(value, bool):
        return 'on' if value else 'off'
    # A comma ends a value unless there are two (QEMU util/keyval.c).
    return value.replace(',', ',,')
