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

"""Facts travel in Nova's own object, through Nova's own serialisation."""

from __future__ import annotations

import datetime
import types
from typing import Any

from nova import objects
import testtools

from nova_native_tls import exception
from nova_native_tls.nova import carrier
from tests.functional.nova_adapter import adapter
from tests.unit.peer import host_facts

DESTINATION = carrier.Role.DESTINATION
SOURCE = carrier.Role.SOURCE
HOST2 = host_facts.HOST2

VOLUME = '6d4f0a33-7a0e-4b7b-9b1f-1d3c0a9e2f10'


class RoundTripTest(testtools.TestCase):
    """One role's facts, as the other host reads them."""

    def setUp(self) -> None:
        super().setUp()
        objects.register_all()

    def test_over_rpc(self) -> None:
        """They arrive whole, beside volumes and the other role's."""
        for carried in (None, {}, {VOLUME: 'attachment'}):
            data = adapter.migrate_data(carried)
            carrier.put(data, DESTINATION, HOST2)
            data = adapter.over_rpc(data)
            self.assertEqual(HOST2, carrier.get(data, DESTINATION))
            self.assertIsNone(carrier.get(data, SOURCE))
            carrier.put(data, SOURCE, host_facts.HOST2)
            data = adapter.over_rpc(data)
            self.assertEqual(HOST2, carrier.get(data, SOURCE))
            self.assertEqual(HOST2, carrier.get(data, DESTINATION))
            self.assertEqual(
                len(carried or {}) + 2, len(data.old_vol_attachment_ids)
            )
            for volume, attachment in (carried or {}).items():
                self.assertEqual(
                    attachment, data.old_vol_attachment_ids[volume]
                )

    def test_facts_are_replaced(self) -> None:
        """A second answer takes the place of the first."""
        data = adapter.migrate_data(
            {DESTINATION.value: host_facts.written(host='old')}
        )
        carrier.put(data, DESTINATION, HOST2)
        self.assertEqual(HOST2, carrier.get(data, DESTINATION))
        self.assertEqual(
            [DESTINATION.value], list(data.old_vol_attachment_ids)
        )

    def test_the_change_is_marked(self) -> None:
        """Nova sends only what is marked as changed in some places."""
        data = adapter.migrate_data({VOLUME: 'attachment'})
        data.obj_reset_changes()
        carrier.put(data, DESTINATION, HOST2)
        self.assertEqual({carrier.FIELD}, data.obj_what_changed())

    def test_keys(self) -> None:
        """Hosts of an older release look under these and no others."""
        data = adapter.migrate_data()
        for role in carrier.Role:
            carrier.put(data, role, HOST2)
        self.assertEqual(
            {'native_tls:source', 'native_tls:destination'},
            set(data.old_vol_attachment_ids),
        )

    def test_the_original_dictionary_stays(self) -> None:
        """Somebody else may hold it."""
        data = adapter.migrate_data({VOLUME: 'attachment'})
        before = data.old_vol_attachment_ids
        carrier.put(data, DESTINATION, HOST2)
        self.assertEqual({VOLUME: 'attachment'}, dict(before))

    def test_through_every_version(self) -> None:
        """The oldest Nova that is supported keeps it (29 has 1.11)."""
        for version in ('1.11', '1.12', '1.13', '1.14'):
            data = adapter.migrate_data()
            carrier.put(data, DESTINATION, HOST2)
            primitive = data.obj_to_primitive(target_version=version)
            self.assertEqual(
                HOST2,
                carrier.get(
                    objects.base.NovaObject.obj_from_primitive(primitive),
                    DESTINATION,
                ),
            )


class NothingSentTest(testtools.TestCase):
    """A peer that sends none."""

    def setUp(self) -> None:
        super().setUp()
        objects.register_all()

    def test_stock_peer(self) -> None:
        """The dictionary is not there, empty, or holds volumes only."""
        for carried in (None, {}, {VOLUME: 'attachment'}):
            data = adapter.over_rpc(adapter.migrate_data(carried))
            for role in carrier.Role:
                self.assertIsNone(carrier.get(data, role))

    def test_another_driver(self) -> None:
        """A Nova whose object lacks the field is asked nothing."""
        data = _Plain({}, has_field=False)
        carrier.put(data, DESTINATION, HOST2)
        self.assertIsNone(carrier.get(data, DESTINATION))
        self.assertEqual({}, data.old_vol_attachment_ids)

    def test_field_without_a_dictionary(self) -> None:
        """None in its place is as good as an empty one."""
        data = _Plain(None)
        self.assertIsNone(carrier.get(data, DESTINATION))
        carrier.put(data, DESTINATION, HOST2)
        self.assertEqual(HOST2, carrier.get(data, DESTINATION))


class TimeTest(testtools.TestCase):
    """What time the sender has."""

    def test_now(self) -> None:
        """That of sending, not that of looking."""
        data = adapter.migrate_data()
        before = datetime.datetime.now(datetime.UTC)
        carrier.put(data, SOURCE, HOST2)
        found = carrier.get(data, SOURCE)
        assert found is not None and found.said_at is not None
        self.assertLessEqual(before, found.said_at)
        self.assertLessEqual(
            found.said_at, datetime.datetime.now(datetime.UTC)
        )


class UnreadableTest(testtools.TestCase):
    """A peer that sends what cannot be used."""

    def test_refused(self) -> None:
        """By the one error, and never taken for a stock peer."""
        for text in ('', 'null', '{', '[]', host_facts.written(format=2)):
            self.assertRaises(
                exception.FactsUnreadable,
                carrier.get,
                adapter.sent(SOURCE, text),
                SOURCE,
            )

    def test_what_nova_makes_of_other_types(self) -> None:
        """A number becomes text, and is refused as such."""
        data = adapter.sent(SOURCE, 5)  # type: ignore[arg-type]
        self.assertRaises(exception.FactsUnreadable, carrier.get, data, SOURCE)

    def test_bytes(self) -> None:
        """Nova's object does not take them; refused all the same."""
        self.assertRaises(
            ValueError, adapter.sent, SOURCE, host_facts.WRITTEN.encode()
        )
        self.assertRaises(
            exception.FactsUnreadable,
            carrier.get,
            _Plain({SOURCE.value: b'\xff\xfe'}),
            SOURCE,
        )


class _Plain(types.SimpleNamespace):
    """An object that does not look at what is assigned."""

    def __init__(self, carried: Any, *, has_field: bool = True) -> None:
        super().__init__(
            old_vol_attachment_ids=carried,
            fields={carrier.FIELD: None} if has_field else {},
        )

    def __contains__(self, name: str) -> bool:
        return name in self.fields
