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

"""Our copies of Nova's options are Nova's, and register beside them."""

from __future__ import annotations

import nova.conf
import nova.conf.libvirt
from oslo_config import cfg
import testtools

from nova_native_tls import conf as options
from nova_native_tls.conf import libvirt


def _theirs() -> dict[str, cfg.Opt]:
    return {
        opt.dest: opt
        for opts in nova.conf.libvirt.list_opts().values()
        for opt in opts
    }


class NovaOptionsTest(testtools.TestCase):
    """Compares with the Nova that is installed."""

    def test_each_option_is_novas(self) -> None:
        """Name, kind, type, default and deprecation are the same."""
        theirs = _theirs()
        for ours in libvirt.OPTS:
            other = theirs[ours.dest]
            for attribute in (
                'name',
                'dest',
                'type',
                'default',
                'sample_default',
                'required',
                'secret',
                'mutable',
                'advanced',
                'deprecated_opts',
                'deprecated_for_removal',
                'deprecated_since',
            ):
                self.assertEqual(
                    getattr(other, attribute),
                    getattr(ours, attribute),
                    f'{ours.name}: {attribute}',
                )
            self.assertIs(type(other), type(ours), ours.name)

    def test_the_group_is_novas(self) -> None:
        """Both stand in one section of the file."""
        (group,) = nova.conf.libvirt.list_opts()
        self.assertEqual(getattr(group, 'name', group), libvirt.GROUP)

    def test_nova_keeps_its_own(self) -> None:
        """In a process with Nova, Nova's objects stay registered."""
        before = {
            opt.dest: nova.conf.CONF._get_opt_info(opt.dest, 'libvirt')['opt']
            for opt in libvirt.OPTS
        }
        options.register_opts(nova.conf.CONF)
        options.register_opts(nova.conf.CONF)
        for name, opt in before.items():
            self.assertIs(
                opt, nova.conf.CONF._get_opt_info(name, 'libvirt')['opt']
            )
        self.assertIn('tls_destination', nova.conf.CONF.native_tls)

    def test_nova_after_us(self) -> None:
        """Nova can still register in a registry that has only our group."""
        registry = cfg.ConfigOpts()
        nova.conf.libvirt.register_opts(registry)
        options.register_opts(registry)
        self.assertFalse(registry.libvirt.live_migration_with_native_tls)
