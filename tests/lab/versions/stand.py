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

"""A lab whose hosts run different Debians."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from collections.abc import Sequence
import functools
import os
import re

from nova_native_tls.migration import versions
from tests.lab.harness import errors
from tests.lab.harness.lab import debian
from tests.lab.harness.lab import lab as lab_lab
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.pki import pki

NAME = os.environ.get('LAB_VERSIONS_NAME', 'versions')

#: What the tests have. Debian 13 also meets itself; that 12 does is all
#: that other tests show on a machine of that release.
SUITES = ('bookworm', 'trixie', 'trixie')

_RELEASE = re.compile(r'\b\d+\.\d+\.\d+')


class Stand:
    """Hosts, and which Debian each of them runs."""

    def __init__(self, lab: lab_lab.Lab, suites: Sequence[str]) -> None:
        self.lab = lab
        self._suites = dict(zip(lab.hosts, suites, strict=True))
        self._versions = {host: ask(host) for host in lab.hosts}

    def pair(
        self, source: str, destination: str
    ) -> tuple[lab_host.Host, lab_host.Host]:
        """Give two hosts of these Debians.

        :raises LabError: there are none.
        """
        first, second = self._of(source), self._of(destination)
        if not first or not second or first[0] is second[-1]:
            raise errors.LabError(
                f'No two hosts run {source} and {destination}.'
            )
        return first[0], second[-1]

    def versions(self, host: lab_host.Host) -> versions.HostVersions:
        """Give what a host runs."""
        return self._versions[host]

    def describe(self, suite: str) -> str:
        """Say what hosts of a Debian run.

        :raises LabError: there is no such host.
        """
        for host in self._of(suite):
            found = self._versions[host]
            return f'{suite} (libvirt {found.libvirt}, QEMU {found.qemu})'
        raise errors.LabError(f'No host runs {suite}.')

    def _of(self, suite: str) -> list[lab_host.Host]:
        return [host for host in self.lab.hosts if self._suites[host] == suite]


@functools.cache
def bring_up(
    suites: tuple[str, ...],
    progress: Callable[[str], None] = lambda _line: None,
) -> Stand:
    """Bring a lab up that ends with this process.

    :param suites: the Debian of each host, such as trixie.
    """
    # What a killed run left behind is not the lab that this run wants.
    lab_lab.Lab.down(NAME)
    trees = debian.roots(
        {f'host{n}': suite for n, suite in enumerate(suites, 1)},
        progress=progress,
    )
    atexit.register(lab_lab.Lab.down, NAME)
    lab = lab_lab.Lab.up(
        NAME, host_count=len(suites), trees=trees, progress=progress
    )
    authority = pki.CertificateAuthority('QEMU migration CA of the lab')
    for host in lab.hosts:
        pki.install_qemu_identity(host, authority)
    return Stand(lab, suites)


def ask(host: lab_host.Host) -> versions.HostVersions:
    """Ask the programs of a host for their releases.

    :raises LabError: they do not say.
    """
    libvirt, qemu = (
        _release(host.run([program, '--version']).stdout)
        for program in ('libvirtd', 'qemu-system-x86_64')
    )
    return versions.HostVersions(libvirt=libvirt, qemu=qemu)


def _release(said: str) -> versions.Version:
    found = _RELEASE.search(said)
    if found is None:
        raise errors.LabError(f'There is no release in {said!r}.')
    return versions.Version.parse(found[0])
