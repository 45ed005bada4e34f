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

"""Versions of libvirt and QEMU at both ends."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from nova_native_tls import exception
from nova_native_tls.speed import costs

_VERSION = re.compile(r'(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?', re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Version:
    """A release of libvirt or QEMU, ordered as releases are."""

    major: int
    minor: int
    micro: int = 0

    def __str__(self) -> str:
        return f'{self.major}.{self.minor}.{self.micro}'

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read ``9.0`` or ``7.2.22``.

        :raises InvalidVersion: for anything else, suffixes included.
        """
        match = _VERSION.fullmatch(text.strip())
        if match is None:
            raise exception.InvalidVersion(text=text)
        return cls(*(int(part or 0) for part in match.groups()))

    @classmethod
    def from_libvirt_number(cls, number: int) -> Version:
        """Read libvirt's form, 1,000,000 * major + 1,000 * minor + micro."""
        return cls(
            number // 1_000_000, number // 1_000 % 1_000, number % 1_000
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HostVersions:
    """What one host runs; None where nobody could ask.

    :ivar gnutls: the library that QEMU there uses.
    """

    libvirt: Version | None = None
    qemu: Version | None = None
    gnutls: Version | None = None

    @classmethod
    def of(cls, connection: Any) -> HostVersions:
        """Ask a host for its libvirt daemon and its installed QEMU.

        :param connection: a virConnect, or what stands for one in
            nova-compute.
        :raises libvirtError: libvirt did not answer.
        """
        from_number = Version.from_libvirt_number
        return cls(
            libvirt=from_number(connection.getLibVersion()),
            qemu=from_number(connection.getVersion()),
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known of the two ends of one migration.

    ``source.qemu`` is the version that the guest to be moved was started
    with, where that is known, else the one that a *new* guest of the source
    would get.

    :ivar early: nobody has asked the two ends yet; what is not known here may
        be known later.
    :ivar source_avoids_rekey: GnuTLS there never changes a key in a way that
        QEMU could lose the guest by.
    :ivar source_speed: how fast that host is; None if nobody knows. What it
        says of filling records is of the QEMU in ``source``.
    :ivar unknown_parameters: of libvirt, that who asks cannot pass to it.
    """

    source: HostVersions = HostVersions()
    destination: HostVersions = HostVersions()
    source_avoids_rekey: bool = False
    early: bool = False
    source_speed: costs.HostSpeed | None = None
    destination_speed: costs.HostSpeed | None = None
    unknown_parameters: frozenset[str] = dataclasses.field(
        default=frozenset(), compare=False
    )
