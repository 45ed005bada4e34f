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

"""Tests of the environment of commands in a node."""

from __future__ import annotations

import unittest

from tests.lab.harness.node import environment


class InsideLabTestCase(unittest.TestCase):
    """What a command in a node is told of the outside."""

    def test_no_proxy(self) -> None:
        """Proxies are left out, however they are spelt."""
        outside = {
            'http_proxy': 'x',
            'HTTPS_PROXY': 'x',
            'No_Proxy': 'x',
            'ALL_PROXY': 'x',
            'HOME': '/root',
        }
        inside = environment.inside_lab(outside=outside)
        self.assertEqual({'HOME', 'LC_ALL', 'PATH'}, set(inside))

    def test_messages_are_english(self) -> None:
        """Nothing of the caller's locale stays."""
        outside = {'LANG': 'de_DE', 'LC_MESSAGES': 'de_DE', 'LANGUAGE': 'de'}
        inside = environment.inside_lab(outside=outside)
        self.assertEqual({'LC_ALL', 'PATH'}, set(inside))
        self.assertEqual('C.UTF-8', inside['LC_ALL'])

    def test_extra_wins(self) -> None:
        """What is asked for explicitly is not taken away."""
        inside = environment.inside_lab({'http_proxy': 'y'}, outside={})
        self.assertEqual('y', inside['http_proxy'])
