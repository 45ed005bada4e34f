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

"""nova-api refuses an extra spec that would mean nothing."""

from __future__ import annotations

import subprocess
import sys

from nova.api.validation.extra_specs import validators
from nova import exception
import testtools

from nova_native_tls import policy

#: An API node has neither libvirt nor its binding.
WITHOUT_LIBVIRT = """
import sys

sys.modules['libvirt'] = None
from nova.api.validation.extra_specs import validators

assert 'native_tls:migration_encryption' in validators.VALIDATORS
assert 'nova.virt.libvirt' not in sys.modules
"""


class ExtraSpecsTest(testtools.TestCase):
    """Nova's registry, as nova-api has it, with this project installed."""

    def test_every_value_is_valid(self) -> None:
        """What policy knows, nova-api takes."""
        for value in policy.Encryption:
            validators.validate(policy.KEY, value.value)

    def test_wrong_value(self) -> None:
        """It is a 400 to whoever writes it, who is told what is right."""
        for value in ('Required', 'true', 'require', '', ' required'):
            refused = self.assertRaises(
                exception.ValidationError,
                validators.validate,
                policy.KEY,
                value,
            )
            self.assertEqual(400, refused.code)
            self.assertEqual(
                f"Validation failed; '{value}' is not one of: required, "
                'opportunistic, disabled.',
                str(refused),
            )

    def test_wrong_name(self) -> None:
        """A name misspelt would otherwise leave the guest as it is."""
        self.assertRaises(
            exception.ValidationError,
            validators.validate,
            'native_tls:migration_encyption',
            'required',
        )

    def test_other_names(self) -> None:
        """What is not of this project is as valid as without it."""
        validators.validate('quota:cpu_shares', '10')
        validators.validate('encryption', 'whatever')

    def test_api_node(self) -> None:
        """It needs nothing of libvirt."""
        ran = subprocess.run(
            [sys.executable, '-c', WITHOUT_LIBVIRT],
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        self.assertEqual(0, ran.returncode, ran.stderr)
