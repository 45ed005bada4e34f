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

"""nova-native-tls policy show, in this process."""

from __future__ import annotations

import pathlib

import fixtures
import testtools

from tests.unit.cmd import in_process


class PolicyShowTest(testtools.TestCase):
    """Options and what others say to a decision."""

    def setUp(self) -> None:
        super().setUp()
        self.line = self.useFixture(in_process.CommandLine())

    def _run(self, conf: str, *arguments: str) -> in_process.Result:
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        path = folder / 'nova.conf'
        path.write_text(conf)
        return self.line.run(
            *('policy', 'show', '-f', 'json', '--config-file', str(path)),
            *arguments,
        )

    def test_nothing_is_said(self) -> None:
        """Nova's own option decides."""
        for value, encryption in (('true', 'required'), ('false', 'disabled')):
            done = self._run(
                f'[libvirt]\nlive_migration_with_native_tls = {value}\n'
            )
            self.assertEqual((0, ''), (done.status, done.err))
            shown = done.json()
            self.assertEqual(encryption, shown['encryption'])
            self.assertEqual(
                '[libvirt] live_migration_with_native_tls', shown['owner']
            )
            self.assertEqual([], shown['notes'])

    def test_the_nearest(self) -> None:
        """Options, aggregates, flavor, image and instance."""
        conf = '[native_tls]\nmigration_encryption = opportunistic\n'
        for arguments, encryption, owner in (
            ((), 'opportunistic', 'cloud [native_tls] migration_encryption'),
            (('--aggregate', 'disabled'), 'disabled', 'aggregate'),
            (
                ('--aggregate', 'disabled', '--aggregate', 'required'),
                'required',
                'aggregate',
            ),
            (('--flavor', 'disabled'), 'disabled', 'flavor'),
            (
                ('--flavor', 'disabled', '--image', 'required'),
                'required',
                'image',
            ),
            (('--instance', 'required'), 'required', 'instance'),
        ):
            done = self._run(conf, *arguments)
            self.assertEqual(0, done.status, str(arguments))
            self.assertEqual(
                (encryption, owner),
                (done.json()['encryption'], done.json()['owner']),
            )

    def test_option_for_aggregates(self) -> None:
        """A host may say itself what its aggregates do."""
        conf = '[native_tls]\naggregate_migration_encryption = {}\n'
        for value, encryption in (
            ('database', 'disabled'),
            ('none', 'disabled'),
            ('required', 'required'),
        ):
            shown = self._run(conf.format(value)).json()
            self.assertEqual(encryption, shown['encryption'])

    def test_what_does_not_count(self) -> None:
        """A tenant, or a flavor that may not; and what is no value."""
        conf = (
            '[native_tls]\nmigration_encryption = required\n'
            'allow_weaker_instances = false\n'
        )
        for arguments, note in (
            (('--instance', 'disabled'), 'instance says disabled'),
            (('--flavor', 'opportunistic'), 'flavor says opportunistic'),
            (('--image', 'yes'), 'image says "yes"'),
        ):
            done = self._run(conf, *arguments)
            self.assertEqual(1, done.status)
            self.assertEqual('required', done.json()['encryption'])
            (said,) = done.json()['notes']
            self.assertIn(note, said)

    def test_option_that_is_none(self) -> None:
        """A typing error in nova.conf is an error."""
        done = self._run('[native_tls]\nmigration_encryption = yes\n')
        self.assertEqual(2, done.status)
        self.assertIn('migration_encryption', done.err)
