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

"""Finds all checks and runs them all; whatever goes wrong is a failure."""

from __future__ import annotations

import collections
from collections.abc import Mapping
import dataclasses
import functools
import itertools
import time
from typing import Any

from oslo_log import log as logging
from stevedore import extension

from nova_native_tls._i18n import _
from nova_native_tls.checks import base
from nova_native_tls.checks import questioner
from nova_native_tls.checks import result
from nova_native_tls import exception

LOG = logging.getLogger(__name__)

#: Much more than checks need that only look at what is there already.
TIME_LIMIT_S = 10.0


def load(namespace: str = base.NAMESPACE) -> Mapping[str, base.PreCheck]:
    """Load every check that is installed, by name.

    stevedore by itself logs a plug-in that cannot be loaded and goes on
    without it, and lets one of two with the same name win; both are errors
    here.

    :raises CheckUnusable: a check cannot be loaded, is no check, or its name
        is taken twice.
    :raises NoChecks: there is none.
    """
    try:
        manager: extension.ExtensionManager[Any] = extension.ExtensionManager(
            namespace,
            invoke_on_load=True,
            on_load_failure_callback=_load_failed,
        )
    except AssertionError as err:
        # The one error that stevedore does not hand to the callback.
        raise exception.CheckUnusable(
            name=namespace, problem=f'AssertionError: {err}'
        ) from err
    counts = collections.Counter(found.name for found in manager)
    checks = {}
    for found in manager:
        if counts[found.name] > 1:
            raise exception.CheckUnusable(
                name=found.name,
                problem=_('%d installed distributions have one of this name')
                % counts[found.name],
            )
        if not isinstance(found.obj, base.PreCheck):
            raise exception.CheckUnusable(
                name=found.name, problem=_('it is not a PreCheck')
            )
        checks[found.name] = found.obj
    if not checks:
        raise exception.NoChecks(namespace=namespace)
    return checks


def _load_failed(
    _manager: Any, entry_point: Any, error: BaseException
) -> None:
    raise exception.CheckUnusable(
        name=entry_point.name, problem=f'{type(error).__name__}: {error}'
    ) from error


@dataclasses.dataclass(frozen=True, slots=True)
class Runner:
    """All checks of this host, loaded once.

    :ivar time_limit_s: for each check; what takes longer has failed, whatever
        it may answer in the end.
    """

    checks: Mapping[str, base.PreCheck]
    time_limit_s: float = TIME_LIMIT_S

    def run(self, context: base.CheckContext) -> result.CheckReport:
        """Ask every check that belongs to the stage, and never stop early.

        A check that raises, answers nothing, or not in time, is a failure
        that names it.
        """
        names = sorted(self.checks)
        findings: list[result.Finding] = []
        while names:
            asked = questioner.Questioner(
                [functools.partial(self._ask, name, context) for name in names]
            ).answers(self.time_limit_s)
            findings.extend(itertools.chain.from_iterable(asked))
            if len(asked) < len(names):
                findings.append(self._late(names[len(asked)]))
            names = names[len(asked) + 1 :]
        if not findings:
            findings.append(_broken(_('of any kind'), _('none was asked')))
        return result.CheckReport(findings=tuple(findings))

    def _ask(
        self, name: str, context: base.CheckContext
    ) -> tuple[result.Finding, ...]:
        began = time.monotonic()
        try:
            if context.stage not in self.checks[name].stages:
                return ()
            answer = tuple(self.checks[name].run(context))
        except BaseException as err:
            # Whatever it raises: the others are asked all the same.
            LOG.exception('The pre-check %s broke', name)
            return (_broken(name, f'{type(err).__name__}: {err}'),)
        took_s = time.monotonic() - began
        if took_s > self.time_limit_s:
            # A check that lets no other thread run cannot be left behind.
            return (_broken(name, _('it took %.1f seconds') % took_s),)
        if not answer or not all(
            isinstance(each, result.Finding) for each in answer
        ):
            return (_broken(name, _('it gave no answer')),)
        return answer

    def _late(self, name: str) -> result.Finding:
        problem = _('no answer within %d seconds') % self.time_limit_s
        LOG.error('The pre-check %s broke: %s', name, problem)
        return _broken(name, problem)


def _broken(name: str, problem: str) -> result.Finding:
    return result.Finding(
        code=f'{name}.broken',
        status=result.Status.FAILURE,
        subject=_('pre-check %s') % name,
        detail=problem,
        remedy=_('repair or uninstall it'),
    )
