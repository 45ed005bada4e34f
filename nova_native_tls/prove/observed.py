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

"""Proves what was seen of a host: from an observation to a subject."""

from __future__ import annotations

from nova_native_tls._i18n import _
from nova_native_tls.checks import qemu_conf
from nova_native_tls.checks import result
from nova_native_tls.host import daemon
from nova_native_tls.host import observation
from nova_native_tls.host import unseen
from nova_native_tls.prove import answer
from nova_native_tls.prove import host as prove_host
from nova_native_tls.prove import subject as prove_subject


def prove(
    seen: observation.HostObservation,
    *,
    name: str | None,
    timeout_s: float = prove_host.TIMEOUT_S,
) -> tuple[result.Finding, ...]:
    """Let the QEMU of this host load its credentials, and shake hands.

    :param name: under which other hosts verify this one; None: undecided.
    """
    directory, conf, user = seen.directory, seen.conf, seen.user
    for looked in (directory, conf, user, seen.passphrase_unseen):
        if isinstance(looked, unseen.Unseen):
            return (_impossible(seen, looked),)
    assert not isinstance(directory, unseen.Unseen)
    assert not isinstance(conf, unseen.Unseen)
    assert not isinstance(user, unseen.Unseen)
    credentials = seen.credentials
    subject = prove_subject.Subject(
        host=seen.host,
        directory=directory.path,
        name=name,
        account=prove_subject.Account(
            name=user.name,
            uid=user.identity.uid,
            gid=user.identity.gid,
            groups=tuple(sorted(user.identity.groups)),
        ),
        verify=conf.verify,
        priority=conf.priority if qemu_conf.knows_priority(seen) else None,
        passphrase=None
        if isinstance(credentials, unseen.Unseen)
        else credentials.passphrase,
    )
    findings = prove_host.prove(subject, timeout_s=timeout_s)
    return (*_another_root(seen, subject), *findings)


def _impossible(
    seen: observation.HostObservation, why: unseen.Unseen
) -> result.Finding:
    return result.Finding(
        code='prove.not-possible',
        status=result.Status.FAILURE,
        subject=seen.host,
        detail=why.problem,
        remedy=_('mend that, and prove it again'),
    )


def _another_root(
    seen: observation.HostObservation, subject: prove_subject.Subject
) -> tuple[result.Finding, ...]:
    """Say that libvirt, in a container, may have other files."""
    if not isinstance(seen.daemon, daemon.Daemon) or not seen.daemon.root:
        return ()
    return (
        answer.warning(
            subject,
            'prove.another-root',
            _('libvirt has other files than this process, in which it looked'),
            _("run it in libvirt's own container"),
        ),
    )
