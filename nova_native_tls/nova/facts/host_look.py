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

"""Looks at this host for nova-compute, inside Nova's privileged helper.

nova-compute may neither read QEMU's credentials nor look at QEMU's processes.
The helper looks and judges; only findings, names and public certificates
leave it, never a private key. Nothing here may be imported that needs Nova's
options, which the helper does not have.
"""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import functools
import threading
from typing import Any

import nova.privsep
from oslo_log import log as logging

from nova_native_tls._i18n import _
from nova_native_tls.checks import base
from nova_native_tls.checks import host_check
from nova_native_tls.checks import own_end
from nova_native_tls.checks import qemu_conf
from nova_native_tls.checks import result
from nova_native_tls.checks import runner
from nova_native_tls.checks import this_host
from nova_native_tls import exception
from nova_native_tls.host import collect
from nova_native_tls.host import daemon
from nova_native_tls.host import file_view
from nova_native_tls.host import guests
from nova_native_tls.host import key_changes
from nova_native_tls.host import libvirt_view
from nova_native_tls.host import observation
from nova_native_tls.host import read_by_permission
from nova_native_tls.host import tls_priority
from nova_native_tls.host import unseen
from nova_native_tls.identity import dated
from nova_native_tls.nova.facts import host_question
from nova_native_tls.nova.facts import other_container
from nova_native_tls.nova.facts import own_stats
from nova_native_tls.peer import facts
from nova_native_tls.peer import host_stats
from nova_native_tls.pki import credential_set
from nova_native_tls.speed import costs
from nova_native_tls.speed import own_speed

LOG = logging.getLogger(__name__)

Endpoint = credential_set.Endpoint

#: A file system that does not answer must not keep nova-compute waiting.
TIME_LIMIT_S = 30.0

_in_helper = nova.privsep.sys_admin_pctxt.entrypoint_with_timeout(TIME_LIMIT_S)
#: A look that hangs keeps one thread of the helper, of which there are few.
_watching = threading.Lock()

#: The chain that the other end of a migration is sent.
_SHOWN = {
    base.Stage.DESTINATION: Endpoint.SERVER,
    base.Stage.SOURCE: Endpoint.CLIENT,
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the helper says.

    :ivar own: what this host tells its peers.
    """

    findings: tuple[result.Finding, ...]
    own: facts.HostFacts


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What the helper says to who asks every minute.

    :ivar own: what this host tells its peers, but not what it shows them.
    :ivar dated: what ends by itself.
    :ivar stats: what this host publishes, but whether it is ready.
    """

    findings: tuple[result.Finding, ...]
    own: facts.HostFacts
    dated: tuple[dated.Dated, ...]
    stats: host_stats.HostStats


def ask(question: host_question.Question) -> Answer:
    """Let the helper look, and judge.

    Whatever goes wrong there is raised here, as one of many errors.
    """
    found, own = look(host_question.to_primitives(question))
    return Answer(
        findings=tuple(result.Finding(**each) for each in found),
        own=facts.loads(own),
    )


def ask_to_watch(question: host_question.Question) -> Watched:
    """Let the helper look as every minute, and judge.

    Whatever goes wrong there is raised here, as one of many errors.
    """
    answer = watch(host_question.to_primitives(question))
    stats = host_stats.loads(answer['stats'])
    assert stats is not None
    return Watched(
        findings=tuple(result.Finding(**each) for each in answer['findings']),
        own=facts.loads(answer['own']),
        dated=tuple(map(dated.Dated.from_primitives, answer['dated'])),
        stats=stats,
    )


@_in_helper  # type: ignore[untyped-decorator]
def look(asked: dict[str, Any]) -> tuple[list[dict[str, Any]], str]:
    """Look at this host; in the helper, with its privileges.

    :param asked: a question in types that go through a socket.
    :returns: the findings and this host's facts, in such types.
    """
    try:
        question = host_question.from_primitives(asked)
        seen = _seen(question)
        context = _context(question, seen)
        findings = _findings(question, context)
        if question.stage is base.Stage.HOST and question.checks:
            _warm_up(question, seen, context)
        return (
            [_finding(each) for each in dict.fromkeys(findings)],
            facts.dumps(context.own),
        )
    except Exception as err:
        LOG.exception('This host could not be looked at')
        # Most errors of this project do not get through the socket whole.
        raise RuntimeError(f'{type(err).__name__}: {err}') from err


@_in_helper  # type: ignore[untyped-decorator]
def watch(asked: dict[str, Any]) -> dict[str, Any]:
    """Look at this host as every minute; in the helper.

    It takes no time that the first migration would have to take anyway, and
    says no error a second time in the log: who asks does.

    :param asked: a question in types that go through a socket.
    :returns: the values of a ``Watched``, in such types.
    """
    if not _watching.acquire(blocking=False):
        raise RuntimeError('the look before has not come to an end yet')
    try:
        return _watched(host_question.from_primitives(asked))
    except Exception as err:
        raise RuntimeError(f'{type(err).__name__}: {err}') from err
    finally:
        _watching.release()


def _watched(question: host_question.Question) -> dict[str, Any]:
    seen = _seen(question)
    context = _context(question, seen)
    findings = _findings(question, context)
    files = seen.credentials
    ends = () if isinstance(files, unseen.Unseen) else dated.read(files)
    stats = own_stats.of(
        seen,
        server=_chain(seen, context, Endpoint.SERVER),
        client=_chain(seen, context, Endpoint.CLIENT),
        known=context.own.versions,
    )
    return {
        'findings': [_finding(each) for each in dict.fromkeys(findings)],
        'own': facts.dumps(context.own),
        'dated': [each.to_primitives() for each in ends],
        'stats': host_stats.dumps(stats),
    }


def _findings(
    question: host_question.Question, context: base.CheckContext
) -> tuple[result.Finding, ...]:
    if not question.checks:
        return ()
    assert context.observation is not None
    shut_out = other_container.shut_out(context.observation)
    # Everything else would only follow from it.
    return shut_out or _checks(question.checks).run(context).findings


def _seen(question: host_question.Question) -> observation.HostObservation:
    def libvirt() -> libvirt_view.LibvirtView:
        if isinstance(question.libvirt, str):
            raise exception.ConnectionFailed(
                uri=this_host.LOCAL, problem=question.libvirt
            )
        return question.libvirt

    return collect.collect(
        collect.Sources(
            host=question.host,
            libvirt=libvirt,
            # Passphrases stay where they are: those keys are not tried.
            secret=lambda _uuid: None,
            # The helper cannot become somebody else, and its threads forbid
            # a fork.
            reader=read_by_permission.read,
        )
    )


def _context(
    question: host_question.Question, seen: observation.HostObservation
) -> base.CheckContext:
    context = base.CheckContext(
        stage=question.stage,
        settings=question.settings,
        own=dataclasses.replace(
            this_host.own_facts(seen, question.tls_destination),
            priority=qemu_conf.priority_in_use(seen),
        ),
        peer=question.peer,
        block=question.block,
        guest=question.guest,
        observation=seen,
    )
    if question.stage not in _SHOWN:
        return context
    chain = _chain(seen, context, _SHOWN[question.stage])
    own = (
        dataclasses.replace(context.own, server_chain=chain)
        if question.stage is base.Stage.DESTINATION
        else dataclasses.replace(context.own, client_chain=chain)
    )
    own = dataclasses.replace(
        own,
        ca=own_stats.ca(seen, chain),
        speed=_speed(question, seen, context.own),
    )
    if question.stage is base.Stage.SOURCE:
        leaving = _guest(question.guest, seen)
        if leaving is not None:
            own = dataclasses.replace(
                own,
                guest_qemu=leaving.qemu,
                guest_keeps_keys=key_changes.is_safe(
                    file_view.FileView(_root(seen)),
                    started_at=leaving.started_at,
                    priority=own.priority,
                ),
            )
    return dataclasses.replace(context, own=own)


def _speed(
    question: host_question.Question,
    seen: observation.HostObservation,
    own: facts.HostFacts,
) -> costs.HostSpeed | None:
    """Find out how fast this host is; a migration goes on without it."""
    libvirt = seen.libvirt
    try:
        return own_speed.measure(
            question.address or own.host_name,
            priority=own.priority or tls_priority.ORDINARY,
            capabilities=None
            if isinstance(libvirt, unseen.Unseen)
            else libvirt.capabilities,
            root=_root(seen),
        )
    except Exception as err:
        LOG.debug('How fast this host is is not known: %r', err)
        return None


def _guest(
    leaving: guests.Known | None, seen: observation.HostObservation
) -> guests.Guest | None:
    if leaving is None or isinstance(seen.guests, unseen.Unseen):
        return None
    running = (each for each in seen.guests if each.name == leaving.name)
    return next(running, None)


def _root(seen: observation.HostObservation) -> str:
    return seen.daemon.root if isinstance(seen.daemon, daemon.Daemon) else ''


def _chain(
    seen: observation.HostObservation,
    context: base.CheckContext,
    endpoint: Endpoint,
) -> facts.Chain:
    end = own_end.find(host_check.Host(seen, context), endpoint)
    return None if end is None else end.chain()


def _warm_up(
    question: host_question.Question,
    seen: observation.HostObservation,
    context: base.CheckContext,
) -> None:
    """Do once what takes its time only once, as before a migration."""
    _speed(question, seen, context.own)
    for endpoint in Endpoint:
        end = own_end.find(host_check.Host(seen, context), endpoint)
        chain = _chain(seen, context, endpoint.peer)
        if end is not None and chain is not None:
            end.accepts(chain, context.own.tls_name)


@functools.cache
def _loaded() -> Mapping[str, base.PreCheck]:
    return runner.load()


def _checks(names: tuple[str, ...]) -> runner.Runner:
    """Take those that nova-compute has, whatever was installed since."""
    for name in names:
        if name not in _loaded():
            raise exception.CheckUnusable(
                name=name,
                problem=_(
                    "Nova's privileged helper does not have it: restart "
                    'nova-compute'
                ),
            )
    return runner.Runner({name: _loaded()[name] for name in names})


def _finding(each: result.Finding) -> dict[str, Any]:
    # A plug-in may say it in something that only looks like a text.
    return {
        'code': str(each.code),
        'status': int(each.status),
        'subject': str(each.subject),
        'detail': str(each.detail),
        'remedy': str(each.remedy),
        'wanted': str(each.wanted),
        'stricter': bool(each.stricter),
    }
