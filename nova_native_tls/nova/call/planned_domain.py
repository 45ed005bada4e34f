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

"""A domain whose migration is asked for as planned.

Nova builds flags and parameters deep inside; they are changed where they
reach libvirt, for this one call, so that nothing that other migrations read
is touched.
"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
from typing import Any

from oslo_log import log as logging

from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import libvirt_abi
from nova_native_tls.migration import libvirt_api

LOG = logging.getLogger(__name__)

Plan = Callable[[migration_call.MigrateCall], migration_call.MigrateCall]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What Nova asked, without what this project does not know.

    :ivar uri: of the destination's libvirt.
    """

    uri: str
    call: migration_call.MigrateCall


class PlannedDomain:
    """Everything of a libvirt domain, but the migration is planned first.

    :ivar asked: the last migration that the plan permitted.
    """

    def __init__(
        self, domain: Any, plan: Plan, other_uri: str | None = None
    ) -> None:
        """Wrap a domain.

        :param other_uri: the destination's daemon by another name, tried
            where libvirt's own TLS does not take the first.
        """
        self._domain = domain
        self._plan = plan
        self.other_uri = other_uri
        self.asked: Asked | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._domain, name)

    def migrateToURI3(
        self,
        dconnuri: str,
        params: dict[str, Any] | None = None,
        flags: int = 0,
    ) -> Any:
        """Ask libvirt for what the plan makes of Nova's call.

        Flags and parameters that this project does not know stay as they
        are.
        """
        asked = dict(params or {})
        known = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in asked.items()
            if name in libvirt_abi.PARAMETERS
        }
        names = libvirt_abi.names(flags)
        of_nova = migration_call.MigrateCall(flags=names, params=known)
        call = self._plan(of_nova)
        self.asked = Asked(uri=dconnuri, call=of_nova)
        for name in known:
            del asked[name]
        asked.update(
            (name, list(value) if isinstance(value, tuple) else value)
            for name, value in call.params.items()
        )
        unknown = flags & ~libvirt_abi.bitmask(names)
        return self._migrate(
            dconnuri,
            params=asked,
            flags=unknown | libvirt_api.to_bitmask(call.flags),
        )

    def _migrate(self, uri: str, **arguments: Any) -> Any:
        """Ask libvirt, by another name if the first is in no certificate.

        Nova lets ``live_migration_inbound_addr`` be dialled not only by QEMU
        but by libvirt too, whose certificate may not hold it.
        """
        try:
            return self._domain.migrateToURI3(uri, **arguments)
        except Exception as err:
            other = self.other_uri
            if (
                other in (None, uri)
                or '+tls://' not in uri
                or not libvirt_api.could_not_connect(err)
            ):
                raise
            LOG.warning('%s; nothing was migrated. Trying %s', err, other)
            return self._domain.migrateToURI3(other, **arguments)
