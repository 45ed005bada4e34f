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


"""Which releases an issue has, at which end."""

from __future__ import annotations

import testtools

from nova_native_tls.migration import releases
from nova_native_tls.migration import versions

V = versions.Version
QEMU = releases.Component.QEMU
LIBVIRT = releases.Component.LIBVIRT
End = releases.End


class IncludeTest(testtools.TestCase):
    """Affected or not, release by release."""

    def _assert(
        self, affected: releases.Releases, *, yes: str, no: str
    ) -> None:
        for text in yes.split():
            self.assertTrue(affected.include(V.parse(text)), text)
        for text in no.split():
            self.assertFalse(affected.include(V.parse(text)), text)

    def test_all(self) -> None:
        """Without borders it is every release."""
        self._assert(
            releases.Releases(component=QEMU), yes='0.0 7.2.22 99.0', no=''
        )

    def test_borders(self) -> None:
        """The first belongs to it, the one that is mended does not."""
        self._assert(
            releases.Releases(component=QEMU, since=V(5, 1), before=V(6, 0)),
            yes='5.1 5.1.9 5.2 5.999.999',
            no='5.0.999 6.0 6.0.1',
        )

    def test_older_branches(self) -> None:
        """A branch that was mended is, from that release on."""
        self._assert(
            releases.Releases(
                component=QEMU, before=V(10, 2), mended=(V(7, 2, 22),)
            ),
            yes='7.2 7.2.21 7.1.99 8.0 8.0.22 10.1.9',
            no='7.2.22 7.2.23 10.2',
        )

    def test_in_words(self) -> None:
        """For lists."""
        self.assertEqual(
            'QEMU from 8.2.0 before 9.0.1 (mended in 8.2.5)',
            str(
                releases.Releases(
                    component=QEMU,
                    since=V(8, 2),
                    before=V(9, 0, 1),
                    mended=(V(8, 2, 5),),
                )
            ),
        )
        self.assertEqual(
            'libvirt at the source',
            str(releases.Releases(component=LIBVIRT, end=End.SOURCE)),
        )


class PlacesTest(testtools.TestCase):
    """Where the affected releases are."""

    BEFORE_6 = releases.Releases(component=QEMU, before=V(6, 0))

    def _ends(
        self,
        affected: releases.Releases,
        *,
        source: versions.Version | None,
        destination: versions.Version | None,
    ) -> list[tuple[End, str]]:
        return [
            (place.end, str(place.release))
            for place in affected.places(
                versions.Context(
                    source=versions.HostVersions(
                        qemu=source, libvirt=V(1, 0), gnutls=V(1, 0)
                    ),
                    destination=versions.HostVersions(
                        qemu=destination, libvirt=V(1, 0), gnutls=V(1, 0)
                    ),
                )
            )
        ]

    def test_either_end(self) -> None:
        """One that is affected is enough; unknown ones are among them."""
        old, new = V(5, 2), V(6, 0)
        self.assertEqual(
            [(End.SOURCE, '5.2.0')],
            self._ends(self.BEFORE_6, source=old, destination=new),
        )
        self.assertEqual(
            [(End.DESTINATION, '5.2.0')],
            self._ends(self.BEFORE_6, source=new, destination=old),
        )
        self.assertEqual(
            [(End.SOURCE, 'None'), (End.DESTINATION, '5.2.0')],
            self._ends(self.BEFORE_6, source=None, destination=old),
        )
        self.assertEqual(
            [], self._ends(self.BEFORE_6, source=new, destination=new)
        )

    def test_one_end(self) -> None:
        """The other one's release does not matter."""
        old, new = V(5, 2), V(6, 0)
        for end, yes, no in (
            (End.SOURCE, (old, new), (new, old)),
            (End.DESTINATION, (new, old), (old, new)),
        ):
            affected = releases.Releases(
                component=QEMU, end=end, before=V(6, 0)
            )
            self.assertEqual(
                [(end, '5.2.0')],
                self._ends(affected, source=yes[0], destination=yes[1]),
            )
            self.assertEqual(
                [], self._ends(affected, source=no[0], destination=no[1])
            )

    def test_each_component(self) -> None:
        """Its own release is looked at, and no other's."""
        for component, attribute in (
            (releases.Component.QEMU, 'qemu'),
            (releases.Component.LIBVIRT, 'libvirt'),
            (releases.Component.GNUTLS, 'gnutls'),
        ):
            affected = releases.Releases(component=component, before=V(6, 0))
            new = dict.fromkeys(('qemu', 'libvirt', 'gnutls'), V(7, 0))
            ends = versions.HostVersions(**{**new, attribute: V(5, 0)})
            places = affected.places(
                versions.Context(
                    source=ends, destination=versions.HostVersions(**new)
                )
            )
            self.assertEqual(
                [f'{component} 5.0.0 at the source'],
                [str(place) for place in places],
            )
