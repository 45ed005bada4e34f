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

"""One leg of a migration that has to be encrypted, without the others."""

from __future__ import annotations

from typing import Any

from nova_native_tls.checks import base
from nova_native_tls.checks import runner
from nova_native_tls.nova import pre_checks
from nova_native_tls.peer import facts


def ask(
    checks: runner.Runner, stage: base.Stage, **asked: Any
) -> facts.HostFacts:
    """Ask the checks, and refuse what fails as ``legs`` does.

    :raises MigrationPreCheckError: one check failed.
    """
    answer = pre_checks.ask(checks, stage, **asked)
    if answer.failures:
        pre_checks.refuse(answer.failures, asked.get('instance'))
    return answer.own
