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

"""oslo.config's own tools know our options."""

from __future__ import annotations

import configparser

from oslo_config import cfg

from nova_native_tls import conf as options
from tests.functional import command_line

NAMESPACES = ('nova_native_tls', 'nova_native_tls.libvirt')


def _namespaces() -> list[str]:
    return [part for name in NAMESPACES for part in ('--namespace', name)]


def _words(text: str) -> str:
    """Forget where lines break, and that they are comments."""
    return ' '.join(text.replace('\n#', '\n').split())


def _default(opt: cfg.Opt) -> str:
    """Write it as the generator does."""
    if opt.default is None:
        return '<None>'
    if isinstance(opt.default, list):
        return ','.join(map(str, opt.default))
    return str(opt.default).lower()


class GeneratorTest(command_line.CommandLineTestCase):
    """oslo-config-generator."""

    def _sample(self, *argv: str) -> str:
        path = self.directory / 'sample.conf'
        done = self.run_module(
            'oslo_config.generator', *argv, *('--output-file', str(path))
        )
        self.assertEqual(0, done.returncode, done.stderr)
        return path.read_text()

    def _groups(self, sample: str) -> dict[str, str]:
        """Split a sample into the text of each group."""
        groups: dict[str, str] = {}
        name = ''
        for line in sample.splitlines():
            if line.startswith('['):
                name = line.strip('[]')
            groups[name] = f'{groups.get(name, "")}{line}\n'
        return groups

    def test_every_option(self) -> None:
        """Each stands in its group with its default, to be uncommented."""
        groups = self._groups(self._sample(*_namespaces()))
        listed = options.list_opts() + options.list_libvirt_opts()
        self.assertNotEqual([], listed)
        for group, opts in listed:
            for opt in opts:
                line = f'#{opt.name} = {_default(opt)}'.rstrip()
                self.assertIn(f'\n{line}\n', groups[group])

    def test_every_help(self) -> None:
        """The help texts come along, word by word."""
        groups = self._groups(self._sample(*_namespaces()))
        for group, opts in options.list_opts() + options.list_libvirt_opts():
            for opt in opts:
                self.assertIn(_words(opt.help or ''), _words(groups[group]))

    def test_our_own_alone(self) -> None:
        """Beside Nova's sample ours repeats nothing of it."""
        groups = self._groups(self._sample('--namespace', 'nova_native_tls'))
        self.assertNotIn('libvirt', groups)
        self.assertIn('#tls_destination = <None>', groups['native_tls'])

    def test_a_sample_is_a_valid_file(self) -> None:
        """What the generator writes, the validator and we can read."""
        sample = self._sample(*_namespaces())
        path = self.file(sample, 'nova.conf')
        done = self.run_module(
            'oslo_config.validator', *_namespaces(), '--input-file', path
        )
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        shown = self.run_json('flags', 'show', '--config-file', path)
        self.assertEqual(27, shown['bitmask'])

    def test_as_a_structure(self) -> None:
        """The groups are well formed: no option stands outside of one."""
        parser = configparser.ConfigParser(strict=True, interpolation=None)
        parser.read_string(self._sample(*_namespaces()))
        self.assertEqual(
            {'DEFAULT', 'native_tls', 'libvirt'},
            set(parser.sections()) | {'DEFAULT'},
        )


class ValidatorTest(command_line.CommandLineTestCase):
    """oslo-config-validator."""

    def _validate(self, content: str) -> tuple[int, str]:
        done = self.run_module(
            'oslo_config.validator',
            *_namespaces(),
            *('--input-file', self.file(content)),
        )
        return done.returncode, done.stdout + done.stderr

    def test_correct(self) -> None:
        """A file with every option set is accepted."""
        status, text = self._validate(
            '[libvirt]\n'
            'live_migration_with_native_tls = true\n'
            'live_migration_tunnelled = false\n'
            'live_migration_scheme = tls\n'
            'live_migration_inbound_addr = 203.0.113.12\n'
            'live_migration_uri = qemu+tls://%s/system\n'
            'live_migration_bandwidth = 100\n'
            'live_migration_parallel_connections = 4\n'
            'live_migration_permit_post_copy = true\n'
            'live_migration_permit_auto_converge = true\n'
            '[native_tls]\n'
            'tls_destination = host2.example.org\n'
        )
        self.assertEqual(0, status, text)
        self.assertNotIn('not part of the sample config', text)

    def test_unknown_option(self) -> None:
        """A misspelt option is reported, in both groups."""
        for group, name in (
            ('native_tls', 'tls_destinatoin'),
            ('libvirt', 'live_migration_with_native_tsl'),
        ):
            status, text = self._validate(f'[{group}]\n{name} = x\n')
            self.assertEqual(1, status, text)
            self.assertIn(name, text)
            self.assertIn(group, text)
