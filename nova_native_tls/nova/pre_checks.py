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

from typing import Any

import nova.conf
from nova import exception as nova_exception
from oslo_config import cfg
from oslo_log import log as logging

from nova_native_tls.checks import base
from nova_native_tls.checks import options as options_check
from nova_native_tls.checks import result
from nova_native_tls.checks import runner
from nova_native_tls import exception
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.nova import carrier
from nova_native_tls.nova import own_facts
from nova_native_tls.peer import facts

LOG = logging.getLogger(__name__)

CONF = nova.conf.CONF


def load() -> runner.Runner:
    """Load what can be asked.

    :raises InvalidConfiguration: nova-compute must not start.
    """
    try:
        return runner.Runner(runner.load())
    except exception.NativeTLSError as err:
        raise nova_exception.InvalidConfiguration(str(err)) from err


def settings_at_start() -> migration_settings.MigrationSettings:
    """Read the options and refuse what cannot work with them.

    For before anything else of Nova starts: Nova 34 leaves a process behind
    that does nothing when its driver refuses later than that.

    :raises InvalidConfiguration: they exclude each other, or one of them has
        an impossible value.
    """
    try:
        settings = migration_settings.from_conf(CONF)
        _ = CONF.native_tls.tls_destination
    except (exception.NativeTLSError, cfg.ConfigFileValueError) as err:
        raise nova_exception.InvalidConfiguration(str(err)) from err
    _refuse(tuple(options_check.findings(settings)))
    return settings


def at_start(
    checks: runner.Runner,
    *,
    host: Any,
    settings: migration_settings.MigrationSettings,
) -> None:
    """Ask what can be asked before there is a migration.

    :param host: Nova's connection to the local libvirt.
    :raises InvalidConfiguration: nova-compute must not start.
    """
    report = checks.run(
        base.CheckContext(
            stage=base.Stage.START,
            settings=settings,
            own=own_facts.collect(host),
        )
    )
    _log(report)
    _refuse(report.findings)


def _refuse(findings: tuple[result.Finding, ...]) -> None:
    report = result.CheckReport(findings=findings)
    if report.status is result.Status.FAILURE:
        raise nova_exception.InvalidConfiguration(
            report.sentences(result.Status.FAILURE)
        )


def of_migration(
    checks: runner.Runner,
    stage: base.Stage,
    *,
    host: Any,
    migrate_data: Any = None,
    peer: carrier.Role | None = None,
) -> facts.HostFacts:
    """Ask at one leg of a migration's check.

    :param host: Nova's connection to the local libvirt.
    :param peer: whose facts ``migrate_data`` may carry.
    :returns: the facts of this host.
    :raises MigrationPreCheckError: one check failed; Nova's conductor then
        tries another destination.
    """
    try:
        peer_facts = peer and carrier.get(migrate_data, peer)
        settings = migration_settings.from_conf(CONF)
    except exception.NativeTLSError as err:
        raise nova_exception.MigrationPreCheckError(reason=str(err)) from err
    own = own_facts.collect(host)
    report = checks.run(
        base.CheckContext(
            stage=stage,
            settings=settings,
            own=own,
            peer=peer_facts,
            block=migrate_data.block_migration
            if migrate_data is not None and 'block_migration' in migrate_data
            else None,
        )
    )
    _log(report)
    if report.status is result.Status.FAILURE:
        raise nova_exception.MigrationPreCheckError(
            reason=report.sentences(result.Status.FAILURE)
        )
    return own


def _log(report: result.CheckReport) -> None:
    for finding in report.with_status(result.Status.WARNING):
        LOG.warning('Pre-check %s: %s', finding.code, finding.sentence())
