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

"""Options of this project: ``[native_tls]``."""

from __future__ import annotations

from oslo_config import cfg

GROUP = 'native_tls'

OPTS = [
    cfg.HostnameOpt(
        'tls_destination',
        help="""
Host name under which other hosts verify *this* host's certificate when a
guest is migrated to it.

The source asks QEMU to look for this name, and no other, in the
destination's server certificate, whatever address it dials. So the migration
network may have addresses that are in no certificate.

Unset, which is right for most hosts, means: the one name in this host's
``server-cert.pem`` that is the host's own name. Set it where the certificate
was issued for another name.

Security: a certificate that is valid for a different host of the same
certification authority is not accepted in its place, so the name must be in
the certificate as a subjectAltName of type DNS.

Related options:

* ``[libvirt] live_migration_with_native_tls``: without it nothing is
  verified.
* ``[libvirt] live_migration_inbound_addr``: the address that is dialled; it
  need not be in the certificate.
""",
    ),
    cfg.StrOpt(
        'rekey_crash',
        default='avoid',
        choices=(
            (
                'avoid',
                'parallel connections where they are possible, else watch',
            ),
            ('watch', 'cancel a migration before the guest could be lost'),
            ('ignore', 'do nothing about it'),
        ),
        help="""
What to do about a defect of QEMU and GnuTLS that loses guests.

A migration over a single TLS connection that has sent more than 32 GiB,
repetitions included, can end with the guest lost on both hosts (QEMU #1937,
GnuTLS #1717). A busy guest of a few GiB gets there, too. GnuTLS before
3.8.11 on the source has the defect; where the guest's own QEMU certainly has
a newer one, or asks it for no AES (``migrate_tls_priority`` in qemu.conf,
from libvirt 11.6), nothing of the following is done.

``avoid``: parallel connections are asked for, which are not affected.
Where they are not possible (with post-copy before QEMU 10.1, or of a guest
whose machine is of a release before 8.0) it is as with ``watch``.

``watch``: the migration is cancelled after 30 GiB; the guest goes on running
on the source.

``ignore``: nothing is done, and a warning says so whenever a migration has a
single connection. Only for hosts whose distribution has mended an older
GnuTLS.

Related options:

* ``[libvirt] live_migration_parallel_connections``: 2 or more has the same
  effect as ``avoid``.
* ``parallel``: asks for parallel connections because they are faster; not
  with ``watch``.
* ``[libvirt] live_migration_permit_post_copy``: before QEMU 10.1, and for
  guests whose machine is of a release before 8.0, it excludes parallel
  connections.
""",
    ),
    cfg.IntOpt(
        'canary_interval',
        default=0,
        min=0,
        help="""
How often nova-compute sends a canary to every destination in use, in
seconds.

A canary is a guest of 16 MiB without disk or network. It is started on this
host, migrates to the destination exactly as the last instance did, and is
ended there; it arrives within about a second. So a certificate that has
expired, a firewall that was changed or a libvirt that does not listen is
noticed before an instance is to be moved: nova-compute logs one error with
cause and remedy, and one line when it works again.

A destination is in use if an instance was migrated to it from this host
within the last seven days and since nova-compute was started. What has
changed there since then, such as its address for migrations, is known after
the next instance.

0, which is the default, means never; ``nova-native-tls pair check DEST
--depth canary`` does it on request at any time. Once an hour (3600) is often
enough; less than 60 is taken for 60.

Nova does not see a canary: it is in neither the database nor placement, and
not counted among the guests of a host with native TLS. Whatever is killed
meanwhile, it ends by itself after a minute.

Related options:

* ``[libvirt] live_migration_with_native_tls``: without it no canary is sent.
* ``[libvirt] live_migration_*``: a canary migrates as these say.
""",
    ),
]
