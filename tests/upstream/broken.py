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

"""A driver that the comparison must find wanting."""

from __future__ import annotations

from nova.virt.libvirt import driver


class WithoutTLS(driver.LibvirtDriver):  # type: ignore[misc]
    """Never asks for TLS, whatever the options say."""

    def _handle_native_tls(self, migration_flags: int) -> int:
        return migration_flags
