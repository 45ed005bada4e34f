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

"""The stand-ins offer what the door offers, no more and no less."""

from __future__ import annotations

import inspect
from typing import Any

import testtools

from nova_native_tls.migration import libvirt_api
from tests.unit.migration import fakes


def _public(cls: type) -> dict[str, list[tuple[str, Any]]]:
    """Describe public methods: names, parameters, kinds."""
    found: dict[str, list[tuple[str, Any]]] = {}
    for name, item in inspect.getmembers(cls):
        if name.startswith('_') or isinstance(item, property):
            continue
        found[name] = [
            (parameter.name, parameter.kind)
            for parameter in inspect.signature(item).parameters.values()
            if parameter.name not in ('self', 'cls')
        ]
    return found


class FakesTest(testtools.TestCase):
    """A test against a stand-in that differs would prove nothing."""

    def test_domain(self) -> None:
        """A guest has the same methods with the same parameters."""
        self.assertEqual(_public(libvirt_api.Domain), _public(fakes.Domain))

    def test_connection(self) -> None:
        """A host likewise; it is opened by the world it is in."""
        theirs = _public(libvirt_api.Connection)
        self.assertEqual(theirs.pop('open'), _public(fakes.World)['open'])
        self.assertEqual(theirs, _public(fakes.Connection))
