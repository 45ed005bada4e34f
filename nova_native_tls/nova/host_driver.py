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

"""What the driver does for its host as a whole.

With ``[libvirt] live_migration_with_native_tls`` off it is Nova's own class
to the letter.
"""

from __future__ import annotations

import functools
from typing import Any

import nova.conf
from nova.virt.libvirt import driver as libvirt_driver

from nova_native_tls.checks import runner
from nova_native_tls import conf as options
from nova_native_tls.nova import canaries
from nova_native_tls.nova import pre_checks

CONF = nova.conf.CONF


class HostDriver(libvirt_driver.LibvirtDriver):  # type: ignore[misc]
    """Nova's class, with what is done for this host and not for one VM."""

    def __init__(self, virtapi: Any, read_only: bool = False) -> None:
        super().__init__(virtapi, read_only)
        options.register_opts(CONF)
        self._native_tls_canaries = canaries.Canaries()
        if self._native_tls:
            canaries.hide(self._host)

    @property
    def _native_tls(self) -> bool:
        return bool(CONF.libvirt.live_migration_with_native_tls)

    @functools.cached_property
    def _native_tls_checks(self) -> runner.Runner:
        return pre_checks.load()

    def init_host(self, host: str) -> None:
        """Refuse to start with options that cannot work."""
        if not self._native_tls:
            super().init_host(host)
            return
        settings = pre_checks.settings_at_start()
        checks = self._native_tls_checks
        super().init_host(host)
        pre_checks.at_start(checks, host=self._host, settings=settings)
        self._native_tls_canaries.start(self._host)

    def cleanup_host(self, host: str) -> None:
        """End the canaries before nova-compute ends."""
        if self._native_tls:
            self._native_tls_canaries.stop(self._host)
        super().cleanup_host(host)

    def emit_event(self, event: Any) -> None:
        """Pass an event on, unless it is of a canary."""
        if self._native_tls and self._native_tls_canaries.takes(
            self._host, event
        ):
            return
        super().emit_event(event)
