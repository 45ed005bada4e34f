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

"""How a host's identity looks."""

from __future__ import annotations

import datetime
import socket
from typing import Any

from cliff import columns

from nova_native_tls._i18n import _
from nova_native_tls.cmd import display
from nova_native_tls.identity import report
from nova_native_tls.pki import model


class Authorities(columns.FormattableColumn[list[dict[str, Any]]]):
    """CAs: one a line for people."""

    def human_readable(self) -> str:
        return (
            '\n'.join(
                _('%(subject)s until %(not_after)s (SHA-256 %(short)s)')
                % {**each, 'short': each['sha256'][:16]}
                for each in self._value
            )
            or '-'
        )


class RevocationLists(columns.FormattableColumn[list[dict[str, Any]]]):
    """Lists: one a line for people."""

    def human_readable(self) -> str:
        return (
            '\n'.join(
                _(
                    '%(revoked)d revoked by %(issuer)s, next list by '
                    '%(next_update)s'
                )
                % each
                for each in self._value
            )
            or '-'
        )


class Left(columns.FormattableColumn[int | None]):
    """Seconds; days and hours for people."""

    def human_readable(self) -> str:
        if self._value is None:
            return '-'
        return str(datetime.timedelta(seconds=self._value))


class Absent(columns.FormattableColumn[Any]):
    """A value; a dash for people if there is none."""

    def human_readable(self) -> str:
        return '-' if self._value is None else str(self._value)


def of_report(found: report.Report) -> dict[str, object]:
    """Show what is installed, as ``ca rotate`` reads it too."""
    leaf = found.server
    return {
        'host': socket.gethostname(),
        'time': _time(found.time),
        'directory': found.directory,
        'set': Absent(found.installed_set),
        'names': display.Lines(
            [] if leaf is None else [*leaf.host_names, *leaf.ip_addresses]
        ),
        'issuer': Absent(leaf and leaf.issuer),
        'serial': Absent(leaf and f'{leaf.serial:x}'),
        'certificate_sha256': Absent(leaf and leaf.sha256),
        'client_certificate_sha256': Absent(
            found.client and found.client.sha256
        ),
        'not_before': Absent(leaf and _time(leaf.not_valid_before_utc)),
        'not_after': Absent(leaf and _time(leaf.not_valid_after_utc)),
        'seconds_left': Left(found.seconds_left()),
        'renewal_due_at': _time(found.due_at()),
        'trusted': Authorities([_authority(each) for each in found.trusted]),
        'trusted_sha256': display.Lines(
            [each.sha256 for each in found.trusted]
        ),
        'revocation_lists': RevocationLists(
            [_revocation_list(each) for each in found.revocation_lists]
        ),
        'pending': display.Pairs(_pending(found)),
    }


def _authority(one: model.CertificateInfo) -> dict[str, str]:
    return {
        'subject': one.subject,
        'sha256': one.sha256,
        'not_after': _time(one.not_valid_after_utc),
    }


def _revocation_list(one: report.RevocationList) -> dict[str, Any]:
    return {
        'issuer': one.issuer,
        'this_update': _time(one.this_update),
        'next_update': None
        if one.next_update is None
        else _time(one.next_update),
        'revoked': one.revoked,
    }


def _pending(found: report.Report) -> dict[str, Any]:
    if found.pending_problem:
        return {'problem': found.pending_problem}
    if found.pending is None:
        return {}
    return {
        'names': list(found.pending.request.names),
        'since': _time(found.pending.since),
        'request': found.pending.csr_path,
    }


def _time(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).replace(microsecond=0).isoformat()
