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

"""Which releases something is about: ranges, and who has one of them."""

from __future__ import annotations

import dataclasses
import enum

from nova_native_tls._i18n import _
from nova_native_tls.migration import versions


class Component(enum.StrEnum):
    """Whose release decides."""

    LIBVIRT = 'libvirt'
    QEMU = 'QEMU'
    GNUTLS = 'GnuTLS'


class End(enum.StrEnum):
    """At which end."""

    SOURCE = 'source'
    DESTINATION = 'destination'
    EITHER = 'source or destination'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One end, and the release that it has.

    :ivar release: None if nobody knows.
    """

    end: End
    component: Component
    release: versions.Version | None

    def __str__(self) -> str:
        return _('%(component)s %(release)s at the %(end)s') % {
            'component': self.component.value,
            'release': self.release or _('of unknown release'),
            'end': self.end.value,
        }


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Releases:
    """The affected releases of one component.

    :ivar since: the first; None for all from the beginning.
    :ivar before: the first that is not affected any more; None for none.
    :ivar mended: the first releases of older branches that are not.
    """

    component: Component
    end: End = End.EITHER
    since: versions.Version | None = None
    before: versions.Version | None = None
    mended: tuple[versions.Version, ...] = ()

    def include(self, release: versions.Version) -> bool:
        """Tell whether a release is affected.

        Distributions mend older releases without another number.
        """
        return (
            (self.since is None or self.since <= release)
            and (self.before is None or release < self.before)
            and not any(
                (release.major, release.minor) == (first.major, first.minor)
                and release >= first
                for first in self.mended
            )
        )

    def places(self, context: versions.Context) -> tuple[Place, ...]:
        """Give the ends that may be affected; unknown ones among them."""
        return tuple(
            place
            for place in self._all_places(context)
            if place.release is None or self.include(place.release)
        )

    def _all_places(self, context: versions.Context) -> tuple[Place, ...]:
        found = {
            End.SOURCE: context.source,
            End.DESTINATION: context.destination,
        }
        return tuple(
            Place(
                end=end,
                component=self.component,
                release=getattr(host, self.component.name.lower()),
            )
            for end, host in found.items()
            if self.end in (end, End.EITHER)
        )

    def __str__(self) -> str:
        parts = [self.component.value]
        if self.since is not None:
            parts.append(_('from %s') % self.since)
        if self.before is not None:
            parts.append(_('before %s') % self.before)
        if self.mended:
            mended = ', '.join(str(first) for first in self.mended)
            parts.append(_('(mended in %s)') % mended)
        if self.end is not End.EITHER:
            parts.append(_('at the %s') % self.end.value)
        return ' '.join(parts)
