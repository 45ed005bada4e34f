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

"""Can the guests that run here leave, each with the QEMU that it has?"""

from __future__ import annotations

from collections.abc import Iterator
import time

from nova_native_tls._i18n import _
from nova_native_tls.checks import guest_versions
from nova_native_tls.checks import host_check
from nova_native_tls.host import guests
from nova_native_tls.host import unseen
from nova_native_tls.pki import advice
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import fault
from nova_native_tls.pki import qemu_loading

CLIENT = credential_set.Endpoint.CLIENT


class RunningGuestsCheck(host_check.HostCheck):
    """Holds the credentials against the QEMUs that run.

    They may be older than the installed one, and may see other files: those
    of a container that was made anew, for example, while they went on. Before
    a migration it is about the one guest that leaves.
    """

    stages = host_check.AS_SOURCE

    def judge(self, host: host_check.Host) -> Iterator[host_check.Finding]:
        """Refuse what a running guest's QEMU would refuse."""
        running, credentials = host.seen.guests, host.seen.credentials
        if isinstance(running, unseen.Unseen):
            yield host.unseen('guests.not-looked-at', running, matters=False)
            return
        if isinstance(credentials, unseen.Unseen):
            yield host.unseen('guests.not-looked-at', credentials)
            return
        known = _Verdicts(credentials)
        leaving = host.context.guest
        if leaving is not None:
            running = tuple(g for g in running if g.name == leaving.name)
        found = [
            finding
            for guest in running
            for finding in (
                *_judged(host, guest, known),
                *guest_versions.judge(host, guest),
            )
        ]
        yield from found
        if not found:
            yield host.success(
                'guests.can-leave',
                _('%d running guests see what new ones would') % len(running),
            )


class _Verdicts:
    """Asks once for all guests that have the same files and the same QEMU."""

    def __init__(self, common: credential_set.CredentialSet) -> None:
        self.common = common
        self._known: dict[object, tuple[fault.Fault, ...]] = {}

    def of(self, guest: guests.Guest) -> tuple[fault.Fault, ...]:
        """Tell what the guest's QEMU objects to; its version is known."""
        assert guest.qemu is not None
        key = (guest.qemu, None if guest.files is None else guest.name)
        if key not in self._known:
            self._known[key] = qemu_loading.load(
                guest.files or self.common,
                CLIENT,
                now=int(time.time()),
                version=guest.qemu,
            ).faults
        return self._known[key]


def _judged(
    host: host_check.Host, guest: guests.Guest, known: _Verdicts
) -> Iterator[host_check.Finding]:
    name = guests.describe(guest)
    if guest.stands:
        yield _standing(host, name)
    if guest.unseen:
        yield host.warning(
            'guest.not-looked-at',
            _('it could not be looked at: %s') % guest.unseen,
            remedy=unseen.AS_ROOT,
            file=name,
        )
    if guest.qemu is None:
        yield host.warning(
            'guest.version-unknown',
            _("the version of its QEMU is not known: it is not in its log"),
            remedy=_('see that the log is kept while the guest runs'),
            file=name,
        )
        return
    if _is_as_new(host, guest):
        # The check of the credentials speaks of the same QEMU.
        return
    faults = [
        one
        for one in known.of(guest)
        # Of a key that nobody could try, another check speaks.
        if not (host.secret_is_private and one.code.endswith('.encrypted'))
    ]
    for one in faults:
        yield _refused(host, name, one, stale=guest.files is not None)
    if guest.files is not None and not faults and _differs(guest, known):
        yield host.warning(
            'guest.other-view',
            _('its QEMU sees another %s than a new guest would')
            % ', '.join(guest.changed),
            remedy=_see_again(),
            file=name,
        )


def _standing(host: host_check.Host, name: str) -> host_check.Finding:
    """Tell of a migration without an end; no other can begin before it."""
    say = host.warning if host.context.guest is None else host.failure
    return say(
        'guest.migration-stands',
        _('its QEMU is in a migration that has not moved for a second'),
        remedy=_(
            'shut the guest down and start it again, as "openstack server '
            'reboot --hard" does, if "virsh domjobinfo" has no job, or one '
            'that was cancelled minutes ago: QEMU will never end that (known '
            'issue parallel-hang)'
        ),
        file=name,
    )


def _is_as_new(host: host_check.Host, guest: guests.Guest) -> bool:
    libvirt = host.seen.libvirt
    return (
        guest.files is None
        and not isinstance(libvirt, unseen.Unseen)
        and guest.qemu == libvirt.versions.qemu
    )


def _refused(
    host: host_check.Host, name: str, one: fault.Fault, *, stale: bool
) -> host_check.Finding:
    known = advice.for_code(one.code)
    return host.failure(
        f'guest.{one.code}',
        _('its QEMU sees other files than a new guest would: %s') % one.seen
        if stale
        else _('its QEMU refuses the credentials: %s') % one.seen,
        wanted=known.wanted,
        remedy=_see_again() if stale else known.remedy,
        file=name,
    )


def _differs(guest: guests.Guest, known: _Verdicts) -> bool:
    return guest.files is not None and any(
        guest.files.file(name) != known.common.file(name)
        for name in guest.changed
    )


def _see_again() -> str:
    return _(
        'shut the guest down and start it again (a reboot from inside is not '
        'enough), so that its QEMU gets the mounts of today'
    )
