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

"""Would QEMU on this host take its credentials, and its peers take it?"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import dataclasses
import errno

from nova_native_tls._i18n import _
from nova_native_tls.checks import base
from nova_native_tls.checks import host_check
from nova_native_tls.checks import own_end
from nova_native_tls.checks import peer_credentials
from nova_native_tls.checks import permission_remedy
from nova_native_tls.checks import result
from nova_native_tls.checks import tls_directory
from nova_native_tls.host import path_walk
from nova_native_tls.host import unseen
from nova_native_tls.migration import versions
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import verdict

#: Codes that end so have a cause on this host that can be named.
_ACCESS = ('not-permitted', 'inaccessible', 'missing')
_END = {
    base.Stage.DESTINATION: credential_set.Endpoint.SERVER,
    base.Stage.SOURCE: credential_set.Endpoint.CLIENT,
    base.Stage.DESTINATION_AGAIN: credential_set.Endpoint.SERVER,
}


class CredentialsCheck(host_check.HostCheck):
    """Lets this host be both ends, or the end that it is now.

    Every host is a source and a destination in its turn, and all hosts have
    to trust each other: what fails between a host and itself fails between
    it and others. Before a migration only the end that this host will be
    counts, and what the other end shows.
    """

    stages = host_check.HostCheck.stages | {base.Stage.DESTINATION_AGAIN}

    def judge(self, host: host_check.Host) -> Iterator[host_check.Finding]:
        """Refuse credentials that QEMU refuses."""
        credentials, libvirt = host.seen.credentials, host.seen.libvirt
        for looked in (credentials, libvirt):
            if isinstance(looked, unseen.Unseen):
                yield host.unseen('credentials.not-looked-at', looked)
                return
        assert not isinstance(credentials, unseen.Unseen)
        assert not isinstance(libvirt, unseen.Unseen)
        directory = host.seen.directory
        if not isinstance(directory, unseen.Unseen) and not directory.exists:
            # It would be said of every file, otherwise.
            yield from tls_directory.TLSDirectoryCheck().judge(host)
            return
        version = libvirt.versions.qemu
        problems = sorted(
            {
                problem
                for file, problem in host.seen.unseen_files.items()
                if host.needs(file)
            }
        )
        if version is None:
            problems.append(_('the version of QEMU is not known'))
        for problem in problems:
            looked = unseen.Unseen(problem)
            yield host.unseen('credentials.not-looked-at', looked)
        if version is not None and not problems:
            if host.context.stage is base.Stage.HOST:
                yield from _as_both(host, credentials, version)
            else:
                yield from _as_one(host)


def _as_one(host: host_check.Host) -> Iterator[host_check.Finding]:
    """Look at the end that it is in this migration."""
    stage = host.context.stage
    end = own_end.find(host, _END[stage])
    # What there is was looked at before.
    assert end is not None
    failed = False
    if stage is not base.Stage.DESTINATION_AGAIN and not end.other_files:
        # Of files that only a running guest sees, running_guests speaks.
        for found in _all_translated(host, end.files, end.verdict.findings):
            failed = failed or found.status is result.Status.FAILURE
            yield found
    if stage is not base.Stage.DESTINATION and not failed:
        yield from peer_credentials.judge(host, end)


def _as_both(
    host: host_check.Host,
    credentials: credential_set.CredentialSet,
    version: versions.Version,
) -> Iterable[host_check.Finding]:
    found = verdict.of_pair(
        credentials,
        credentials,
        name=host.context.own.tls_name,
        qemu_version=version,
        **own_end.conditions(host.seen),
    )
    return _all_translated(host, credentials, found.findings) or (
        host.success(
            'credentials.accepted',
            _('this host accepts its own, but for the name'),
        ),
    )


def _all_translated(
    host: host_check.Host,
    credentials: credential_set.CredentialSet,
    findings: Iterable[verdict.Finding],
) -> Iterable[host_check.Finding]:
    # One closed directory keeps QEMU from all files.
    return dict.fromkeys(
        translated
        for finding in findings
        if (translated := _translated(host, credentials, finding))
    )


def _translated(
    host: host_check.Host,
    credentials: credential_set.CredentialSet,
    finding: verdict.Finding,
) -> host_check.Finding | None:
    """Say it of this host; None for what another check says."""
    if (
        finding.code == 'name.unknown'
        and finding.status is not result.Status.SUCCESS
    ):
        # Nobody has decided: own_name says why.
        return None
    path = credentials.path(finding.file) if finding.file else ''
    if finding.status is result.Status.SUCCESS:
        return host.success(finding.code, finding.seen, file=path)
    if finding.code.endswith('.encrypted') and host.secret_is_private:
        return host.warning(
            'qemu-conf.secret-private',
            _('libvirt keeps the secret for itself: the key was not tried'),
            remedy=_(
                'let a canary try it: "nova-native-tls pair check DEST '
                '--depth canary"'
            ),
            file=path,
        )
    found = _access(host, finding)
    if found is not None:
        return found
    say = (
        host.failure
        if finding.status is result.Status.FAILURE
        else host.warning
    )
    return say(
        finding.code,
        finding.seen,
        wanted=finding.wanted,
        remedy=finding.remedy,
        file=path,
        stricter=finding.stricter,
    )


def _access(
    host: host_check.Host, finding: verdict.Finding
) -> host_check.Finding | None:
    """Find what keeps QEMU's user from a file, and what opens it."""
    user = host.seen.user
    if (
        finding.status is not result.Status.FAILURE
        or finding.code.rpartition('.')[2] not in _ACCESS
        or not finding.file
        or isinstance(user, unseen.Unseen)
    ):
        return None
    walk = host.seen.walks.get(finding.file) or _into_directory(host)
    if walk is None:
        return None
    node = permission_remedy.obstacle(walk, user)
    if node is not None:
        return host.failure(
            'directory.not-permitted' if node.is_directory else finding.code,
            permission_remedy.describe(node, user),
            remedy=_('run "%s"') % permission_remedy.command(node, user),
            file=node.path,
        )
    if walk.end is None and walk.links:
        link = walk.links[-1]
        return host.failure(
            finding.code,
            _('it is a symbolic link to %s, which is not there') % link.target,
            remedy=_('put the file there, or a file in place of the link'),
            file=link.path,
        )
    return None


def _into_directory(host: host_check.Host) -> path_walk.Walk | None:
    """Give the way to a file that is not there."""
    walk = host.seen.walks.get('')
    if walk is None or walk.end is None:
        return walk
    looked_up = path_walk.Step(path_walk.Act.SEARCH, walk.end)
    return dataclasses.replace(
        walk, steps=(*walk.steps[:-1], looked_up), error=errno.ENOENT
    )
