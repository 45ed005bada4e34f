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

"""Compute hosts that do not exist, for the checks before an upgrade."""

from __future__ import annotations

import pathlib
from typing import Any
from unittest import mock

import fixtures
from oslo_config import cfg
import testtools

from nova_native_tls.checks import base
from nova_native_tls.checks import this_host
from nova_native_tls import conf as options
from nova_native_tls.upgrade import compute_host
from tests.unit.host import observations

NAME = observations.NAME


class HostTestCase(testtools.TestCase):
    """One host; what it has in nova.conf, and how it looks, is prepared."""

    def setUp(self) -> None:
        super().setUp()
        self.directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.look = self.patch_object(this_host, 'look')
        self.look.return_value = observations.good()

    def patch_object(self, owner: Any, name: str) -> Any:
        patcher = mock.patch.object(owner, name, autospec=True)
        self.addCleanup(patcher.stop)
        return patcher.start()

    def conf(self, text: str | None) -> cfg.ConfigOpts:
        """Read a nova.conf; None if there is no such file."""
        files = []
        if text is not None:
            path = self.directory / 'nova.conf'
            path.write_text(text)
            files.append(str(path))
        conf = cfg.ConfigOpts()
        options.register_opts(conf)
        conf.register_opts(
            [
                cfg.StrOpt('compute_driver'),
                cfg.StrOpt('nova_compute'),
                cfg.StrOpt('connect', default='qemu:///system'),
            ]
        )
        conf(
            args=[],
            project='nova',
            default_config_files=files,
            default_config_dirs=[],
        )
        return conf

    def host(
        self, text: str | None = '', **checks: base.PreCheck
    ) -> compute_host.ComputeHost:
        """Make a host.

        :param checks: by name; all that are installed if none is given.
        """
        host = compute_host.ComputeHost(self.conf(text))
        if checks:
            host.__dict__['checks'] = checks
        return host


ON = (
    '[libvirt]\nlive_migration_with_native_tls = true\n'
    'live_migration_scheme = tls\n'
)
