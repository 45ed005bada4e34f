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

"""Sentences of libvirt and QEMU that refuse what they are asked for.

Which combinations this project itself refuses beforehand is in
``migration.exclusions``, ``version_rules`` and ``known_issues``.
"""

from __future__ import annotations

from nova_native_tls._i18n import _
from nova_native_tls.explain import entry

_DRIVER = 'libvirt src/qemu/qemu_migration.c'
_PARAMS = 'libvirt src/qemu/qemu_migration_params.c'
_OPTIONS = 'QEMU migration/options.c'
_LIBVIRT = (entry.Seen.LIBVIRT,)


def _refused(
    name: str,
    *sentences: str,
    cause: str,
    remedy: str,
    upstream: str = _DRIVER,
    mend: entry.Mend = entry.Mend.SOURCE,
    versions: str = '',
) -> entry.Entry:
    return entry.Entry(
        id=name,
        sentences=sentences,
        seen=entry.QEMU if upstream == _OPTIONS else _LIBVIRT,
        mend=mend,
        cause=cause,
        remedy=remedy,
        upstream=upstream,
        versions=versions,
    )


ENTRIES: tuple[entry.Entry, ...] = (
    _refused(
        'flags.tls-forced',
        'this libvirtd instance allows migration only with VIR_MIGRATE_TLS '
        'flag',
        cause=_(
            'One of the hosts sets migrate_tls_force, and this migration was '
            'to be in clear text'
        ),
        remedy=_(
            'set [libvirt] live_migration_with_native_tls = true on %(source)s'
        ),
        versions='libvirt 6.10.0 and later',
    ),
    _refused(
        'flags.zero-copy',
        'Zero copy only available for non-compressed non-TLS multifd '
        'migration',
        'zero-copy is only available for parallel migration',
        'Requested Zero Copy feature is not available',
        'Zero copy send feature not detected in host kernel',
        cause=_(
            'Zero-copy cannot be encrypted, and needs parallel connections'
        ),
        remedy=_('drop VIR_MIGRATE_ZEROCOPY'),
        upstream=_OPTIONS,
        versions='QEMU 7.1 and later',
    ),
    _refused(
        'flags.post-copy-parallel',
        'Postcopy is not yet compatible with multifd',
        cause=_(
            'A QEMU before 10.1 cannot combine post-copy with parallel '
            'connections'
        ),
        remedy=_(
            'set [libvirt] live_migration_permit_post_copy = false or '
            'live_migration_parallel_connections = 1'
        ),
        upstream=_OPTIONS,
        versions='QEMU 8.x to 10.0',
    ),
    _refused(
        'flags.parallel-compression',
        'Multifd is not compatible with xbzrle',
        'Multifd is not compatible with compress',
        "Compression method '{word}' isn't supported with parallel migration",
        "Compression method '{word}' is only supported with parallel "
        'migration',
        'No compression algorithm selected for parallel migration',
        cause=_(
            'The compression method does not suit the number of connections'
        ),
        remedy=_(
            'use zlib or zstd with parallel connections, mt or xbzrle '
            'without, or no compression'
        ),
        upstream=f'{_PARAMS}, {_OPTIONS}',
    ),
    _refused(
        'flags.mapped-ram',
        'Mapped-ram only available for non-compressed non-TLS multifd',
        'Cannot use TLS with mapped-ram',
        cause=_(
            'A migration with mapped-ram is one to a file, and cannot be '
            'encrypted'
        ),
        remedy=_('drop mapped-ram'),
        upstream=_OPTIONS,
        versions='QEMU 9.0 and later',
    ),
    _refused(
        'flags.preempt-without-post-copy',
        'Postcopy preempt requires postcopy-ram',
        cause=_('The capability postcopy-preempt is set without post-copy'),
        remedy=_('drop it, or permit post-copy'),
        upstream=_OPTIONS,
    ),
    _refused(
        'flags.connections',
        "Parameter 'multifd_channels' expects",
        "Parameter 'multifd-channels' expects",
        'Turn parallel migration on to tune it',
        cause=_(
            'The number of parallel connections is not 1 to 255, or the '
            'migration is not parallel'
        ),
        remedy=_('correct [libvirt] live_migration_parallel_connections'),
        upstream=f'{_OPTIONS}, {_DRIVER}',
    ),
    _refused(
        'flags.tunnelled',
        'post-copy is not supported with tunnelled migration',
        'migration of non-shared storage is not supported with tunnelled '
        'migration',
        'migration URI is not supported by tunnelled migration',
        'listen address is not supported by tunnelled migration',
        'disk port address is not supported by tunnelled migration',
        cause=_(
            'A tunnelled migration has no addresses, disks or post-copy of '
            'its own'
        ),
        remedy=_(
            'set [libvirt] live_migration_tunnelled = false and '
            'live_migration_with_native_tls = true'
        ),
    ),
    _refused(
        'flags.post-copy-not-live',
        'post-copy migration is not supported with non-live or paused '
        'migration',
        cause=_('Post-copy needs a guest that runs'),
        remedy=_('drop VIR_MIGRATE_POSTCOPY, or add VIR_MIGRATE_LIVE'),
    ),
    _refused(
        'flags.exclusive',
        "Flags '{flag}' and '{other_flag}' are mutually exclusive",
        cause=_('%(flag)s and %(other_flag)s exclude each other'),
        remedy=_('drop one of the two'),
        upstream='libvirt src/libvirt-domain.c',
    ),
    _refused(
        'flags.required',
        "Flag '{other_flag}' is required by flag '{flag}'",
        cause=_('%(flag)s needs %(other_flag)s'),
        remedy=_('add the one, or drop the other'),
        upstream='libvirt src/libvirt-domain.c',
    ),
    _refused(
        'flags.resume',
        'resuming failed post-copy migration requires',
        'is not in post-copy phase',
        'post-copy migration of domain {name} has not failed',
        'resuming failed post-copy migration of domain {name} already in '
        'progress',
        cause=_('There is no failed post-copy migration to resume'),
        remedy=_(
            'resume only one that failed ("virsh domjobinfo"), with the flags '
            'that it was started with'
        ),
        versions='libvirt 8.5.0 and later',
    ),
    _refused(
        'socket.no-name',
        'Explicit destination hostname is required for TLS migration over '
        'UNIX socket',
        cause=_('A UNIX socket has no host name to verify'),
        remedy=_('pass tls.destination'),
    ),
    _refused(
        'socket.no-disks',
        'NBD migration with TLS is not supported over UNIX socket',
        cause=_('Disks cannot be copied with TLS over a UNIX socket'),
        remedy=_('pass a disks_uri that begins with tcp://'),
    ),
    _refused(
        'qemu.too-old',
        'QEMU NBD server does not support TLS transport',
        'TLS migration is not supported with this QEMU binary',
        cause=_('The QEMU of one host is too old for TLS, or built without'),
        remedy=_(
            'upgrade QEMU; an old process stays until the guest is stopped '
            'and started'
        ),
        upstream=f'{_DRIVER}, {_PARAMS}',
        mend=entry.Mend.UNKNOWN,
    ),
    _refused(
        'qemu.no-userfaultfd',
        'Postcopy is not supported',
        'userfaultfd not available: {detail}',
        cause=_(
            'QEMU on %(destination)s may not use userfaultfd, which post-copy '
            'needs'
        ),
        remedy=_(
            'run "sysctl vm.unprivileged_userfaultfd=1" there (QEMU 8.1 can '
            'use /dev/userfaultfd), or set live_migration_permit_post_copy = '
            'false'
        ),
        upstream='QEMU migration/migration.c, migration/postcopy-ram.c',
        mend=entry.Mend.DESTINATION,
    ),
    _refused(
        'ports.taken',
        'Unable to find an unused port in range',
        cause=_(
            'Something listens on every migration port of %(destination)s'
        ),
        remedy=_(
            'end what listens there ("ss -ltnp"), or widen '
            'migration_port_min and migration_port_max in its qemu.conf and '
            'restart libvirtd'
        ),
        upstream='libvirt src/util/virportallocator.c',
        mend=entry.Mend.DESTINATION,
    ),
    _refused(
        'qemu-conf.no-directory',
        "migrate_tls_x509_cert_dir directory '{file}' does not exist",
        "default_tls_x509_cert_dir directory '{file}' does not exist",
        'host migration TLS directory not configured',
        cause=_(
            'The certificate directory in qemu.conf of %(here)s is not there'
        ),
        remedy=_(
            'create it or correct qemu.conf, then restart libvirtd, which '
            'does not start its qemu driver without'
        ),
        upstream='libvirt src/qemu/qemu_conf.c',
        mend=entry.Mend.HERE,
    ),
    _refused(
        'qemu-conf.migration-host',
        'migration_host must not be the address of the local machine: {name}',
        'migration_address must not be the address of the local machine: '
        '{name}',
        'hostname on destination resolved to localhost, but migration '
        'requires an FQDN',
        cause=_('%(destination)s takes itself for localhost'),
        remedy=_(
            'set migration_host in its qemu.conf, or [libvirt] '
            'live_migration_inbound_addr, and correct /etc/hosts there'
        ),
        upstream=f'{_DRIVER}, src/qemu/qemu_conf.c',
        mend=entry.Mend.DESTINATION,
    ),
)
