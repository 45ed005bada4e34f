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

"""Replaces a CA by its next generation, without a gap.

Three steps, and none is taken while a host would be left behind:

- start: the new generation is made, hosts are to trust both;
- switch: the new one signs, which is safe once every host trusts both;
- finish: the old one is given up, which is safe once every host has a
  certificate of the new one.

A host is who has a valid certificate. One that is gone is in the way until
its certificates are revoked, or have expired.
"""

from __future__ import annotations

from collections.abc import Iterator
import datetime

from nova_native_tls._i18n import _
from nova_native_tls.ca import authority
from nova_native_tls.ca import birth
from nova_native_tls.ca import ledger
from nova_native_tls.ca import record
from nova_native_tls import exception
from nova_native_tls.pki import key_type
from nova_native_tls.pki import profile
from nova_native_tls.store import durable

#: Hosts that one sentence names.
_NAMED_MAX = 5


def start(
    ca: authority.Authority,
    *,
    kind: key_type.KeyType | None = None,
    validity: datetime.timedelta = profile.CA_VALIDITY,
    now: datetime.datetime,
) -> None:
    """Make the next generation; the old one goes on signing.

    Its key has the passphrase of the old one, if that has one.

    :param kind: of its key; that of the old one by default.
    :raises RotationRefused: a rotation is under way.
    """
    _require(ca.ledger, ledger.Step.STEADY, now)
    # Before anything changes: the lists of both need the old key as well.
    old, old_key = ca.loaded(ca.ledger.signing)
    born = birth.generation(
        birth.name_of(old),
        len(ca.ledger.generations) + 1,
        kind=kind or key_type.recognise(old_key) or key_type.DEFAULT,
        validity=validity,
        now=now,
    )
    passphrase = ca.ask() if ca.files.is_encrypted() else None
    for file, content in born.contents(passphrase).items():
        durable.write(ca.files.path(file), content)
    ca.note(born.generation)
    ca.make_lists(now=now)


def switch(ca: authority.Authority, *, now: datetime.datetime) -> None:
    """Let the new generation sign.

    :raises RotationRefused: a host does not trust both, as far as reports
        say.
    """
    _require(ca.ledger, ledger.Step.STARTED, now)
    number = len(ca.ledger.generations)
    # Whoever signs next must be able to.
    ca.loaded(number)
    ca.note(record.Switched(at=now, generation=number))


def finish(ca: authority.Authority, *, now: datetime.datetime) -> None:
    """Give the old generation up, and destroy its key.

    :raises RotationRefused: a host still shows a certificate of the old one,
        as far as reports say.
    """
    _require(ca.ledger, ledger.Step.SWITCHED, now)
    number = len(ca.ledger.generations)
    ca.loaded(number)
    ca.note(record.Finished(at=now, generation=number))
    ca.remove_old_keys()
    ca.make_lists(now=now)


def missing(state: ledger.Ledger, now: datetime.datetime) -> tuple[str, ...]:
    """Name the hosts that the next step still waits for, sorted."""
    if state.step is ledger.Step.STEADY:
        return ()
    ready = set(_ready(state))
    return tuple(
        sorted(
            {
                one.names[0]
                for one in state.valid(now)
                if _is_concerned(state, one) and ready.isdisjoint(one.names)
            }
        )
    )


def _is_concerned(state: ledger.Ledger, one: record.Signed) -> bool:
    """Tell whether the next step could leave the host behind.

    Who has certificates of the new generation alone does not need the old.
    """
    return state.step is ledger.Step.STARTED or one.generation != state.signing


def _ready(state: ledger.Ledger) -> Iterator[str]:
    """Give all names of the hosts that are where the next step wants them.

    No report from before a step says so: the new generation was not there to
    be trusted, nor its certificates to be shown.
    """
    wanted = {state.generations[n - 1].sha256 for n in state.trusted}
    for report in state.reports.values():
        shown = state.by_sha256(report.certificate_sha256)
        if shown is None:
            continue
        if state.step is ledger.Step.STARTED:
            is_ready = wanted <= set(report.trusted_sha256)
        else:
            is_ready = shown.generation == state.signing
        if is_ready:
            yield from shown.names


def take_reports(
    ca: authority.Authority, reports: list[record.Reported]
) -> None:
    """Note what hosts say; it counts for the step that the CA is at.

    :raises RotationRefused: a host shows a certificate that this CA did not
        sign.
    """
    for one in reports:
        if ca.ledger.by_sha256(one.certificate_sha256) is None:
            raise _refusal(
                ca.ledger,
                _(
                    '%s shows a certificate that this CA did not sign: '
                    'install one that it did'
                )
                % one.host,
            )
    for one in reports:
        ca.note(one)


def _require(
    state: ledger.Ledger, step: ledger.Step, now: datetime.datetime
) -> None:
    if state.step is not step:
        orders = {
            ledger.Step.STEADY: _('no rotation is under way: "start" is next'),
            ledger.Step.STARTED: _('"switch" is the next step'),
            ledger.Step.SWITCHED: _('"finish" is the next step'),
        }
        raise _refusal(state, orders[state.step])
    hosts = missing(state, now)
    if not hosts:
        return
    wanted = {
        ledger.Step.STARTED: _('that it trusts both generations'),
        ledger.Step.SWITCHED: _('that its certificate is of the new one'),
    }[step]
    named = ', '.join(hosts[:_NAMED_MAX])
    if len(hosts) > _NAMED_MAX:
        named += _(' and %d more') % (len(hosts) - _NAMED_MAX)
    raise _refusal(
        state,
        _(
            'no report %(wanted)s has come from %(hosts)s yet: give "host '
            'show -f json" of each with --report, or revoke the certificates '
            'of hosts that are gone'
        )
        % {'wanted': wanted, 'hosts': named},
    )


def _refusal(state: ledger.Ledger, reason: str) -> exception.RotationRefused:
    return exception.RotationRefused(step=state.step, reason=reason)
