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

"""Which of the two programs is started, and what is to be mended first."""

from __future__ import annotations

from typing import Any

import testtools

from nova_native_tls.nova.installation import loading
from nova_native_tls.nova.installation import loading_choice

NOVA_COMPUTE = loading.Program.NOVA_COMPUTE
OWN = loading.Program.OWN


def loader(program: loading.Program, **changes: Any) -> loading.Loader:
    """A program that works, changed."""
    values: dict[str, Any] = {
        'path': f'/bin/{program}',
        'python': '/bin/python3',
        'nova_version': '34.0.0',
        'nova_path': '/lib/nova',
    }
    return loading.Loader(program=program, **{**values, **changes})


class ChooseTest(testtools.TestCase):
    """Both work, one works, none works."""

    def choose(
        self, theirs: dict[str, Any], own: dict[str, Any]
    ) -> loading_choice.Choice:
        return loading_choice.choose(
            loader(NOVA_COMPUTE, **theirs), loader(OWN, **own)
        )

    def test_both(self) -> None:
        """Nothing has to be changed about how nova-compute is started."""
        choice = self.choose({}, {})
        self.assertIs(NOVA_COMPUTE, choice.program)
        self.assertEqual('start /bin/nova-compute', choice.how)
        self.assertEqual('34.0.0', choice.nova_version)
        self.assertTrue(choice.supported)
        self.assertEqual((), choice.warnings)

    def test_only_ours(self) -> None:
        """It takes the other's place."""
        choice = self.choose({'problem': 'x'}, {})
        self.assertIs(OWN, choice.program)
        self.assertEqual(
            'start /bin/nova-compute-native-tls in place of /bin/nova-compute',
            choice.how,
        )

    def test_only_ours_exists(self) -> None:
        """There is still something that it takes the place of."""
        choice = self.choose({'problem': 'x', 'path': None}, {})
        self.assertIn('in place of nova-compute', choice.how)

    def test_only_novas(self) -> None:
        """Ours need not be there."""
        choice = self.choose({}, {'problem': 'x', 'path': None})
        self.assertIs(NOVA_COMPUTE, choice.program)

    def test_not_installed_there(self) -> None:
        """Both cures are told, with the Python that they are for."""
        for missing in ('nova_native_tls', 'nova.virt.native_tls'):
            choice = self.choose(
                {'problem': 'x', 'missing': missing, 'python': '/opt/py'},
                {'problem': 'y', 'nova_path': None},
            )
            self.assertIsNone(choice.program)
            self.assertIn('"/opt/py -m pip"', choice.how)
            self.assertIn('"/opt/py -m venv', choice.how)
            self.assertEqual('34.0.0', choice.nova_version)

    def test_not_installed_in_a_virtual_environment(self) -> None:
        """Another one on top of that would not see its Nova."""
        choice = self.choose(
            {'problem': 'x', 'missing': 'nova_native_tls', 'is_virtual': True},
            {'problem': 'y', 'nova_path': None},
        )
        self.assertIn('"/bin/python3 -m pip"', choice.how)
        self.assertNotIn('venv', choice.how)

    def test_no_nova(self) -> None:
        """Neither has a version then."""
        choice = self.choose(
            {'problem': 'x', 'path': None, 'nova_path': None},
            {'problem': 'y', 'nova_path': None, 'prefix': '/opt/p'},
        )
        self.assertIsNone(choice.program)
        self.assertIn('not installed in /opt/p', choice.how)
        self.assertIn('--nova-compute', choice.how)
        self.assertIsNone(choice.nova_version)
        self.assertFalse(choice.supported)

    def test_a_nova_compute_that_is_broken(self) -> None:
        """What is wrong with it comes first."""
        choice = self.choose(
            {'problem': 'broken', 'nova_path': None},
            {'problem': 'y', 'nova_path': None},
        )
        self.assertIn('/bin/nova-compute: broken', choice.how)

    def test_another_problem(self) -> None:
        """It is told with the program that has it."""
        for theirs, own, sentence in (
            ({}, {}, '/bin/nova-compute: x'),
            ({'nova_path': None}, {}, '/bin/nova-compute-native-tls: y'),
            (
                {'nova_path': None},
                {'path': None},
                'nova-compute-native-tls: y',
            ),
        ):
            choice = self.choose(
                {'problem': 'x', **theirs}, {'problem': 'y', **own}
            )
            self.assertIsNone(choice.program)
            self.assertEqual(f'mend what is wrong with {sentence}', choice.how)

    def test_releases(self) -> None:
        """29 to 34; an older one is refused, a newer one is doubtful."""
        for version, works, supported, warned in (
            ('28.2.0', False, False, False),
            ('29.0.0', True, True, False),
            ('29.0.0.0rc1', True, True, False),
            ('34.1.1.dev3', True, True, False),
            ('35.0.0', True, False, True),
            ('2026.2', True, False, True),
            (None, True, False, True),
            ('unknown', True, False, True),
        ):
            choice = self.choose({'nova_version': version}, {})
            self.assertEqual(works, choice.program is not None, version)
            self.assertEqual(supported, choice.supported, version)
            self.assertEqual(warned, bool(choice.warnings), version)
        self.assertIn(
            '28.2.0 is too old',
            self.choose({'nova_version': '28.2.0'}, {}).how,
        )
