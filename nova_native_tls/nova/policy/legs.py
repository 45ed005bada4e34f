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

"""How both ends of one migration come to act on one decision.

The source decides, because it asks libvirt. It hears first what the
destination, which is asked before it, wants and has found; the stricter of
both policies counts. Then it tells the destination.

What each end does, by what the policy says as far as that end knows (the
source knows all):

===========  =====================  =====================  ===================
Step         required               opportunistic          disabled
===========  =====================  =====================  ===================
destination  refuses if a check of  tells the source what  tells the source
             its own fails          has failed             what has failed
source       refuses if a check     without TLS if a       without TLS;
             fails, here or there   check fails, here or   nothing is looked
                                    there                  at
once more    the destination        the destination tells  nothing
             refuses if the         the source what has
             source's certificate   failed, with the
             fails                  preparation
libvirt      TLS                    TLS if nothing has     no TLS, whatever
                                    failed anywhere        Nova's option says
===========  =====================  =====================  ===================

An end that says nothing (stock Nova, or nobody there wants encryption) does
not encrypt as far as anybody knows. So what is required by a rule is refused;
opportunistic goes in clear text. What is required only because ``[libvirt]
live_migration_with_native_tls`` is on goes on as in stock Nova: the source
asks for TLS, and the destination lets it come.

Where nobody says anything and that option is off nothing is sent, nothing is
looked at, and every method is Nova's own.
"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import threading
from typing import Any

import nova.conf
from nova import exception as nova_exception
from oslo_log import log as logging

from nova_native_tls._i18n import _
from nova_native_tls.checks import base
from nova_native_tls.checks import result
from nova_native_tls import exception
from nova_native_tls.nova import carrier
from nova_native_tls.nova import course
from nova_native_tls.nova.policy import policy_sources
from nova_native_tls.nova.policy import unmet
from nova_native_tls.nova import pre_checks
from nova_native_tls.peer import facts
from nova_native_tls.peer import terms
from nova_native_tls import policy

LOG = logging.getLogger(__name__)

CONF = nova.conf.CONF

Encryption = policy.Encryption
Role = carrier.Role
Stage = base.Stage

#: Asks the checks at one leg; see ``pre_checks.ask``.
Ask = Callable[..., pre_checks.Answer]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What one end puts into what Nova sends anyway.

    :ivar own: None where no certificate will be looked at.
    """

    role: Role
    terms: terms.Terms
    own: facts.HostFacts | None = None

    def put(self, migrate_data: Any) -> None:
        """Add it."""
        if self.own is not None:
            carrier.put(migrate_data, self.role, self.own)
        carrier.put_terms(migrate_data, self.role, self.terms)


class Legs:
    """What this host has said, as either end, of migrations to come.

    The legs of one migration are calls of their own, and nova-compute has
    emptied what carried the words before the last of them.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._said: dict[tuple[Role, str], Sent | None] = {}

    def destination(self, context: Any, instance: Any) -> Sent | None:
        """Answer on the destination, before the source was asked.

        :returns: None where everything stays Nova's own.
        :raises MigrationPreCheckError: TLS is required and will not do.
        """
        decision = _decide(context, instance)
        if decision is None:
            self._say(Role.DESTINATION, instance, None)
            return None
        own, failures = self._look(Stage.DESTINATION, instance)
        if failures and decision.encryption is Encryption.REQUIRED:
            pre_checks.refuse(failures, instance)
        said = Sent(
            role=Role.DESTINATION,
            terms=terms.Terms(
                decision=decision, problems=unmet.sentences(failures)
            ),
            own=own,
        )
        self._say(Role.DESTINATION, instance, said)
        return said

    def source(
        self, context: Any, instance: Any, migrate_data: Any
    ) -> Sent | None:
        """Decide on the source, with what the destination said.

        :returns: None where everything stays Nova's own.
        :raises MigrationPreCheckError: TLS is required and will not do.
        """
        theirs = _read(migrate_data, Role.DESTINATION)
        decision = _with(theirs, _decide(context, instance))
        if decision is None:
            self._say(Role.SOURCE, instance, None)
            return None
        for note in decision.notes:
            LOG.warning('%s', note, instance=instance)
        if decision.encryption is Encryption.DISABLED:
            said = Sent(
                role=Role.SOURCE,
                terms=terms.Terms(decision=decision, encrypted=False),
            )
        else:
            said = self._wanted(instance, migrate_data, theirs, decision)
        self._say(Role.SOURCE, instance, said)
        return said

    def _wanted(
        self,
        instance: Any,
        migrate_data: Any,
        theirs: terms.Terms | None,
        decision: policy.Decision,
    ) -> Sent:
        """Look whether TLS will do."""
        own, found = self._look(
            Stage.SOURCE,
            instance,
            migrate_data=migrate_data,
            peer=Role.DESTINATION,
        )
        failures = (
            *unmet.of_options(),
            *unmet.of_peer(theirs, decision),
            *found,
        )
        if failures and decision.encryption is Encryption.REQUIRED:
            pre_checks.refuse(failures, instance)
        return Sent(
            role=Role.SOURCE,
            terms=terms.Terms(
                decision=decision,
                encrypted=not failures,
                problems=unmet.sentences(failures),
            ),
            own=None if failures else own,
        )

    def destination_again(
        self, context: Any, instance: Any, migrate_data: Any
    ) -> None:
        """Look on the destination at what the source says and shows.

        :raises MigrationPreCheckError: TLS is required and will not do.
        """
        said = self._own(context, instance)
        if said is None:
            return
        own, theirs = said.terms, _read(migrate_data, Role.SOURCE)
        if theirs is None:
            _assert_may_be_silent(own, instance)
        elif not theirs.encrypted and unmet.is_required_by_rule(own):
            # It has heard so, and did not listen.
            pre_checks.refuse(
                [unmet.finding(instance.host, unmet.SILENT_SOURCE)], instance
            )
        counts = own if theirs is None else theirs
        required = counts.decision.encryption is Encryption.REQUIRED
        if required or counts.encrypted:
            _facts, failures = self._look(
                Stage.DESTINATION_AGAIN,
                instance,
                migrate_data=migrate_data,
                peer=Role.SOURCE,
            )
            if failures and required:
                pre_checks.refuse(failures, instance)
            counts = dataclasses.replace(
                counts, problems=unmet.sentences(failures)
            )
        self._say(
            Role.DESTINATION, instance, dataclasses.replace(said, terms=counts)
        )

    def preparation(self, context: Any, instance: Any) -> terms.Terms | None:
        """Say on the destination what came of it all.

        :returns: None where everything stays Nova's own.
        """
        said = self._own(context, instance)
        self._forget(Role.DESTINATION, instance)
        return None if said is None else said.terms

    def migration(
        self, context: Any, instance: Any, migrate_data: Any
    ) -> Sent | None:
        """Say on the source how libvirt is to be asked.

        :returns: None where everything stays Nova's own.
        :raises MigrationPreCheckError: what the destination says, or the
            instance, cannot be read.
        """
        key = (Role.SOURCE, course.uuid(instance))
        with self._lock:
            known = key in self._said
            said = self._said.pop(key, None)
        theirs = _read(migrate_data, Role.DESTINATION)
        if not known:
            return _late(_with(theirs, _decide(context, instance)))
        if (
            said is None
            or not said.terms.encrypted
            or said.terms.decision.encryption is Encryption.REQUIRED
        ):
            return said
        problems = theirs.problems if theirs else None
        if problems is None:
            problems = (unmet.SILENT_DESTINATION,)
        return dataclasses.replace(
            said,
            terms=dataclasses.replace(
                said.terms, encrypted=not problems, problems=problems
            ),
        )

    def _look(
        self, stage: Stage, instance: Any, **asked: Any
    ) -> tuple[facts.HostFacts | None, tuple[result.Finding, ...]]:
        try:
            answer = self._ask(stage, instance=instance, **asked)
        except exception.NativeTLSError as err:
            return None, (unmet.finding(CONF.host, str(err)),)
        return answer.own, answer.failures

    def _own(self, context: Any, instance: Any) -> Sent | None:
        """Give what this destination has said last, or would say."""
        with self._lock:
            key = (Role.DESTINATION, course.uuid(instance))
            if key in self._said:
                return self._said[key]
        # nova-compute was restarted between two legs.
        decision = _decide(context, instance)
        if decision is None:
            return None
        return Sent(
            role=Role.DESTINATION, terms=terms.Terms(decision=decision)
        )

    def _say(self, role: Role, instance: Any, said: Sent | None) -> None:
        with self._lock:
            self._said[role, course.uuid(instance)] = said

    def _forget(self, role: Role, instance: Any) -> None:
        with self._lock:
            self._said.pop((role, course.uuid(instance)), None)


def _decide(context: Any, instance: Any) -> policy.Decision | None:
    try:
        return policy_sources.decide(context, instance)
    except Exception as err:
        # Of Nova's database or message queue: what it says is not known.
        raise nova_exception.MigrationPreCheckError(
            reason=_(
                'what the instance says about encryption cannot be read: %s'
            )
            % err
        ) from err


def _read(migrate_data: Any, role: Role) -> terms.Terms | None:
    try:
        return carrier.get_terms(migrate_data, role)
    except exception.NativeTLSError as err:
        # It may require what cannot be read.
        raise nova_exception.MigrationPreCheckError(reason=str(err)) from err


def _with(
    theirs: terms.Terms | None, own: policy.Decision | None
) -> policy.Decision | None:
    """Let the destination have its way where a rule there is stricter."""
    if theirs is None or theirs.decision.rule is None:
        return own
    nobody = policy.Decision(encryption=Encryption.DISABLED)
    return (own or nobody).or_stricter(theirs.decision)


def _assert_may_be_silent(own: terms.Terms, instance: Any) -> None:
    """Refuse a source that says nothing, where a rule requires TLS."""
    if unmet.is_required_by_rule(own):
        pre_checks.refuse(
            [unmet.finding(instance.host, unmet.SILENT_SOURCE)], instance
        )
    if own.decision.encryption is Encryption.OPPORTUNISTIC:
        LOG.warning(
            'A live migration comes in clear text, as far as is known: %s',
            unmet.SILENT_SOURCE,
            instance=instance,
        )


def _late(decision: policy.Decision | None) -> Sent | None:
    """Decide without what the checks have found."""
    if decision is None:
        return None
    opportunistic = decision.encryption is Encryption.OPPORTUNISTIC
    return Sent(
        role=Role.SOURCE,
        terms=terms.Terms(
            decision=decision,
            encrypted=decision.encryption is Encryption.REQUIRED,
            problems=(unmet.LATE,) if opportunistic else (),
        ),
    )
