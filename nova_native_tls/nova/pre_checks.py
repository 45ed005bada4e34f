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

"""Runs the pre-checks inside nova-compute, and refuses in Nova's own way."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses
from typing import Any
from typing import NoReturn

import nova.conf
from nova import exception as nova_exception
from oslo_config import cfg
from oslo_log import log as logging

from nova_native_tls.checks import base
from nova_native_tls.checks import host_check
from nova_native_tls.checks import options as options_check
from nova_native_tls.checks import result
from nova_native_tls.checks import runner
from nova_native_tls import exception
from nova_native_tls.explain import matcher
from nova_native_tls.host import guests
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.nova import carrier
from nova_native_tls.nova.facts import host_look
from nova_native_tls.nova.facts import host_question
from nova_native_tls.nova.facts import own_facts
from nova_native_tls.nova.facts import own_guest
from nova_native_tls.nova.telling import refusal
from nova_native_tls.nova.telling import told_warnings
from nova_native_tls.peer import facts

LOG = logging.getLogger(__name__)

CONF = nova.conf.CONF

_told = told_warnings.Told()


def load() -> runner.Runner:
    """Load what can be asked.

    :raises InvalidConfiguration: nova-compute must not start.
    """
    try:
        return runner.Runner(runner.load())
    except exception.NativeTLSError as err:
        raise nova_exception.InvalidConfiguration(str(err)) from err


def settings_at_start() -> migration_settings.MigrationSettings:
    """Read the options, as of encrypted migrations, and refuse what cannot be.

    For before anything else of Nova starts: Nova 34 leaves a process behind
    that does nothing when its driver refuses later than that.

    :raises InvalidConfiguration: they exclude each other, or one of them has
        an impossible value.
    """
    try:
        settings = migration_settings.from_conf(CONF)
        _ = CONF.native_tls.tls_destination
        _ = CONF.native_tls.canary_interval
        _ = CONF.native_tls.expiry_warning_days
    except (exception.NativeTLSError, cfg.ConfigFileValueError) as err:
        raise nova_exception.InvalidConfiguration(str(err)) from err
    _refuse(tuple(options_check.findings(settings)))
    return migration_settings.with_tls(CONF)


def at_start(
    checks: runner.Runner,
    *,
    host: Any,
    settings: migration_settings.MigrationSettings,
) -> None:
    """Ask what can be asked before there is a migration.

    What is wrong with the host itself is told, and keeps nobody from
    starting: its certificates may come later. Each migration asks again.

    :param host: Nova's connection to the local libvirt.
    :raises InvalidConfiguration: nova-compute must not start.
    """
    question = own_facts.question(
        own_facts.ask_libvirt_for_all(host), settings=settings
    )
    answer = _look(checks, question)
    context = base.CheckContext(
        stage=base.Stage.START, settings=settings, own=answer.own
    )
    findings = _in_process(checks, context)
    _log(findings)
    _refuse(findings)
    of_host = (
        *answer.findings,
        *_in_process(
            checks,
            dataclasses.replace(context, stage=base.Stage.HOST),
            (*findings, *answer.findings),
        ),
    )
    _told.at_start(host, of_host)
    _log(each for each in dict.fromkeys(of_host) if each not in findings)
    for finding in dict.fromkeys(of_host):
        if finding.status is result.Status.FAILURE:
            LOG.warning(
                'Live migrations are refused until this is mended: %s: %s',
                finding.code,
                finding.sentence(),
            )


def _refuse(findings: tuple[result.Finding, ...]) -> None:
    report = result.CheckReport(findings=findings)
    if report.status is result.Status.FAILURE:
        raise nova_exception.InvalidConfiguration(
            report.sentences(result.Status.FAILURE)
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was found at one leg of a migration's check.

    :ivar own: the facts of this host.
    """

    own: facts.HostFacts
    report: result.CheckReport

    @property
    def failures(self) -> tuple[result.Finding, ...]:
        """Give what keeps the migration from TLS; causes first."""
        return self.report.with_status(result.Status.FAILURE)


def ask(
    checks: runner.Runner,
    stage: base.Stage,
    *,
    host: Any,
    instance: Any = None,
    migrate_data: Any = None,
    peer: carrier.Role | None = None,
) -> Answer:
    """Ask at one leg of a migration's check whether TLS will do.

    :param host: Nova's connection to the local libvirt.
    :param instance: Nova's object of the guest that is to migrate.
    :param peer: whose facts ``migrate_data`` may carry.
    :raises NativeTLSError: the options or what the peer sent cannot be read.
    """
    peer_facts = peer and carrier.get(migrate_data, peer)
    settings = migration_settings.with_tls(CONF)
    guest = _guest(instance)
    if guest is not None and stage is base.Stage.SOURCE:
        traits = own_guest.of_instance(host, instance)
        guest = dataclasses.replace(
            guest, iothreads=traits.iothreads, machine=traits.machine
        )
    question = dataclasses.replace(
        own_facts.question(
            own_facts.ask_libvirt(
                host, guest if stage is base.Stage.SOURCE else None
            ),
            settings=settings,
            stage=stage,
        ),
        peer=peer_facts,
        block=migrate_data.block_migration
        if migrate_data is not None and 'block_migration' in migrate_data
        else None,
        guest=guest,
    )
    answer = _look(checks, question)
    findings = _in_process(checks, _context(question, answer), answer.findings)
    _log(_told.news(host, stage, answer.findings))
    _log(findings)
    return Answer(
        own=answer.own,
        report=result.CheckReport(
            findings=(*sorted(answer.findings, key=_is_unseen), *findings)
        ),
    )


def refuse(failures: Sequence[result.Finding], instance: Any) -> NoReturn:
    """Tell the user what an event has room for, and the log everything.

    :param failures: at least one; causes first.
    :raises MigrationPreCheckError: always.
    """
    LOG.warning(
        'Live migration with native TLS refused: %s',
        '; '.join(failure.sentence() for failure in failures),
        instance=instance,
    )
    before = len(str(nova_exception.MigrationPreCheckError(reason='')))
    raise nova_exception.MigrationPreCheckError(
        reason=refusal.text(failures, matcher.DETAILS_LENGTH - before)
    )


def watch(checks: runner.Runner, host: Any) -> host_look.Watched:
    """Ask about this host, without its guests, and log nothing.

    Whatever goes wrong is raised, as one of many errors.

    :param host: Nova's connection to the local libvirt.
    """
    question = own_facts.question(
        own_facts.ask_libvirt(host), settings=migration_settings.with_tls(CONF)
    )
    watched = host_look.ask_to_watch(
        dataclasses.replace(question, checks=_of_host(checks, question.stage))
    )
    answer = host_look.Answer(findings=watched.findings, own=watched.own)
    context = _context(question, answer)
    others = _in_process(checks, context, watched.findings)
    return dataclasses.replace(watched, findings=(*watched.findings, *others))


def _guest(instance: Any) -> guests.Known | None:
    if instance is None:
        return None
    return guests.Known(
        name=instance.name,
        memory_mib=instance.memory_mb,
        disk_gib=_disk_gib(instance),
    )


def _disk_gib(instance: Any) -> int:
    """Count local disks as Nova does, each for no less than 2 GiB.

    _live_migration_data_gb, Nova 34 nova/virt/libvirt/driver.py. Swap disks
    are left out: the flavor, which has them, may not be here.
    """
    sizes_gib = (instance.root_gb, instance.ephemeral_gb)
    return sum(max(2, size_gib) for size_gib in sizes_gib if size_gib)


def _look(
    checks: runner.Runner, question: host_question.Question
) -> host_look.Answer:
    """Let the helper ask what is about this host."""
    names = _of_host(checks, question.stage)
    return own_facts.look(dataclasses.replace(question, checks=names))


def _of_host(checks: runner.Runner, stage: base.Stage) -> tuple[str, ...]:
    return tuple(
        name
        for name, check in sorted(checks.checks.items())
        if isinstance(check, host_check.HostCheck) and _is_asked(check, stage)
    )


def _in_process(
    checks: runner.Runner,
    context: base.CheckContext,
    looked: tuple[result.Finding, ...] = (),
) -> tuple[result.Finding, ...]:
    """Ask what is not about this host alone.

    :param looked: what was found already; if nothing was, somebody has to be
        asked here.
    """
    chosen = {
        name: check
        for name, check in checks.checks.items()
        if not isinstance(check, host_check.HostCheck)
        and _is_asked(check, context.stage)
    }
    if (looked and not chosen) or any(map(_is_blind, looked)):
        return ()
    return dataclasses.replace(checks, checks=chosen).run(context).findings


def _is_asked(check: base.PreCheck, stage: base.Stage) -> bool:
    try:
        return stage in check.stages
    except Exception:
        # The runner finds it broken.
        return True


def _context(
    question: host_question.Question, answer: host_look.Answer
) -> base.CheckContext:
    return base.CheckContext(
        stage=question.stage,
        settings=question.settings,
        own=answer.own,
        peer=question.peer,
        block=question.block,
        guest=question.guest,
    )


def _is_blind(finding: result.Finding) -> bool:
    """Tell of what everything else would only follow from."""
    return finding.code == 'host.not-looked-at'


def _is_unseen(finding: result.Finding) -> bool:
    """Put causes first: an event shows no more than 255 characters."""
    return finding.code.endswith('.not-looked-at')


def _log(findings: Iterable[result.Finding]) -> None:
    for finding in findings:
        if finding.status is result.Status.WARNING:
            LOG.warning('Pre-check %s: %s', finding.code, finding.sentence())
