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

"""The binding of libvirt, without libvirt."""

from __future__ import annotations

import types
from typing import Any

import fixtures
import testtools

from nova_native_tls.migration import libvirt_abi
from nova_native_tls.migration import libvirt_api

#: Numbers of libvirt's stable interface (include/libvirt/libvirt-domain.h and
#: virterror.h), so that these tests run without the binding.
CONSTANTS = {
    'VIR_DOMAIN_NOSTATE': 0,
    'VIR_DOMAIN_RUNNING': 1,
    'VIR_DOMAIN_BLOCKED': 2,
    'VIR_DOMAIN_PAUSED': 3,
    'VIR_DOMAIN_SHUTDOWN': 4,
    'VIR_DOMAIN_SHUTOFF': 5,
    'VIR_DOMAIN_CRASHED': 6,
    'VIR_DOMAIN_PMSUSPENDED': 7,
    'VIR_DOMAIN_PAUSED_USER': 1,
    'VIR_DOMAIN_PAUSED_MIGRATION': 2,
    'VIR_DOMAIN_PAUSED_POSTCOPY': 12,
    'VIR_DOMAIN_PAUSED_POSTCOPY_FAILED': 13,
    'VIR_DOMAIN_JOB_NONE': 0,
    'VIR_DOMAIN_JOB_UNBOUNDED': 2,
    'VIR_DOMAIN_JOB_COMPLETED': 3,
    'VIR_DOMAIN_JOB_FAILED': 4,
    'VIR_DOMAIN_JOB_STATS_COMPLETED': 1,
    'VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED': 2,
    'VIR_MEMORY_PHYSICAL': 2,
    'VIR_ERR_INTERNAL_ERROR': 1,
    'VIR_ERR_INVALID_ARG': 8,
    'VIR_ERR_NO_DOMAIN': 42,
    'VIR_ERR_OPERATION_INVALID': 55,
}


class Error(Exception):
    """Stands in for libvirt.libvirtError."""

    def __init__(self, code: int, message: str | None = 'no') -> None:
        super().__init__(f'str of {message}')
        self._code = code
        self._message = message

    def get_error_code(self) -> int:
        """As the binding's."""
        return self._code

    def get_error_message(self) -> str | None:
        """As the binding's."""
        return self._message


def module(*without: str) -> types.ModuleType:
    """Make a binding of libvirt 9.0.0, without these flags."""
    module = types.ModuleType('libvirt')
    vars(module).update(CONSTANTS)
    vars(module).update(
        {
            f'VIR_MIGRATE_{name}': flag.bit
            for name, flag in libvirt_abi.FLAGS.items()
            if name not in without
        }
    )
    vars(module).update(libvirtError=Error, getVersion=lambda: 9_000_000)
    return module


class RecordingDomain:
    """Stands in for libvirt.virDomain; keeps what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[Any, ...]] = []

    def name(self) -> str:
        """As the binding's."""
        return 'vm'

    def UUIDString(self) -> str:
        """As the binding's."""
        return '8a6e2b9c-0c7a-4a55-9a3b-6a7f1d7d0c11'

    def __getattr__(self, name: str) -> Any:
        def ask(*args: Any, **kwargs: Any) -> Any:
            self.asked.append((name, args, kwargs))
            answer = self.answers[name]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return ask


class BindingTestCase(testtools.TestCase):
    """Puts a stand-in where the binding is."""

    def setUp(self) -> None:
        super().setUp()
        self.binding: Any = module()
        self.useFixture(
            fixtures.MockPatchObject(libvirt_api, 'libvirt', self.binding)
        )

    def make_domain(
        self, **answers: Any
    ) -> tuple[libvirt_api.Domain, RecordingDomain]:
        theirs = RecordingDomain(**answers)
        return libvirt_api.Domain(theirs), theirs
