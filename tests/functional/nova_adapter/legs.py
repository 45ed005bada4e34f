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

"""The legs of a check as Nova calls them, for tests."""

from __future__ import annotations

from typing import Any

from nova import exception as nova_exception

from tests.functional.nova_adapter import adapter


class Legs(adapter.AdapterTestCase):
    """The three legs of a check as Nova calls them, and the preparation."""

    def destination(self, driver: Any, data: Any = None) -> Any:
        """First leg, on the destination."""
        instance = adapter.instance()
        with self.parent(
            'check_can_live_migrate_destination',
            return_value=adapter.migrate_data() if data is None else data,
        ) as parent:
            answer = driver.check_can_live_migrate_destination(
                self.context, instance, 'src', 'dst', True, False
            )
        parent.assert_called_once_with(
            driver, self.context, instance, 'src', 'dst', True, False
        )
        return answer

    def source(self, driver: Any, data: Any) -> Any:
        """Second leg, on the source."""
        instance = adapter.instance()
        with self.parent(
            'check_can_live_migrate_source',
            side_effect=lambda _self, _c, _i, data, block_device_info: data,
        ) as parent:
            answer = driver.check_can_live_migrate_source(
                self.context, instance, data, block_device_info='disks'
            )
        parent.assert_called_once_with(
            driver, self.context, instance, data, block_device_info='disks'
        )
        return answer

    def again(self, driver: Any, data: Any) -> Any:
        """Third leg, on the destination."""
        arguments = (
            self.context,
            adapter.instance(),
            data,
            'migration',
            'limits',
            'allocs',
        )
        with self.parent(
            'check_source_migrate_data_at_dest', return_value='claimed'
        ) as parent:
            answer = driver.check_source_migrate_data_at_dest(*arguments)
        parent.assert_called_once_with(driver, *arguments)
        return answer

    def prepare(self, driver: Any, data: Any) -> Any:
        """The preparation, on the destination."""
        instance = adapter.instance()
        arguments = (self.context, instance, 'b', 'network', 'disk', data)
        with self.parent('pre_live_migration', return_value=data) as parent:
            answer = driver.pre_live_migration(*arguments)
        parent.assert_called_once_with(driver, *arguments)
        return answer

    def assert_refused(self, leg: Any, *arguments: Any) -> str:
        """Assert that the conductor would try another destination."""
        return str(
            self.assertRaises(
                nova_exception.MigrationPreCheckError, leg, *arguments
            )
        )
