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

"""The driver, before an upgrade."""

from __future__ import annotations

import dataclasses
from typing import Any

from oslo_upgradecheck import upgradecheck

from nova_native_tls.nova.installation import loading
from nova_native_tls.upgrade import driver
from tests.unit.upgrade import hosts

Code = upgradecheck.Code
Program = loading.Program
CHOSEN = '[DEFAULT]\ncompute_driver = native_tls.NativeTLSDriver\n'


class DriverTest(hosts.HostTestCase):
    """What the Pythons of two programs are said to have answered."""

    def setUp(self) -> None:
        super().setUp()
        self.loaders = {
            program: loading.Loader(
                program=program,
                path=f'/bin/{program}',
                nova_path='/site/nova',
                nova_version='34.0.0',
                native_tls_path=str(driver.HERE),
                native_tls_version='1.2.3',
            )
            for program in Program
        }
        self.asked = self.patch_object(loading, 'look')
        self.asked.side_effect = lambda program, named=None: self.loaders[
            program
        ]
        self.find = self.patch_object(loading, 'find')
        self.find.return_value = ('/bin/nova-compute',)

    def change(self, program: loading.Program, **changes: Any) -> None:
        self.loaders[program] = dataclasses.replace(
            self.loaders[program], **changes
        )

    def check(self, text: str = CHOSEN) -> upgradecheck.Result:
        return driver.check(self.host(text))

    def test_good(self) -> None:
        """It is found, and chosen."""
        found = self.check()
        self.assertIs(Code.SUCCESS, found.code)
        self.assertIn('Nova 34.0.0 loads the driver', found.details)

    def test_by_our_own_program(self) -> None:
        """That is as good; its installation counts."""
        self.change(Program.NOVA_COMPUTE, problem='no', native_tls_path=None)
        found = self.check()
        self.assertIs(Code.SUCCESS, found.code)
        self.assertIn('start /bin/nova-compute-native-tls', found.details)
        self.change(Program.OWN, native_tls_path='/')
        found = self.check()
        self.assertIs(Code.WARNING, found.code)
        self.assertIn('driver.other-installation', found.details)

    def test_not_loadable(self) -> None:
        """A failure that says what to do; nothing else matters then."""
        for program in Program:
            self.change(program, problem='it has no libvirt')
        found = self.check('')
        self.assertIs(Code.FAILURE, found.code)
        self.assertIn('it has no libvirt', found.details)
        self.assertEqual(1, len(found.details.splitlines()))

    def test_too_old_and_too_new(self) -> None:
        """The first does not work, the second was never tried."""
        for version, code in (('28.1.0', Code.FAILURE), ('99', Code.WARNING)):
            for program in Program:
                self.change(program, nova_version=version)
            found = self.check()
            self.assertIs(code, found.code)
            self.assertIn(version, found.details)

    def test_not_chosen(self) -> None:
        """Without the option Nova loads its own."""
        for text, value in (
            ('', 'not set'),
            ('[DEFAULT]\ncompute_driver = libvirt.LibvirtDriver\n', 'libvirt'),
        ):
            found = self.check(text)
            self.assertIs(Code.WARNING, found.code)
            self.assertIn(f'compute_driver is {value}', found.details)

    def test_another_installation(self) -> None:
        """What is asked here is not what nova-compute would run."""
        self.change(Program.NOVA_COMPUTE, native_tls_path='/')
        found = self.check()
        self.assertIs(Code.WARNING, found.code)
        self.assertIn('driver.other-installation', found.details)

    def test_several(self) -> None:
        """Which one runs has to be said, unless it was named."""
        self.find.return_value = ('/bin/nova-compute', '/opt/nova-compute')
        found = self.check()
        self.assertIs(Code.WARNING, found.code)
        self.assertIn('/opt/nova-compute', found.details)
        found = self.check(f'{CHOSEN}nova_compute = /opt/nova-compute\n')
        self.assertIs(Code.SUCCESS, found.code)
        self.asked.assert_any_call(Program.NOVA_COMPUTE, '/opt/nova-compute')
