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

"""Which flavor extra specs there are, for nova-api to validate.

Found by its entry point in the namespace ``nova.api.extra_spec_validators``.
nova-api asks from microversion 2.86 on; to an older one every extra spec is
right (nova/api/validation/extra_specs/validators.py, the same in Nova 29 to
34). Image properties and instance metadata are not validated by anybody: what
they say is judged when it is read.

It needs neither libvirt nor a virt driver, so it works on an API node.
"""

from __future__ import annotations

from nova.api.validation.extra_specs import base

from nova_native_tls import policy

EXTRA_SPEC_VALIDATORS = [
    base.ExtraSpecValidator(
        name=policy.KEY,
        description=(
            'Whether a live migration of the instance has to be encrypted.'
        ),
        value={
            'type': str,
            'description': (
                'required: encrypted or not at all; opportunistic: encrypted '
                'if that is possible; disabled: in clear text.'
            ),
            'enum': [value.value for value in reversed(policy.Encryption)],
        },
    )
]


def register() -> list[base.ExtraSpecValidator]:
    """Give nova-api the validators."""
    return EXTRA_SPEC_VALIDATORS
