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


"""The slow facts of a host, as the statistics of its compute node in Nova.

nova-compute publishes them, and a scheduler reads them: texts, by key. Public
facts only. None of them changes by time alone, because Nova writes its
database whenever one does.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
import dataclasses
import datetime
import re

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls.migration import versions

#: Of a host whose pre-checks pass, as source and as destination.
TRAIT = 'CUSTOM_NATIVE_TLS_READY'

PREFIX = 'native_tls_'
#: Raised only when an older reader would misunderstand a newer writer.
FORMAT = '1'
#: More than QEMU could use (GnuTLS verifies chains of 16 at the most).
MAX_CAS = 64
MAX_PROBLEMS = 10

_CA = re.compile('[0-9a-f]{64}', re.ASCII)
_CODE = re.compile(r'[A-Za-z0-9._-]{1,100}', re.ASCII)
_TIME = '%Y-%m-%dT%H:%M:%SZ'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HostStats:
    """What one host publishes; a CA by its ``pki.vouching`` identity.

    :ivar ready: its pre-checks pass, as source and as destination.
    :ivar problems: codes of the findings why it is not.
    :ivar trusted: the CAs that it trusts.
    :ivar server_issuers: CAs by which what it shows as a destination can be
        trusted.
    :ivar client_issuers: the same as a source.
    :ivar server_not_after: when the first certificate expires that it shows as
        a destination; None if it shows none.
    :ivar client_not_after: the same as a source.
    :ivar encryption: its ``[native_tls] migration_encryption``, whatever that
        is; empty if it encrypts without.
    """

    ready: bool
    problems: tuple[str, ...] = ()
    trusted: frozenset[str] = frozenset()
    server_issuers: frozenset[str] = frozenset()
    client_issuers: frozenset[str] = frozenset()
    server_not_after: datetime.datetime | None = None
    client_not_after: datetime.datetime | None = None
    encryption: str = ''
    versions: versions.HostVersions = dataclasses.field(
        default_factory=versions.HostVersions
    )

    def believes_destination(self, destination: HostStats) -> bool:
        """Tell whether this source trusts a CA of that destination.

        Says nothing about names, dates and revocation.
        """
        return not self.trusted.isdisjoint(destination.server_issuers)

    def believes_source(self, source: HostStats) -> bool:
        """Tell whether this destination trusts a CA of that source."""
        return not self.trusted.isdisjoint(source.client_issuers)


def dumps(stats: HostStats) -> dict[str, str]:
    """Write them for Nova.

    What is too much to be published is left out; a host that then seems to
    trust less than it does is chosen less often, and never wrongly.
    """
    problems = filter(_CODE.fullmatch, sorted(set(stats.problems)))
    values = {
        'format': FORMAT,
        'ready': 'true' if stats.ready else 'false',
        'problems': ','.join(list(problems)[:MAX_PROBLEMS]),
        'trusted': _written(stats.trusted),
        'server_issuers': _written(stats.server_issuers),
        'client_issuers': _written(stats.client_issuers),
        'server_not_after': _time_text(stats.server_not_after),
        'client_not_after': _time_text(stats.client_not_after),
        'encryption': stats.encryption,
        'libvirt': str(stats.versions.libvirt or ''),
        'qemu': str(stats.versions.qemu or ''),
    }
    return {f'{PREFIX}{name}': value for name, value in values.items()}


def loads(stats: Mapping[str, str | None] | None) -> HostStats | None:
    """Read what another host wrote, among what else there is.

    :returns: None if that host says nothing: it is without this project, or
        it is switched off there.
    :raises FactsUnreadable: a later release wrote it, or it is damaged.
    """
    if not stats or f'{PREFIX}format' not in stats:
        return None
    read = {
        name.removeprefix(PREFIX): value or ''
        for name, value in stats.items()
        if name.startswith(PREFIX)
    }
    if read['format'] != FORMAT:
        raise exception.FactsUnreadable(
            problem=_(
                'it is of format %(found)s, this host reads %(known)s: '
                'upgrade the older of the two'
            )
            % {'found': read['format'], 'known': FORMAT}
        )
    if read.get('ready') not in ('true', 'false'):
        raise _damaged('ready')
    return HostStats(
        ready=read['ready'] == 'true',
        problems=tuple(_list(read, 'problems', _CODE, at_most=MAX_PROBLEMS)),
        trusted=_cas(read, 'trusted'),
        server_issuers=_cas(read, 'server_issuers'),
        client_issuers=_cas(read, 'client_issuers'),
        server_not_after=_time(read, 'server_not_after'),
        client_not_after=_time(read, 'client_not_after'),
        encryption=read.get('encryption', ''),
        versions=versions.HostVersions(
            libvirt=_version(read, 'libvirt'), qemu=_version(read, 'qemu')
        ),
    )


def _written(cas: Iterable[str]) -> str:
    return ','.join(sorted(cas)[:MAX_CAS])


def _time_text(time: datetime.datetime | None) -> str:
    return '' if time is None else time.strftime(_TIME)


def _damaged(name: str) -> exception.FactsUnreadable:
    return exception.FactsUnreadable(
        problem=_('%s is missing or of the wrong kind') % f'{PREFIX}{name}'
    )


def _list(
    read: Mapping[str, str], name: str, kind: re.Pattern[str], *, at_most: int
) -> list[str]:
    values = read.get(name, '').split(',') if read.get(name) else []
    if len(values) > at_most or not all(map(kind.fullmatch, values)):
        raise _damaged(name)
    return values


def _cas(read: Mapping[str, str], name: str) -> frozenset[str]:
    return frozenset(_list(read, name, _CA, at_most=MAX_CAS))


def _time(read: Mapping[str, str], name: str) -> datetime.datetime | None:
    if not read.get(name):
        return None
    try:
        found = datetime.datetime.strptime(read[name], _TIME)
    except ValueError as err:
        raise _damaged(name) from err
    return found.replace(tzinfo=datetime.UTC)


def _version(read: Mapping[str, str], name: str) -> versions.Version | None:
    if not read.get(name):
        return None
    try:
        return versions.Version.parse(read[name])
    except exception.InvalidVersion as err:
        raise _damaged(name) from err
