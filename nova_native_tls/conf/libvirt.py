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

"""Nova's own migration options, for hosts where Nova has not registered them.

Names, types and defaults are Nova's (nova/conf/libvirt.py, Nova 34; the
parallel connections exist there from Nova 33). The help is ours: it says what
each means for encryption.
"""

from __future__ import annotations

from oslo_config import cfg

GROUP = 'libvirt'

OPTS = [
    cfg.BoolOpt(
        'live_migration_with_native_tls',
        default=False,
        help="""
Ask QEMU to encrypt live migrations itself (TLS between the two QEMU
processes): guest memory, device state and, for block migration, the disks.

Off by default because both hosts need certificates first.

Security: with this off, and live_migration_tunnelled off, everything the
guest has in memory crosses the migration network in clear text. libvirt's
own connection, which carries the guest's definition, is not covered: see
live_migration_scheme.

Related options:

* ``live_migration_tunnelled``: excludes this one.
* ``live_migration_scheme``: how libvirt's own connection is protected.
* ``[native_tls] tls_destination``: the name that is verified.
""",
    ),
    cfg.BoolOpt(
        'live_migration_tunnelled',
        default=False,
        deprecated_for_removal=True,
        deprecated_since='23.0.0',
        deprecated_reason="""
It cannot migrate disks that are not shared and costs several copies of every
byte; native TLS has neither limit.
""",
        help="""
Send the migration data through libvirtd's own connection.

Security: the data are as safe as that connection; with
``live_migration_scheme=tcp`` they are in clear text.

Related options:

* ``live_migration_with_native_tls``: excludes this one, and is the better
  choice.
""",
    ),
    cfg.StrOpt(
        'live_migration_scheme',
        help="""
Transport of the connection between the two libvirt daemons (``ssh``,
``tls``, ``tcp``). Unset means ``tcp``.

Security: this connection carries the guest's definition and may carry
secrets of it; ``tcp`` leaves it in clear text and unauthenticated even when
native TLS protects the guest's memory.

Related options:

* ``live_migration_uri``: takes precedence when set.
""",
    ),
    cfg.HostDomainOpt(
        'live_migration_inbound_addr',
        help="""
Host name or IP address at which this host receives live migrations. Unset
means the host name that libvirt reports.

Security: with native TLS, stock Nova needs this very address in the
certificate; with ``[native_tls] tls_destination`` the name is verified
instead, so an address of a separate migration network may stand here.

Related options:

* ``[native_tls] tls_destination``: the name that is verified in its place.
""",
    ),
    cfg.StrOpt(
        'live_migration_uri',
        deprecated_for_removal=True,
        deprecated_since='15.0.0',
        deprecated_reason="""
live_migration_scheme and live_migration_inbound_addr say the same in two
checked options.
""",
        help="""
URI of the destination's libvirt daemon, with ``%s`` where the destination's
host name goes. Unset means a URI made of ``live_migration_scheme`` and the
destination's address.

Related options:

* ``live_migration_scheme``, ``live_migration_inbound_addr``: not used for
  this URI when it is set.
""",
    ),
    cfg.IntOpt(
        'live_migration_bandwidth',
        default=0,
        help="""
Upper limit of a migration's bandwidth, in MiB/s. 0, the default, means no
limit: the shorter a migration takes, the less memory has to be sent again.
""",
    ),
    cfg.IntOpt(
        'live_migration_parallel_connections',
        default=1,
        help="""
Number of connections over which the memory of one guest is sent, 1 to 255.
1, the default, is the ordinary single connection.

Each connection costs up to one processor core, above all with native TLS,
where each is encrypted on its own.

Related options:

* ``live_migration_permit_post_copy``: needs QEMU 10.1 together with more
  than one connection, and a machine of 8.0 or newer.
* ``live_migration_tunnelled``: excludes more than one connection.
""",
    ),
    cfg.IntOpt(
        'live_migration_completion_timeout',
        default=800,
        min=0,
        mutable=True,
        help="""
How long a migration may take before Nova ends it, in seconds for each GiB of
the guest's memory and copied disks, of which at least 2 are counted. 0 means
for ever.

A certificate that runs out before the longest migration would be over is
reported by ``nova-native-tls host check``.
""",
    ),
    cfg.BoolOpt(
        'live_migration_permit_post_copy',
        default=False,
        help="""
Permit a migration to switch to post-copy: the guest runs on the destination
while the rest of its memory still arrives.

Off by default because a network failure in that phase loses the guest.

Related options:

* ``live_migration_permit_auto_converge``: not used when post-copy is.
* ``live_migration_parallel_connections``: needs QEMU 10.1 together with
  this, and a machine of 8.0 or newer.
""",
    ),
    cfg.BoolOpt(
        'live_migration_permit_auto_converge',
        default=False,
        help="""
Permit QEMU to slow the guest's processors down when its memory changes
faster than it can be sent.

Off by default because the guest notices.

Related options:

* ``live_migration_permit_post_copy``: takes precedence.
""",
    ),
]
