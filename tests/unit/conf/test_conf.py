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

"""Which options get registered, and that Nova's own always win."""

from __future__ import annotations

import re
import subprocess
import sys

from oslo_config import cfg
import testtools

from nova_native_tls import conf as options
from nova_native_tls.conf import evidence
from nova_native_tls.conf import issuing
from nova_native_tls.conf import known_issues
from nova_native_tls.conf import libvirt
from nova_native_tls.conf import native_tls
from nova_native_tls.conf import policy
from nova_native_tls.conf import speed
from nova_native_tls.conf import watching

IMPORT_EVERYTHING = """
import importlib
import nova_native_tls
from oslo_config import cfg
import pkgutil
count = 0
for module in pkgutil.walk_packages(
    nova_native_tls.__path__, 'nova_native_tls.'
):
    # Nova, which these import, registers its own.
    if not module.name.startswith('nova_native_tls.nova.'):
        importlib.import_module(module.name)
        count += 1
print(count > 20, 'native_tls' in cfg.CONF, 'libvirt' in cfg.CONF)
"""

#: In the order in which they are listed.
OURS = (native_tls, issuing, watching, evidence, policy, known_issues, speed)

#: An option as our help texts write it, with its group where they say it.
_NAMED = re.compile(r'(?:\[(\w+)\] )?\b(live_migration_\w+|tls_destination)')


def _all_options() -> list[tuple[str, cfg.Opt]]:
    return [
        (group, opt)
        for group, opts in options.list_opts() + options.list_libvirt_opts()
        for opt in opts
    ]


class RegisterTest(testtools.TestCase):
    """register_opts with and without Nova's own options in place."""

    def test_importing_registers_nothing(self) -> None:
        """Nobody gets options by importing any module of the package."""
        done = subprocess.run(
            [sys.executable, '-c', IMPORT_EVERYTHING],
            capture_output=True,
            check=True,
            text=True,
        )
        self.assertEqual('True False False\n', done.stdout)

    def test_without_nova_every_option_is_there(self) -> None:
        """On a host without Nova all options of both groups work."""
        registry = cfg.ConfigOpts()
        options.register_opts(registry)
        registry([])
        for group, opt in _all_options():
            self.assertEqual(opt.default, registry[group][opt.dest], opt.name)

    def test_an_option_that_nova_has_stays_novas(self) -> None:
        """Ours neither replaces nor collides with Nova's definition."""
        registry = cfg.ConfigOpts()
        theirs = cfg.StrOpt('live_migration_bandwidth', default='of Nova')
        registry.register_opt(theirs, group='libvirt')
        options.register_opts(registry)
        registry([])
        self.assertEqual('of Nova', registry.libvirt.live_migration_bandwidth)

    def test_options_that_an_older_nova_lacks_are_added(self) -> None:
        """Beside some of Nova's options, the others are ours."""
        registry = cfg.ConfigOpts()
        registry.register_opts(
            [cfg.BoolOpt('live_migration_tunnelled', default=True)],
            group='libvirt',
        )
        options.register_opts(registry)
        registry([])
        self.assertTrue(registry.libvirt.live_migration_tunnelled)
        self.assertEqual(
            1, registry.libvirt.live_migration_parallel_connections
        )

    def test_other_options_of_the_group_do_not_matter(self) -> None:
        """A [libvirt] group with none of these options gets all of them."""
        registry = cfg.ConfigOpts()
        registry.register_opt(cfg.StrOpt('virt_type'), group='libvirt')
        options.register_opts(registry)
        registry([])
        for opt in libvirt.OPTS:
            self.assertIn(opt.dest, registry.libvirt)

    def test_registering_twice_is_harmless(self) -> None:
        """The plug-in and a command may both register."""
        registry = cfg.ConfigOpts()
        options.register_opts(registry)
        options.register_opts(registry)
        registry([])
        self.assertIsNone(registry.native_tls.tls_destination)

    def test_registering_after_reading_finds_the_values(self) -> None:
        """nova-compute has read its files before the driver is loaded."""
        registry = cfg.ConfigOpts()
        registry([])
        options.register_opts(registry)
        self.assertFalse(registry.libvirt.live_migration_with_native_tls)


class ListTest(testtools.TestCase):
    """What oslo-config-generator is told."""

    def test_groups(self) -> None:
        """Our own options and Nova's are listed apart."""
        self.assertEqual(
            ['native_tls'], [group for group, _opts in options.list_opts()]
        )
        self.assertEqual(
            ['libvirt'],
            [group for group, _opts in options.list_libvirt_opts()],
        )

    def test_every_option_is_listed(self) -> None:
        """Nothing that can be registered is left out."""
        self.assertEqual(
            [opt.name for subject in (*OURS, libvirt) for opt in subject.OPTS],
            [opt.name for _group, opt in _all_options()],
        )

    def test_the_lists_are_copies(self) -> None:
        """The generator may change defaults in what it is given."""
        for list_them in (options.list_opts, options.list_libvirt_opts):
            list_them()[0][1][0].default = 'changed'
            self.assertNotEqual('changed', list_them()[0][1][0].default)


class HelpTest(testtools.TestCase):
    """Each option explains itself."""

    def test_help_is_made_of_sentences(self) -> None:
        """Each help text begins with a capital and ends with a full stop."""
        for _group, opt in _all_options():
            text = (opt.help or '').strip()
            self.assertTrue(text[:1].isupper(), opt.name)
            first = text.partition('\n\n')[0]
            self.assertTrue(first.endswith('.'), opt.name)

    def test_every_option_that_is_named_exists(self) -> None:
        """A help text names no option that there is not."""
        known = {(group, opt.dest) for group, opt in _all_options()}
        for own_group, opt in _all_options():
            for group, name in _NAMED.findall(
                f'{opt.help} {opt.deprecated_reason or ""}'
            ):
                self.assertIn((group or own_group, name), known, opt.name)

    def test_what_is_named_is_related(self) -> None:
        """A help text that names another option says how they relate."""
        naming = 0
        for _group, opt in _all_options():
            text = opt.help or ''
            names = {name for _group, name in _NAMED.findall(text)}
            if names - {opt.dest}:
                naming += 1
                self.assertIn('\nRelated options:\n', text, opt.name)
        self.assertGreater(naming, 5)

    def test_lines_fit_into_the_sample_file(self) -> None:
        """No line is broken anew where a comment sign stands before it."""
        for _group, opt in _all_options():
            for line in (opt.help or '').splitlines():
                self.assertLessEqual(len(f'# {line}'), 79, line)

    def test_security_is_said_where_the_option_decides_it(self) -> None:
        """What an option does to encryption or verification is said."""
        texts = {opt.dest: opt.help or '' for _group, opt in _all_options()}
        for name in (
            'live_migration_with_native_tls',
            'live_migration_tunnelled',
            'live_migration_scheme',
            'live_migration_inbound_addr',
            'tls_destination',
            'migration_encryption',
            'aggregate_migration_encryption',
        ):
            self.assertIn('\nSecurity: ', texts[name], name)

    def test_a_deprecated_option_says_why_and_since_when(self) -> None:
        """Nobody is told that an option goes without being told why."""
        for _group, opt in _all_options():
            self.assertEqual(
                opt.deprecated_for_removal,
                bool(opt.deprecated_reason and opt.deprecated_since),
                opt.name,
            )
