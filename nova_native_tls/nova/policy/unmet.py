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

"""What keeps a migration from TLS, beyond what the checks find?"""

from __future__ import annotations

from collections.abc import Sequence

import nova.conf

from nova_native_tls._i18n import _
from nova_native_tls.checks import result
from nova_native_tls.peer import terms
from nova_native_tls import policy

CONF = nova.conf.CONF

SILENT_DESTINATION = _(
    'the destination does not say that it can receive with TLS: install '
    'nova-native-tls there, and set [native_tls] migration_encryption'
)
SILENT_SOURCE = _(
    'the source does not say that it encrypts: install nova-native-tls '
    'there, and set [native_tls] migration_encryption'
)
_TUNNELLED = _(
    'a migration through a tunnel cannot have native TLS: set [libvirt] '
    'live_migration_tunnelled to false'
)
LATE = _(
    'nova-compute was restarted after the pre-checks, so what they found is '
    'not known: migrate it again'
)


def of_options() -> tuple[result.Finding, ...]:
    """Give what options of this host, as a source, exclude."""
    if CONF.libvirt.live_migration_tunnelled:
        return (finding(CONF.host, _TUNNELLED),)
    return ()


def of_peer(
    theirs: terms.Terms | None, decision: policy.Decision
) -> tuple[result.Finding, ...]:
    """Give what keeps the destination from TLS, by what it says."""
    if theirs is None and decision.rule is None:
        return ()
    if theirs is None or theirs.problems is None:
        return (finding(_('destination'), SILENT_DESTINATION),)
    return tuple(_said_there(problem) for problem in theirs.problems)


def is_required_by_rule(said: terms.Terms) -> bool:
    """Tell whether somebody says so, and not only Nova's own option."""
    return (
        said.decision.encryption is policy.Encryption.REQUIRED
        and said.decision.rule is not None
    )


def sentences(failures: Sequence[result.Finding]) -> tuple[str, ...]:
    """Give them as they are told, and sent."""
    return tuple(failure.sentence() for failure in failures)


def _said_there(problem: str) -> result.Finding:
    """Take a sentence of the destination, which begins with its subject."""
    subject, _colon, rest = problem.partition(': ')
    return finding(subject, rest or problem)


def finding(subject: str, sentence: str) -> result.Finding:
    """Make one of a sentence that ends with what to do."""
    detail, colon, remedy = sentence.rpartition(': ')
    return result.Finding(
        code='policy.unmet',
        status=result.Status.FAILURE,
        subject=subject,
        detail=detail if colon else sentence,
        remedy=remedy if colon else '',
    )
