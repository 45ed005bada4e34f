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

"""Whose credentials are to be proven, and how libvirt would pass them."""

from __future__ import annotations

import dataclasses
import os


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The user that QEMU runs as.

    :ivar groups: supplementary groups, by number.
    """

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One host's credentials, with what its qemu.conf says about them.

    :ivar host: how the host is called in findings.
    :ivar directory: the one that libvirt passes to QEMU for migrations.
    :ivar name: under which other hosts verify this one; None: undecided.
    :ivar account: whom QEMU runs as; None: not known.
    :ivar verify: a destination wants a certificate of the source.
    :ivar priority: of GnuTLS; None leaves it to QEMU.
    :ivar passphrase: of encrypted keys, which libvirt has as a secret.
    :ivar emulator: the QEMU that libvirt starts; None: look for it.
    """

    host: str
    directory: str
    name: str | None
    account: Account | None = None
    verify: bool = True
    priority: str | None = None
    passphrase: str | None = dataclasses.field(default=None, repr=False)
    emulator: str | None = None

    @property
    def as_qemu(self) -> bool:
        """Whether this process can ask as QEMU's own user."""
        if self.account is None:
            return False
        return os.geteuid() in (0, self.account.uid)

    @property
    def switched(self) -> Account | None:
        """Whom programs have to be started as; None: as this process."""
        is_root = os.geteuid() == 0
        return self.account if is_root else None
