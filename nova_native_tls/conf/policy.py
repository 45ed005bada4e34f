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

"""Options about who must be encrypted: ``[native_tls]``."""

from __future__ import annotations

from oslo_config import cfg

#: Where to look for what host aggregates say.
DATABASE = 'database'
NOWHERE = 'none'

_REQUIRED = ('required', 'with TLS or not at all')
_OPPORTUNISTIC = (
    'opportunistic',
    'with TLS if all pre-checks pass, else in clear text, which is told',
)
_DISABLED = ('disabled', 'in clear text')

OPTS = [
    cfg.StrOpt(
        'migration_encryption',
        choices=(_REQUIRED, _OPPORTUNISTIC, _DISABLED),
        help="""
Whether live migrations are encrypted, as far as nobody nearer to the guest
says anything else: the word of the cloud.

Nearer are, in this order, the host aggregates of the source and of the
destination, the flavor, the image, and the instance itself; the nearest that
says anything counts. Image and instance, which a tenant can write, can only
make it stricter.

``required``: with TLS, or the guest stays where it is. A host that does not
say what it does, as one without this project, neither sends nor receives.

``opportunistic``: with TLS if the pre-checks of both hosts pass; otherwise
guest memory crosses the network in clear text, which is told each time by a
warning, an event of the instance and a notification.

``disabled``: in clear text, even with
``[libvirt] live_migration_with_native_tls`` on.

Unset, the default, means ``required`` with
``[libvirt] live_migration_with_native_tls`` on, but together with hosts
without this project as Nova does it; and ``disabled`` with that off.

Set it to the same on every host. Where the two ends of a migration differ
the stricter counts.

Security: anything but ``required`` lets guest memory, with whatever keys and
passwords are in it, cross the migration network in clear text.

Related options:

* ``[libvirt] live_migration_with_native_tls``: what counts while this is
  unset. TLS is added to a migration that must be encrypted, and taken from
  one that must not, whatever it says.
* ``aggregate_migration_encryption``: how a host learns what its aggregates
  say.
* ``allow_weaker_instances``: whether flavors may make it weaker.
""",
    ),
    cfg.StrOpt(
        'aggregate_migration_encryption',
        default=DATABASE,
        choices=(
            (DATABASE, 'ask, through the conductor, the API database'),
            (NOWHERE, 'do not ask; aggregates have no say'),
            _REQUIRED,
            _OPPORTUNISTIC,
            _DISABLED,
        ),
        help="""
How this host learns what its host aggregates say about encryption.

``database``, the default, asks for ``native_tls:migration_encryption`` in
their metadata whenever a guest is to migrate and the answer could matter.
Aggregates are in the API database, so the conductor of this host's cell
needs ``[api_database] connection``: that is an up-call, which clouds with
several cells mostly do not permit.

Without up-calls, write here what the aggregates of this host say, one of
``required``, ``opportunistic`` and ``disabled``; or ``none`` if they say
nothing.

Security: aggregates that cannot be read count as ``required``, so that
nothing is weaker than somebody may have wanted. There is one exception:
where neither options nor the guest say anything and the conductor has no API
database at all, migrations go on as without this project, and a warning
is logged once.

Related options:

* ``migration_encryption``: counts where no aggregate says anything.
""",
    ),
    cfg.BoolOpt(
        'allow_weaker_instances',
        default=True,
        help="""
Whether a flavor may ask for less encryption than the cloud and the host
aggregates do.

Flavors belong to the operator. If people may make flavors who may not decide
about encryption, set this to false: then a flavor, as always the image and
the instance, can only make it stricter.

Related options:

* ``migration_encryption``: what a flavor may then not make weaker.
""",
    ),
]
