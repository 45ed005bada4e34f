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


"""A host that Nova asks about every minute, with real certificates."""

from __future__ import annotations

from typing import Any
from unittest import mock

from nova.compute import provider_tree
from nova.compute import stats as compute_stats
from nova import objects

from nova_native_tls.checks import runner
from nova_native_tls.nova.facts import host_look
from nova_native_tls.nova.watch import host_watch
from nova_native_tls.peer import host_stats
from tests.functional import credentials
from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import trees

NODE = 'node1'
NOVAS = {'vcpus': 2}
#: Of somebody else, of Nova, and one whose name begins like ours.
OTHERS = {'CUSTOM_GOLD', 'COMPUTE_NODE', 'CUSTOM_NATIVE_TLS_READY_SOON'}


class WatchTestCase(adapter.AdapterTestCase):
    """A host with real certificates, that Nova asks again and again."""

    def setUp(self) -> None:
        super().setUp()
        trees.write(self.files)
        self.now_s = 1000.0
        self.exchange(
            host_watch.time, monotonic=mock.Mock(side_effect=self._time_s)
        )
        self.made = self.driver(**runner.load())
        self.tree = provider_tree.ProviderTree()
        self.tree.new_root(NODE, '5d3b5c4e-0000-4000-8000-000000000000')
        self.tree.update_traits(NODE, OTHERS)

    def _time_s(self) -> float:
        return self.now_s

    def resources(self) -> dict[str, Any]:
        """What Nova is told of this host."""
        with self.parent('get_available_resource', return_value={**NOVAS}):
            return self.made.get_available_resource(NODE)

    def published(self) -> host_stats.HostStats:
        """What a scheduler reads, after Nova has had it in its hands."""
        stats = compute_stats.Stats()
        stats.digest_stats(self.resources()['stats'])
        node = objects.ComputeNode(stats=stats)
        found = host_stats.loads(node.stats)
        assert found is not None
        return found

    def traits(self) -> set[str]:
        """The provider's, after Nova has brought it up to date."""
        with self.parent('update_provider_tree', return_value=None):
            self.made.update_provider_tree(self.tree, NODE)
        return set(self.tree.data(NODE).traits)

    def minute(self) -> host_stats.HostStats:
        """Nova asks again, a minute later."""
        self.now_s += 60
        return self.published()

    def fail_helper(self, **behaviour: Any) -> Any:
        """Let Nova's helper fail, or say what it should not."""
        return mock.patch.object(
            host_look, 'watch', autospec=True, **behaviour
        )

    def install(self, *days: int) -> credentials.Identity:
        """Give the host a certificate for another time, for both ends."""
        identity = trees.issue(days=days)
        trees.change(self.files, **trees.of(identity))
        return identity
