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

"""What nova-compute knows of its host, and asks its helper to find out."""

from __future__ import annotations

import dataclasses
import threading
from typing import Any
import weakref

import nova.conf
from oslo_log import log as logging

from nova_native_tls._i18n import _
from nova_native_tls.checks import base
from nova_native_tls.checks import host_check
from nova_native_tls.checks import result
from nova_native_tls.host import guests
from nova_native_tls.host import libvirt_view
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import versions
from nova_native_tls.nova.facts import host_look
from nova_native_tls.nova.facts import host_question
from nova_native_tls.peer import facts

LOG = logging.getLogger(__name__)

CONF = nova.conf.CONF


@dataclasses.dataclass(frozen=True, slots=True)
class _Known:
    """The capabilities that one connection to libvirt gave, by versions."""

    connection: Any
    versions: versions.HostVersions
    capabilities: str


_lock = threading.Lock()
_known: weakref.WeakKeyDictionary[Any, _Known] = weakref.WeakKeyDictionary()


def collect(host: Any, stage: base.Stage = base.Stage.HOST) -> facts.HostFacts:
    """Collect the names and versions of this host, as they are now.

    Nothing is raised: where they cannot be found out, the reason is a part
    of the facts.

    :param host: Nova's connection to the local libvirt.
    :param stage: at which the other end wants to see certificates, too.
    """
    asked = question(
        ask_libvirt(host),
        settings=migration_settings.MigrationSettings(),
        stage=stage,
    )
    own = look(asked).own
    if own.name_problem:
        LOG.warning(
            'The names in the certificate are not known: %s', own.name_problem
        )
    return own


def question(
    libvirt: libvirt_view.LibvirtView | str,
    *,
    settings: migration_settings.MigrationSettings,
    stage: base.Stage = base.Stage.HOST,
) -> host_question.Question:
    """Make a question about this host, which the caller completes."""
    return host_question.Question(
        host=CONF.host,
        libvirt=libvirt,
        tls_destination=CONF.native_tls.tls_destination,
        settings=settings,
        stage=stage,
        address=CONF.libvirt.live_migration_inbound_addr,
    )


def look(asked: host_question.Question) -> host_look.Answer:
    """Let the helper look; what goes wrong is a failure among its findings."""
    try:
        return host_look.ask(asked)
    except Exception as err:
        LOG.exception('This host could not be looked at')
        problem = f'{type(err).__name__}: {err}'
        return host_look.Answer(
            findings=(_not_looked_at(asked.host, problem),),
            own=_without_look(asked.libvirt, problem),
        )


def _not_looked_at(host: str, problem: str) -> result.Finding:
    return host_check.not_looked_at(
        host,
        _("Nova's privileged helper: %s") % problem,
        remedy=_(
            'see nova-compute.log there, mend it, and restart nova-compute'
        ),
    )


def _without_look(
    libvirt: libvirt_view.LibvirtView | str, problem: str
) -> facts.HostFacts:
    host_name, known = CONF.host, versions.HostVersions()
    if not isinstance(libvirt, str):
        host_name, known = libvirt.host_name, libvirt.versions
    return facts.HostFacts(
        host=CONF.host,
        host_name=host_name,
        tls_name=CONF.native_tls.tls_destination,
        name_problem=problem,
        versions=known,
    )


def ask_libvirt(
    host: Any, guest: guests.Known | None = None
) -> libvirt_view.LibvirtView | str:
    """Ask the local libvirt what is not known yet.

    Its capabilities, for which it may take seconds, are asked for again only
    after a reconnect, or when a version has changed.

    :param guest: the only running guest that matters.
    :returns: why it does not answer, if it does not.
    """
    try:
        connection = host.get_connection()
        found = read_versions(host)
        known = _known.get(host)
        if (
            known is None
            or known.connection is not connection
            or known.versions != found
        ):
            known = _Known(connection, found, connection.getCapabilities())
            _remember(host, known)
        return libvirt_view.LibvirtView(
            host_name=host.get_hostname(),
            versions=found,
            capabilities=known.capabilities,
            running=() if guest is None else (guest,),
        )
    except Exception as err:
        # Nova's own errors, and libvirt's.
        return f'{type(err).__name__}: {err}'


def ask_libvirt_for_all(host: Any) -> libvirt_view.LibvirtView | str:
    """Ask the local libvirt for its running guests, too."""
    try:
        connection = host.get_connection()
        found = libvirt_view.look(connection)
    except Exception as err:
        return f'{type(err).__name__}: {err}'
    _remember(host, _Known(connection, found.versions, found.capabilities))
    return found


def _remember(host: Any, known: _Known) -> None:
    with _lock:
        _known[host] = known


def read_versions(host: Any) -> versions.HostVersions:
    """Ask the local libvirt for its version and that of the installed QEMU."""
    return versions.HostVersions.of(host.get_connection())
