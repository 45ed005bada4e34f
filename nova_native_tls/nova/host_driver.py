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

Where no option is about encryption it is Nova's own class to the letter.
"""

from __future__ import annotations

import functools
from typing import Any

import nova.conf
from nova.virt.libvirt import driver as libvirt_driver

from nova_native_tls.checks import runner
from nova_native_tls import conf as options
from nova_native_tls.nova.canary import canaries
from nova_native_tls.nova.policy import policy_sources
from nova_native_tls.nova import pre_checks
from nova_native_tls.nova.watch import host_watch
from nova_native_tls.peer import host_stats

CONF = nova.conf.CONF


class HostDriver(libvirt_driver.LibvirtDriver):  # type: ignore[misc]
    """Nova's class, with what is done for this host and not for one VM."""

    def __init__(self, virtapi: Any, read_only: bool = False) -> None:
        super().__init__(virtapi, read_only)
        options.register_opts(CONF)
        self._native_tls_canaries = canaries.Canaries()
        self._native_tls_watch = host_watch.HostWatch()
        if self._native_tls:
            canaries.hide(self._host)

    @property
    def _native_tls(self) -> bool:
        """Options of this host are about encryption: it may have to encrypt.

        Whether one migration is encrypted is another question; see ``legs``.
        """
        return policy_sources.is_configured()

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
        host_watch.warn_of_interval()
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

    def get_available_resource(self, nodename: str) -> dict[str, Any]:
        """Say what Nova says, and what this host publishes about itself.

        Nova calls it every minute; its answer is in the database before the
        provider in placement is brought up to date, from the same look.
        """
        resources: dict[str, Any] = super().get_available_resource(nodename)
        if self._native_tls:
            resources['stats'] = {
                **(resources.get('stats') or {}),
                **host_stats.dumps(self._native_tls_stats()),
            }
        return resources

    def update_provider_tree(
        self, provider_tree: Any, nodename: str, allocations: Any = None
    ) -> None:
        """Let the provider have our trait while this host is ready.

        Where native TLS is off it is taken away, should it be there still.
        """
        super().update_provider_tree(
            provider_tree, nodename, allocations=allocations
        )
        trait = host_stats.TRAIT
        if self._native_tls and self._native_tls_stats().ready:
            provider_tree.add_traits(nodename, trait)
        elif provider_tree.has_traits(nodename, [trait]):
            provider_tree.remove_traits(nodename, trait)

    def _native_tls_stats(self) -> host_stats.HostStats:
        return self._native_tls_watch.stats(
            self._native_tls_checks, self._host
        )
