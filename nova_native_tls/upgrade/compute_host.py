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

"""The host that the checks are about: each thing is looked at once."""

from __future__ import annotations

from collections.abc import Mapping
import functools

from oslo_config import cfg

from nova_native_tls.checks import base
from nova_native_tls.checks import result
from nova_native_tls.checks import runner
from nova_native_tls.checks import this_host
from nova_native_tls import exception
from nova_native_tls.host import observation
from nova_native_tls.migration import settings as migration_settings


class ComputeHost:
    """This host, with the options of its nova-compute.

    Whatever is asked of it may raise NativeTLSError.

    :ivar conf: as nova-compute reads it, with ``compute_driver``,
        ``nova_compute`` and ``connect``.
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self.conf = conf

    @functools.cached_property
    def options(self) -> this_host.Options:
        """What nova.conf says, unless nova-compute would refuse it."""
        settings = migration_settings.from_conf(self.conf)
        try:
            name = self.conf.native_tls.tls_destination
        except cfg.Error as err:
            raise exception.ConfigurationUnreadable(problem=err) from err
        return this_host.Options(settings=settings, tls_destination=name)

    @functools.cached_property
    def checks(self) -> Mapping[str, base.PreCheck]:
        """All pre-checks that are installed, by name."""
        return runner.load()

    @functools.cached_property
    def seen(self) -> observation.HostObservation:
        """What there is to see of it; this only reads."""
        return this_host.look(self.conf.connect)

    @functools.cached_property
    def report(self) -> result.CheckReport:
        """What the pre-checks say, at depth predict."""
        return this_host.judge(
            self.seen, self.options, runner.Runner(self.checks)
        )

    def context(self) -> base.CheckContext:
        """What a pre-check of this host is given."""
        return base.CheckContext(
            stage=base.Stage.HOST,
            settings=self.options.settings,
            own=this_host.own_facts(self.seen, self.options.tls_destination),
            observation=self.seen,
        )
