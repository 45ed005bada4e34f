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

"""Why a migration failed, in words for an operator, from this host's view."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import nova.conf
from oslo_log import log as logging

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls.explain import entry
from nova_native_tls.explain import matcher
from nova_native_tls.migration import libvirt_api
from nova_native_tls.nova.facts import root_file

LOG = logging.getLogger(__name__)

CONF = nova.conf.CONF

# QEMU says a few lines in a failed migration; what else a log holds is older.
LOG_BYTES = 64 * 1024
#: Nova cuts an event's details here (compute.utils.exception_to_dict).
DETAILS_LENGTH = matcher.DETAILS_LENGTH
_FULL_LENGTH = 2000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What is told.

    :ivar details: at most 255 characters: cause and remedy where they are
        known, else the words of libvirt.
    :ivar full: the same without that limit, and the words themselves.
    :ivar ours: the driver cancelled the migration, and nobody else.
    """

    details: str
    full: str
    ours: bool = False

    @classmethod
    def unexplained(cls, error: str) -> Reason:
        """Tell an error as it is."""
        return cls(details=error[:DETAILS_LENGTH], full=error)

    @classmethod
    def cancelled(cls, why: str) -> Reason:
        """Tell why the driver did not let it go on."""
        return cls(details=why[:DETAILS_LENGTH], full=why, ours=True)


def on_source(
    error: Exception,
    *,
    domain: Any,
    destination: str,
    since: datetime.datetime,
) -> Reason:
    """Explain libvirt's error with what this host's QEMU says.

    Nothing is raised: what cannot be explained is told as it is.

    :param domain: libvirt's object of the guest.
    :param since: when libvirt was asked for the migration.
    """
    if isinstance(error, exception.NativeTLSError):
        # It says what to do, and QEMU knows nothing of it.
        return Reason.unexplained(str(error))
    try:
        return _on_source(
            str(error),
            guest=libvirt_api.Domain(domain),
            destination=destination,
            since=since,
        )
    except Exception:
        LOG.exception('A failed migration cannot be explained')
        return Reason.unexplained(str(error))


def _on_source(
    error: str,
    *,
    guest: libvirt_api.Domain,
    destination: str,
    since: datetime.datetime,
) -> Reason:
    """Explain with the least that is enough.

    QEMU's monitor is asked only where neither libvirt's error nor QEMU's log
    tells a reason: libvirt notes such a question in the guest's log.
    """
    names = matcher.Names(
        source=CONF.host, destination=destination, guest=guest.name
    )
    log = log_end(guest.name)
    found = matcher.best_of(error, source_log=log, names=names, since=since)
    if found is None or found.rank is not entry.Rank.REASON:
        said = guest.qemu_migration_error() or ''
        found = matcher.best_of(
            error, source_log=f'{log}\n{said}', names=names, since=since
        )
        if said and said not in error:
            error = f'{said} ({error})'
    return Reason.unexplained(error) if found is None else _told(found, error)


def on_destination(
    guest: str, *, source: str, since: datetime.datetime
) -> Reason | None:
    """Explain what QEMU said here, where the guest did not arrive.

    Why a client certificate was refused is known only here: with TLS 1.3 the
    source has finished its handshake by then.

    :param guest: libvirt's name of it.
    :param since: when it was first heard of.
    :returns: None unless it says what is wrong; all else the source tells.
    """
    try:
        names = matcher.Names(
            source=source, destination=CONF.host, guest=guest
        )
        found = matcher.best_of('', log_end(guest), names=names, since=since)
    except Exception:
        LOG.exception('A failed migration cannot be explained')
        return None
    if found is None or found.rank is not entry.Rank.REASON:
        return None
    return _told(found, '')


def _told(found: matcher.Explanation, error: str) -> Reason:
    said = _('QEMU or libvirt said: %s') % found.sentence
    full = f'{matcher.summary(found, _FULL_LENGTH)} {said}'
    if error and found.sentence not in error:
        full += _('; libvirt reported: %s') % error
    return Reason(details=matcher.summary(found), full=full)


def log_end(guest: str) -> str:
    """Read what this host's QEMU said last of a guest, if that can be read.

    :param guest: libvirt's name of it.
    """
    try:
        content = root_file.read_end(
            matcher.Names(guest=guest).log(), LOG_BYTES
        )
    except OSError as err:
        LOG.debug("The guest's log cannot be read: %s", err)
        return ''
    return content.decode(errors='replace')
