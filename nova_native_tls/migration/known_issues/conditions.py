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


"""What calls have to do with an issue, for the tables beside this module."""

from __future__ import annotations

import re

from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration.known_issues import issue
from nova_native_tls.migration import versions

Call = migration_call.MigrateCall
Request = migration_call.MigrationRequest

#: Machines that have no releases: nothing of an older QEMU is kept in them.
_WITHOUT_RELEASES = frozenset({'isapc', 'microvm', 'none'})

#: What QEMU itself calls its machines, as pc-q35-7.2; a distribution's own
#: names, as pc-q35-rhel9.4.0, do not tell which release they keep to.
_WITH_RELEASE = re.compile(r'.+-(\d{1,3}\.\d{1,3})', re.ASCII)

#: The last machine whose guests have the connection for urgent pages opened
#: together with the others (hw_compat_7_2, x-preempt-pre-7-2).
_URGENT_PAGES_AT_ONCE = versions.Version(7, 2)


def with_flags(*flags: str) -> issue.Condition:
    """Meet calls that have all of these flags."""
    return lambda call, _request: call.flags.issuperset(flags)


def copies_disks(call: Call) -> bool:
    """Tell whether disks are copied, which QEMU does by NBD."""
    return not call.flags.isdisjoint({'NON_SHARED_DISK', 'NON_SHARED_INC'})


def disks_with_tls(call: Call, _request: Request) -> bool:
    """Disks are copied with TLS."""
    return 'TLS' in call.flags and copies_disks(call)


def disks_with_tls_and_iothreads(call: Call, request: Request) -> bool | None:
    """Disks of a guest with I/O threads are copied with TLS."""
    return disks_with_tls(call, request) and request.iothreads


def disks_without_name(call: Call, _request: Request) -> bool:
    """Disks are copied with TLS, in parallel, and no name is stated."""
    return (
        'PARALLEL' in call.flags
        and disks_with_tls(call, _request)
        and 'tls.destination' not in call.params
    )


def parallel_without_releases(call: Call, request: Request) -> bool:
    """A machine that has no releases moves in parallel, with TLS.

    A machine that is not known is taken for one of the many that have: a
    warning for each of them would help nobody. Those that a distribution has
    named keep track of its releases as QEMU's own do.
    """
    return (
        call.flags.issuperset({'TLS', 'PARALLEL'})
        and request.machine in _WITHOUT_RELEASES
    )


def post_copy_with_urgent_pages_at_once(
    call: Call, request: Request
) -> bool | None:
    """A machine before 8.0 moves in parallel, and post-copy is permitted."""
    if not call.flags.issuperset({'POSTCOPY', 'PARALLEL'}):
        return False
    if request.machine in _WITHOUT_RELEASES:
        return False
    found = _WITH_RELEASE.fullmatch(request.machine or '')
    if found is None:
        return None
    return versions.Version.parse(found[1]) <= _URGENT_PAGES_AT_ONCE


def every_call(_call: Call, _request: Request) -> bool:
    """Whatever is asked."""
    return True
