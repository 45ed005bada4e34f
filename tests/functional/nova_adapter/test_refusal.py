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

"""What an event tells of a refusal that is longer than it has room for."""

from __future__ import annotations

import testtools

from nova_native_tls.checks import result
from nova_native_tls.nova.telling import refusal

ROOM = 100


def failure(**values: str) -> result.Finding:
    """Make a failure of a file."""
    return result.Finding(
        code='a.b',
        status=result.Status.FAILURE,
        subject='host1: a.pem',
        **{
            'detail': 'it is broken',
            'wanted': 'a whole one',
            'remedy': 'mend it; it is read at once',
            **values,
        },
    )


class RefusalTest(testtools.TestCase):
    """The first cause is told with its remedy, whatever else there is."""

    def told(self, *failures: result.Finding, room: int = ROOM) -> str:
        """Tell, and assert that it fits."""
        text = refusal.text(failures, room)
        self.assertLessEqual(len(text), room, text)
        return text

    def test_everything(self) -> None:
        """What fits is told as the log tells it."""
        one, other = failure(), failure(detail='x', wanted='', remedy='')
        self.assertEqual(
            f'{one.sentence()}; {other.sentence()}', self.told(one, other)
        )

    def test_without_what_is_wanted(self) -> None:
        """That is what one can do without first."""
        self.assertEqual(
            'host1: a.pem: it is broken: mend it; it is read at once',
            self.told(failure(wanted='w' * ROOM)),
        )

    def test_without_what_is_good_to_know(self) -> None:
        """Then what a remedy says besides."""
        self.assertEqual(
            'host1: a.pem: it is broken: mend it',
            self.told(failure(remedy='mend it; ' + 'k' * ROOM)),
        )

    def test_cause_cut_off(self) -> None:
        """Then the end of the cause, between two words."""
        self.assertEqual(
            'host1: a.pem: it is ...: mend it',
            self.told(failure(detail='it is broken'), room=34),
        )

    def test_remedy_cut_off(self) -> None:
        """A remedy longer than all there is room for loses its end."""
        told = self.told(failure(remedy='r' * ROOM))
        self.assertTrue(told.startswith('host1: a.pem: it is broken; wa'))
        self.assertTrue(told.endswith('...'))

    def test_others(self) -> None:
        """They are told as far as there is room, and the rest is counted."""
        first = failure(wanted='w' * ROOM)
        small = failure(detail='so is it', wanted='', remedy='')
        self.assertEqual(
            'host1: a.pem: it is broken: mend it; it is read at once; '
            'host1: a.pem: so is it',
            self.told(first, small),
        )
        self.assertEqual(
            'host1: a.pem: it is broken: mend it; it is read at once; '
            '2 more in nova-compute.log',
            self.told(first, failure(detail='d' * ROOM), small),
        )

    def test_no_room_for_a_count(self) -> None:
        """What is not told is in the log all the same."""
        first = failure(detail='d' * 77, wanted='', remedy='')
        self.assertEqual(first.sentence(), self.told(first, failure()))
