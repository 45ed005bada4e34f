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

"""What one migration is asked with, by Nova's options and both hosts."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses

import nova.conf

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls import host_names
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import flags
from nova_native_tls.migration import guest_traits
from nova_native_tls.migration import libvirt_abi
from nova_native_tls.migration import libvirt_api
from nova_native_tls.migration import plan as migration_plan
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import tuning
from nova_native_tls.migration import uris
from nova_native_tls.migration import versions
from nova_native_tls.peer import facts
from nova_native_tls.peer import terms as peer_terms
from nova_native_tls import policy
from nova_native_tls.speed import costs
from nova_native_tls.speed import sample

CONF = nova.conf.CONF

#: Of what is encrypted whatever guests may be.
ENCRYPTED = peer_terms.Terms(
    decision=policy.Decision(encryption=policy.Encryption.REQUIRED),
    encrypted=True,
)


def plan(
    asked: migration_call.MigrateCall,
    *,
    source: versions.HostVersions,
    peer: facts.HostFacts | None,
    terms: peer_terms.Terms,
    guest: guest_traits.GuestTraits = guest_traits.GuestTraits(),
    own: facts.HostFacts | None = None,
    memory: Callable[[], sample.MemorySample | None] = lambda: None,
) -> migration_plan.MigrationPlan:
    """Plan what becomes of Nova's own call.

    :param peer: what the destination said; None for a Nova without this
        project, and where nothing is encrypted.
    :param terms: whether it is, and by whose word.
    :param source: with the QEMU that the guest runs in.
    :param own: what this host has said of the migration.
    :param memory: looks at some pages of the guest; it is called only if
        that could decide anything.
    :raises MigrationRefused: the destination does not say its name.
    """
    encrypted = bool(terms.encrypted)
    settings = _settings(encrypted)
    context = _context(source, peer, own)
    return migration_plan.adjust(
        flags.BaseStage(call=asked, reasons=()),
        settings=settings,
        request=migration_call.MigrationRequest(
            tls_name=_name_to_verify(peer, asked) if encrypted else None,
            encrypted=encrypted,
            encrypted_because=because(terms),
            iothreads=guest.iothreads,
            machine=guest.machine,
            memory=memory()
            if encrypted and tuning.depends_on_memory(settings, context)
            else None,
        ),
        context=context,
    )


def _context(
    source: versions.HostVersions,
    peer: facts.HostFacts | None,
    own: facts.HostFacts | None,
) -> versions.Context:
    return versions.Context(
        source=source,
        destination=peer.versions
        if peer is not None
        else versions.HostVersions(),
        source_avoids_rekey=own is not None and own.guest_keeps_keys,
        source_speed=None if own is None else _speed(own, source),
        destination_speed=None if peer is None else peer.speed,
        unknown_parameters=libvirt_abi.unknown_parameters(libvirt_api.BINDING),
    )


def _speed(
    own: facts.HostFacts, source: versions.HostVersions
) -> costs.HostSpeed | None:
    """Say of the guest's QEMU only what is known of that one.

    Whether it fills TLS records is seen of the one that is installed.
    """
    if own.speed is None or own.versions.qemu == source.qemu:
        return own.speed
    return dataclasses.replace(own.speed, fills_records=False)


def because(terms: peer_terms.Terms) -> str:
    """Say whose word it is, and what kept it from TLS if anything did."""
    decision = terms.decision
    said = _('%(encryption)s, as %(owner)s says') % {
        'encryption': decision.encryption,
        'owner': decision.owner,
    }
    if terms.encrypted or not terms.problems:
        return said
    return f'{said}: {"; ".join(terms.problems)}'


def _settings(encrypted: bool) -> migration_settings.MigrationSettings:
    if encrypted:
        return migration_settings.with_tls(CONF)
    return dataclasses.replace(
        migration_settings.from_conf(CONF), native_tls=False
    )


def _name_to_verify(
    peer: facts.HostFacts | None, asked: migration_call.MigrateCall
) -> str | None:
    """Take the destination's word for its name.

    A Nova without this project says nothing: then it is what QEMU would look
    for anyway, the host that is dialled, where Nova states one.
    """
    if peer is not None:
        if peer.tls_name is None:
            raise exception.MigrationRefused(
                reasons=_('%s does not say under which name to verify it')
                % peer.host
            )
        host_names.check_name_to_verify(peer.tls_name)
        return peer.tls_name
    uri = asked.params.get('migrate_uri')
    return uris.parse_migrate_uri(str(uri)).host if uri else None
