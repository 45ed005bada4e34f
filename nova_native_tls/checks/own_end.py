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

"""What this host's QEMU is as one end: its files, its version, its rules."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

from nova_native_tls.checks import host_check
from nova_native_tls.checks import qemu_conf
from nova_native_tls.checks import result
from nova_native_tls.host import guests
from nova_native_tls.host import observation
from nova_native_tls.host import unseen
from nova_native_tls.migration import versions
from nova_native_tls.peer import facts
from nova_native_tls.pki import beyond_qemu
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import finding
from nova_native_tls.pki.gnutls import certificate
from nova_native_tls.pki.gnutls import library
from nova_native_tls.pki import loaded
from nova_native_tls.pki import verdict

Endpoint = credential_set.Endpoint


@dataclasses.dataclass(frozen=True, kw_only=True)
class OwnEnd:
    """One end of a migration, as far as it is known here.

    :ivar endpoint: a server as the destination, a client as the source.
    :ivar files: what its QEMU reads.
    :ivar version: of that QEMU.
    :ivar secret_is_private: libvirt shows the passphrase of keys to nobody.
    :ivar other_files: not what a new guest would read, but an older one does.
    """

    endpoint: Endpoint
    files: credential_set.CredentialSet
    version: versions.Version
    verify: bool
    priority: str
    secret_is_private: bool = False
    other_files: bool = False

    @functools.cached_property
    def _loaded(self) -> loaded.Host:
        return verdict.load(
            self.files, self.endpoint, qemu_version=self.version
        )

    @functools.cached_property
    def verdict(self) -> finding.HostVerdict:
        """Predict if its QEMU loads its files.

        It says nothing about a later QEMU: ``host check`` does.
        """
        return verdict.of_host(
            self.files,
            self.endpoint,
            qemu_version=self.version,
            demands=beyond_qemu.Demands(upgrades=False),
            known=self._loaded,
            priority=self.priority,
        )

    def accepts(
        self, chain: tuple[bytes, ...], name: str | None
    ) -> finding.Verdict:
        """Predict if its QEMU accepts what the other end shows.

        :param name: what a source looks for in the certificate.
        """
        return verdict.of_peer(
            self.files,
            self.endpoint,
            chain,
            name=name,
            qemu_version=self.version,
            verify=self.verify,
            known=self._loaded,
            priority=self.priority,
        )

    def chain(self) -> facts.Chain:
        """Tell what it shows to the other end; None if nobody can tell."""
        found = self.verdict
        if found.qemu_verdict is finding.QemuVerdict.YES:
            return found.shown
        # The key is shown to nobody.
        return self._certificates() if self.is_untried(found) else None

    def is_untried(self, found: finding.Verdict) -> bool:
        """Tell whether all that is wrong is a key that nobody could try."""
        failures = [
            one
            for one in found.findings
            if one.status is result.Status.FAILURE and not one.stricter
        ]
        return (
            self.secret_is_private
            and bool(failures)
            and all(one.code.endswith('.encrypted') for one in failures)
        )

    def _certificates(self) -> facts.Chain:
        pem = self.files.file(self.endpoint.cert()).content
        try:
            read = certificate.read_list(pem or b'')
        except library.Failed:
            return None
        return tuple(one.der() for one in read) or None


def find(host: host_check.Host, endpoint: Endpoint) -> OwnEnd | None:
    """Put together what is known; None where that is too little.

    The source of a migration is the QEMU of the guest that leaves, which may
    be older than the installed one and may see other files.
    """
    key = (OwnEnd, endpoint, host.context.stage)
    memo = host.context.memo
    if key not in memo:
        memo[key] = _find(host, endpoint)
    found: OwnEnd | None = memo[key]
    return found


def _find(host: host_check.Host, endpoint: Endpoint) -> OwnEnd | None:
    seen = host.seen
    files, libvirt = seen.credentials, seen.libvirt
    if isinstance(files, unseen.Unseen) or isinstance(libvirt, unseen.Unseen):
        return None
    version, other_files = libvirt.versions.qemu, False
    guest = _leaving(host) if endpoint is Endpoint.CLIENT else None
    if guest is not None:
        version = guest.qemu or version
        other_files = guest.files is not None
        files = guest.files or files
    if version is None:
        return None
    return OwnEnd(
        endpoint=endpoint,
        files=files,
        version=version,
        secret_is_private=host.secret_is_private,
        other_files=other_files,
        **conditions(seen),
    )


def conditions(seen: observation.HostObservation) -> dict[str, Any]:
    """Give what decides about a handshake beside the files, by its name."""
    conf = seen.conf
    return {
        'verify': isinstance(conf, unseen.Unseen) or conf.verify,
        'priority': qemu_conf.priority_in_use(seen),
    }


def _leaving(host: host_check.Host) -> guests.Guest | None:
    running, leaving = host.seen.guests, host.context.guest
    if leaving is None or isinstance(running, unseen.Unseen):
        return None
    return next((one for one in running if one.name == leaving.name), None)
