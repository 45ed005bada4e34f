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

"""What the probe says, with modules that are made up."""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import json
import sys
import types
from typing import Any
from unittest import mock

import fixtures
import testtools

from nova_native_tls.nova.installation import loading_probe

HOST = 'nova.virt.libvirt.host'
SERVICE = 'nova_native_tls.nova.compute_service'


def module(name: str, **attributes: Any) -> types.ModuleType:
    """Make a module, a package with an ``__init__.py`` in /lib."""
    made = types.ModuleType(name)
    made.__file__ = f'/lib/{name}/__init__.py'
    vars(made).update(attributes)
    return made


class ProbeTest(testtools.TestCase):
    """From what can be imported to one line of JSON."""

    def setUp(self) -> None:
        super().setUp()
        self.imported: list[str] = []
        self.modules: dict[str, Any] = {
            'nova': module('nova'),
            'nova_native_tls': module('nova_native_tls'),
            'nova.cmd.compute': module('nova.cmd.compute'),
            'nova.virt.native_tls': module('x', NativeTLSDriver=object()),
            HOST: module(HOST, libvirt=object()),
            SERVICE: module(SERVICE, make_driver_known=self._make_known),
        }

    def _make_known(self) -> None:
        self.imported.append('make_driver_known')

    def _import(self, name: str) -> Any:
        self.imported.append(name)
        found = self.modules.get(name)
        if found is None:
            raise ModuleNotFoundError(f'No module {name}', name=name)
        if isinstance(found, BaseException):
            raise found
        return found

    def ask(self, way: str = 'nova-compute') -> dict[str, Any]:
        out = io.StringIO()
        with (
            fixtures.MonkeyPatch('importlib.import_module', self._import),
            mock.patch.object(
                importlib.metadata,
                'version',
                autospec=True,
                return_value='34.0.0',
            ),
            contextlib.redirect_stdout(out),
        ):
            loading_probe.main(way)
        answer = json.loads(out.getvalue().splitlines()[-1])
        self.assertEqual(sys.prefix, answer['prefix'])
        return answer

    def test_it_works(self) -> None:
        """Nova's own program comes first, as in nova-compute."""
        answer = self.ask()
        self.assertEqual('', answer['problem'])
        self.assertEqual(
            ('/lib/nova', '34.0.0'),
            (answer['nova_path'], answer['nova_version']),
        )
        self.assertEqual('/lib/nova_native_tls', answer['native_tls_path'])
        self.assertEqual('nova.cmd.compute', self.imported[2])
        self.assertNotIn(SERVICE, self.imported)

    def test_our_own_program(self) -> None:
        """It makes the driver known before Nova looks for it."""
        self.assertEqual('', self.ask('nova-compute-native-tls')['problem'])
        place = self.imported.index('make_driver_known')
        self.assertLess(self.imported.index('nova.cmd.compute'), place)
        self.assertLess(place, self.imported.index('nova.virt.native_tls'))

    def test_missing(self) -> None:
        """The module is named, and what was found before it is kept."""
        for name, known in (
            ('nova', None),
            ('nova_native_tls', '/lib/nova'),
            ('nova.cmd.compute', '/lib/nova'),
            ('nova.virt.native_tls', '/lib/nova'),
        ):
            with mock.patch.dict(self.modules, {name: None}):
                answer = self.ask()
            self.assertEqual(name, answer['missing'])
            self.assertIn(name, answer['problem'])
            self.assertEqual(known, answer.get('nova_path'))

    def test_a_folder_is_no_package(self) -> None:
        """Our own file for Nova makes an empty "nova" where there is none."""
        self.modules['nova'].__file__ = None
        self.assertEqual('nova', self.ask()['missing'])

    def test_no_binding_of_libvirt(self) -> None:
        """Nova itself goes on without it until it connects."""
        self.modules[HOST].libvirt = None
        self.assertEqual('libvirt', self.ask()['missing'])

    def test_no_driver(self) -> None:
        """A module of that name is not enough."""
        self.modules['nova.virt.native_tls'] = module('x')
        self.assertIn('NativeTLSDriver', self.ask()['problem'])

    def test_whatever_goes_wrong(self) -> None:
        """Is an answer, and not the end of it."""
        for error in (
            SyntaxError('old'),
            ImportError('half', name='nova'),
            SystemExit(3),
            RuntimeError(),
        ):
            self.modules['nova.cmd.compute'] = error
            answer = self.ask()
            self.assertEqual(
                f'{type(error).__name__}: {error}', answer['problem']
            )
            # It was found, and broke: that is another matter.
            self.assertNotIn('missing', answer)

    def test_no_version(self) -> None:
        """A Nova without metadata has none."""
        error = importlib.metadata.PackageNotFoundError
        with mock.patch.object(
            importlib.metadata, 'version', autospec=True, side_effect=error
        ):
            self.assertIsNone(loading_probe._version('nova'))
