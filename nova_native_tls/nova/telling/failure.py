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

"""What becomes of a migration that failed inside nova-compute."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import threading
from typing import Any

import nova.conf
from nova import objects
from oslo_log import log as logging

from nova_native_tls.nova.telling import reason as told

LOG = logging.getLogger(__name__)

CONF = nova.conf.CONF

#: The event in ``openstack server event show`` that tells the reason.
EVENT = 'compute_native_tls_live_migration'
#: The same on the destination. A name of its own, because Nova finds the
#: event to finish by its name.
EVENT_AT_DESTINATION = f'{EVENT}_at_destination'

#: Nova's word for a migration that ended because somebody wanted it to.
_CANCELLED = 'cancelled'


class RollBack:
    """Nova's own recovery, and whether it went through.

    :ivar wished: somebody has aborted the migration. Nova takes that for a
        failure if it does not happen to look while libvirt says so.
    :ivar why: what made it necessary, once that is known.
    """

    def __init__(self, recover_method: Callable[..., Any]) -> None:
        self._recover_method = recover_method
        self.finished = False
        self.cancelled = False
        self.wished = False
        self.why: told.Reason | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Recover as Nova does, and note that it worked."""
        if self.wished:
            kwargs['migration_status'] = _CANCELLED
        self.cancelled = kwargs.get('migration_status') == _CANCELLED
        answer = self._recover_method(*args, **kwargs)
        self.finished = True
        return answer


class Reasons:
    """The errors of running migrations, by instance, until they are told.

    The operation runs in a thread of its own, and Nova up to 31 keeps its
    error from the one who waits for it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reasons: dict[str, told.Reason] = {}

    def note(self, instance_uuid: str, reason: told.Reason) -> None:
        """Keep the reason why this instance's migration failed."""
        with self._lock:
            self._reasons[instance_uuid] = reason

    def take(self, instance_uuid: str) -> told.Reason | None:
        """Give the reason, once."""
        with self._lock:
            return self._reasons.pop(instance_uuid, None)


@contextlib.contextmanager
def telling(
    context: Any,
    instance: Any,
    reasons: Reasons,
    recover_method: Callable[..., Any],
) -> Iterator[RollBack]:
    """Tell the reason of a migration that fails within.

    An error is raised on only if Nova could not roll back: then the state is
    unknown. Nova from 32.2 puts the VM into ERROR after it has rolled back
    and the guest runs on (change 20a9f9d740).

    :param recover_method: Nova's own, to be replaced by what is yielded.
    """
    # What an earlier migration left is not of this one.
    reasons.take(instance.uuid)
    rolled_back = RollBack(recover_method)
    try:
        yield rolled_back
    except Exception as err:
        noted = reasons.take(instance.uuid)
        _tell_unless_wished(
            context,
            instance,
            rolled_back,
            noted or told.Reason.unexplained(str(err)),
        )
        if not rolled_back.finished:
            raise
    else:
        # Nova up to 31 keeps the operation's error to itself.
        noted = reasons.take(instance.uuid)
        if noted is not None:
            _tell_unless_wished(context, instance, rolled_back, noted)


def _tell_unless_wished(
    context: Any, instance: Any, rolled_back: RollBack, why: told.Reason
) -> None:
    """Somebody's own wish is no failure."""
    rolled_back.why = why
    if why.ours or not rolled_back.cancelled:
        tell(context, instance, why)


def tell(
    context: Any, instance: Any, reason: told.Reason, event: str = EVENT
) -> None:
    """Put the reason where an operator looks: one line and one event.

    The event belongs to the action that the user asked for. An event that
    cannot be written must not harm the migration's own recovery.
    """
    LOG.error(
        'Live migration with native TLS failed: %s',
        reason.full,
        instance=instance,
    )
    write_event(
        context, instance, event, details=reason.details, full=reason.full
    )


def write_event(
    context: Any, instance: Any, event: str, *, details: str, full: str
) -> None:
    """Add an event of a failure to the action that the user asked for.

    One that cannot be written must harm nothing else.

    :param details: what ``openstack server event show`` displays; at most 255
        characters are kept.
    :param full: what only administrators are shown.
    """
    try:
        objects.InstanceActionEvent.event_start(
            context, instance.uuid, event, want_result=False, host=CONF.host
        )
        objects.InstanceActionEvent.event_finish_with_failure(
            context,
            instance.uuid,
            event,
            exc_val=details,
            exc_tb=full,
            want_result=False,
        )
    except Exception as err:
        LOG.warning('The event cannot be written: %s', err, instance=instance)
