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

"""Puts down how a guest moved, once its migration has ended.

Nothing here is raised: a migration does not fail because of what is said of
it afterwards.
"""

from __future__ import annotations

import datetime
from typing import Any

from cryptography import x509
import nova.conf
from oslo_log import log as logging

from nova_native_tls.evidence import chain
from nova_native_tls.evidence import journal
from nova_native_tls.evidence import record
from nova_native_tls.evidence import summary
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import progress
from nova_native_tls.nova import course
from nova_native_tls.nova.telling import action_event
from nova_native_tls.nova.telling import migration_notification
from nova_native_tls.peer import facts
from nova_native_tls.pki import inspect

LOG = logging.getLogger(__name__)

CONF = nova.conf.CONF

#: The event in ``openstack server event show``.
EVENT = 'compute_native_tls_evidence'
_MIB = 1024 * 1024
_DISK_FLAGS = frozenset({'NON_SHARED_DISK', 'NON_SHARED_INC'})


def tell(ended: course.Course, seen: progress.Progress | None) -> None:
    """Put it down in all places.

    The event is of what went well: a failure has one with its cause.

    :param seen: how far it was when Nova last looked.
    """
    instance = ended.instance
    try:
        made = of(ended, seen)
        anchor = _keep(made, instance)
        LOG.info('%s', summary.full(made, anchor), instance=instance)
        migration_notification.send(ended.context, made, anchor)
        if made.result is record.Result.COMPLETED:
            action_event.write(
                ended.context,
                instance,
                EVENT,
                summary.short(made, anchor, action_event.DETAILS_LENGTH),
            )
    except Exception as err:
        LOG.warning(
            'There is no evidence of the live migration: %s: %s',
            type(err).__name__,
            err,
            exc_info=True,
            instance=instance,
        )


def _keep(made: record.Record, instance: Any) -> chain.Anchor | None:
    """Write it to the file, if there is to be one."""
    options = CONF.native_tls
    if not options.evidence_file:
        return None
    try:
        return journal.Journal(
            options.evidence_file,
            max_bytes=options.evidence_max_size_mib * _MIB,
            keep_files=options.evidence_keep_files,
        ).append(chain.Kind.MIGRATION, record.to_fields(made))
    except Exception as err:
        LOG.warning(
            'The evidence of the live migration is not in the file: %s',
            err,
            instance=instance,
        )
        return None


def of(ended: course.Course, seen: progress.Progress | None) -> record.Record:
    """Gather what is known of a migration."""
    instance, plan = ended.instance, ended.plan
    result = _result(ended)
    return record.Record(
        began=ended.since,
        uuid=instance.uuid,
        name=_name(instance),
        guest=instance.name,
        source=CONF.host,
        destination=ended.destination,
        changes=tuple(
            f'{each.action} {each.subject}: {each.reason}'
            for each in (() if plan is None else plan.adjustments)
        ),
        result=result,
        cause='' if result is record.Result.COMPLETED else _cause(ended),
        **_of_policy(ended),
        **_of_call(None if plan is None else plan.call),
        **_shown(ended),
        **_counted(ended, seen),
    )


def _name(instance: Any) -> str:
    # Nova has it here; it is not worth an error.
    if 'display_name' not in instance:
        return ''
    return instance.display_name or ''


def _of_policy(ended: course.Course) -> dict[str, Any]:
    terms = ended.terms
    if terms is None:
        return {}
    return {
        'encryption': terms.decision.encryption,
        'rule': terms.decision.owner,
        'notes': (*terms.decision.notes, *(terms.problems or ())),
    }


def _shown(ended: course.Course) -> dict[str, Any]:
    """Say who showed what; without TLS nobody does."""
    if ended.plan is None or ended.plan.call.mode != 'tls':
        return {}
    own, peer = ended.own, ended.peer
    return {
        'source_identity': _identity(own, own.client_chain if own else None),
        'destination_identity': _identity(
            peer, peer.server_chain if peer else None
        ),
        'priority': (own.priority or None) if own else None,
    }


def _result(ended: course.Course) -> record.Result:
    found = record.Result(ended.result.value)
    if found is record.Result.FAILED and ended.plan is None:
        return record.Result.REFUSED
    return found


def _cause(ended: course.Course) -> str:
    told = ended.reason or (ended.rolled_back and ended.rolled_back.why)
    if told:
        return told.full
    return str(ended.error) if ended.error is not None else ''


def _of_call(call: migration_call.MigrateCall | None) -> dict[str, Any]:
    if call is None:
        return {}
    name = call.params.get('tls.destination')
    parallel = call.params.get('parallel.connections')
    return {
        'mode': call.mode,
        'flags': tuple(sorted(call.flags)),
        'params': dict(call.params),
        'verified_name': str(name) if name and 'TLS' in call.flags else None,
        'channels': parallel
        if 'PARALLEL' in call.flags and isinstance(parallel, int)
        else 1,
        'nbd': 'TUNNELLED' not in call.flags
        and not _DISK_FLAGS.isdisjoint(call.flags),
    }


def _counted(
    ended: course.Course, seen: progress.Progress | None
) -> dict[str, Any]:
    until = ended.answered or datetime.datetime.now(datetime.UTC)
    duration = {'duration_s': round((until - ended.since).total_seconds(), 3)}
    final = ended.job_end.progress
    last = final or seen
    if last is None:
        return duration
    return {
        **duration,
        'memory_bytes': last.memory_sent,
        # What libvirt says in the end may leave the disks out.
        'disk_bytes': max(last.disk_sent, seen.disk_sent if seen else 0),
        # Before the end it is only expected.
        'downtime_ms': final and final.downtime_ms,
    }


def _identity(
    said: facts.HostFacts | None, chain_shown: facts.Chain
) -> record.Identity:
    if said is None:
        return record.Identity()
    return record.Identity(
        certificate=_certificate(chain_shown[0] if chain_shown else None),
        ca=_certificate(said.ca),
    )


def _certificate(der: bytes | None) -> record.Certificate | None:
    if der is None:
        return None
    try:
        return record.Certificate.of(
            inspect.describe(x509.load_der_x509_certificate(der))
        )
    except Exception as err:
        # GnuTLS takes what cryptography does not; it raises many classes.
        LOG.debug('A certificate cannot be described: %s', err)
        return None
