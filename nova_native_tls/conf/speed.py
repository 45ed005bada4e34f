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

"""Options about how fast migrations are: ``[native_tls]``."""

from __future__ import annotations

from oslo_config import cfg

from nova_native_tls.migration import settings

OPTS = [
    cfg.StrOpt(
        'parallel',
        default=settings.AUTO,
        choices=(
            (
                settings.AUTO,
                'as many as are fastest, unless the number is set',
            ),
            ('nova', 'as Nova does by itself, and as rekey_crash says'),
        ),
        help="""
Over how many connections the memory of a guest is sent with native TLS.

``auto``: two, or four from QEMU before 8.1, which has a processor of the
source only wait for them; more where the processors that are free on both
hosts and the network between them can make use of them, up to eight. This
is so where ``[libvirt] live_migration_parallel_connections`` is not set; a
number that is set there stays as it is. Post-copy migrations, and those
between releases that cannot do it, are left as they are; so are hosts with
``rekey_crash = watch``, which is for a single connection.

``nova``: nothing is chosen. Two connections may still be asked for by
``rekey_crash = avoid``, for another reason.

Each connection takes up to one processor on both hosts while a guest is
migrated. ``nova-native-tls host speed`` shows what is measured.

Related options:

* ``[libvirt] live_migration_parallel_connections``: counts, where it is set.
* ``rekey_crash``: what else asks for two connections.
* ``compression``: needs parallel connections.
""",
    ),
    cfg.StrOpt(
        'compression',
        default=settings.AUTO,
        choices=(
            (settings.AUTO, 'where it makes the migration faster'),
            ('none', 'never'),
        ),
        help="""
Whether the memory of a guest is compressed before it is encrypted.

``auto``: where that is faster, by what this host and the destination have
measured of themselves and by a look at some pages of the guest. Either pages
are only put together, so that QEMU up to 10.0 encrypts four at a time (zlib
at level 0, which compresses nothing), or they are compressed by zstd. It
needs libvirt 9.4 on both hosts, QEMU 10.0 on both for the first, and
parallel connections.

``none``: never.

Security: what is compressed before it is encrypted has a length that says a
little of what it was. Who can both put data of their own into a guest and
measure each packet of a migration could learn from that; a migration, which
sends memory in an order of its own and once, offers little to learn. Set
``none`` if that is too much. At level 0 lengths say nothing.

The pages that are looked at never leave this host, and are not kept: libvirt
reads them from a file of QEMU and removes it, nova-compute compresses them.

Related options:

* ``parallel``: without parallel connections nothing is compressed.
""",
    ),
]
