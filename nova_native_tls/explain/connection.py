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

"""Sentences of a connection that broke, and of what follows from it."""

from __future__ import annotations

from nova_native_tls._i18n import _
from nova_native_tls.explain import entry

_LIBVIRT = (entry.Seen.LIBVIRT,)
_DESTINATION = (entry.Seen.DESTINATION_QEMU,)

ENTRIES: tuple[entry.Entry, ...] = (
    entry.Entry(
        id='tls.unexpected',
        sentences=(
            'multifd: received packet magic 1603{number} expected 11223344',
            'multifd: received packet magic 1603{number} and expected magic',
            'multifd: received packet magic 1603{number}, expected',
            'Not a migration stream (bad magic 1603{number})',
        ),
        seen=_DESTINATION,
        mend=entry.Mend.DESTINATION,
        # 16 03 is how a TLS handshake begins.
        cause=_(
            '%(source)s speaks TLS to %(destination)s, which was told nothing '
            'of it'
        ),
        remedy=_(
            'set [libvirt] live_migration_with_native_tls = true on both '
            'hosts, and let only libvirt set up the migration'
        ),
        upstream='QEMU migration/multifd.c, migration/savevm.c',
    ),
    entry.Entry(
        id='disks.destination-plain',
        sentences=(
            'Server does not support STARTTLS',
            "Server don't support STARTTLS option",
            'Denied by server for option 5 (starttls)',
            'server reported: TLS not configured',
        ),
        seen=(entry.Seen.SOURCE_QEMU,),
        mend=entry.Mend.DESTINATION,
        cause=_('The NBD server of %(destination)s was started without TLS'),
        remedy=_(
            'migrate anew with TLS; if it comes again, upgrade QEMU and '
            'libvirt on %(destination)s'
        ),
        upstream='QEMU nbd/client.c, nbd/server.c',
    ),
    entry.Entry(
        id='disks.source-plain',
        sentences=(
            'TLS negotiation required before option {number}',
            'Option {number} not permitted before TLS',
            'Did you forget a valid tls-creds?',
        ),
        seen=(entry.Seen.SOURCE_QEMU,),
        mend=entry.Mend.SOURCE,
        cause=_(
            '%(source)s copies disks in clear text, which %(destination)s '
            'refuses'
        ),
        remedy=_(
            'set [libvirt] live_migration_with_native_tls = true on '
            '%(source)s; libvirt there has to be 4.4.0 or newer'
        ),
        upstream='QEMU nbd/client.c, nbd/server.c',
    ),
    entry.Entry(
        id='network.unreachable',
        sentences=(
            "Failed to connect to '{address}': {detail}",
            "unable to connect to server at '{address}': {detail}",
            'address resolution failed for {address}: {detail}',
        ),
        seen=(entry.Seen.SOURCE_QEMU, entry.Seen.LIBVIRT),
        mend=entry.Mend.DESTINATION,
        cause=_('%(source)s cannot reach %(address)s (%(detail)s)'),
        remedy=_(
            'see that this is an address of %(destination)s, that something '
            'listens, and that no firewall bars the way (49152 to 49215)'
        ),
        upstream='QEMU util/qemu-sockets.c, libvirt src/rpc/virnetsocket.c',
    ),
    entry.Entry(
        id='guest.process-died',
        sentences=(
            'End of file from qemu monitor',
            'shutting down, reason=crashed',
        ),
        seen=(*_LIBVIRT, *entry.QEMU),
        mend=entry.Mend.UNKNOWN,
        cause=_("The guest's QEMU process ended on %(here)s"),
        remedy=_(
            'read %(log)s there; beyond some 32 GiB on one TLS connection '
            'GnuTLS can break down, so leave [native_tls] rekey_crash at '
            'avoid'
        ),
        # GnuTLS issue 1717: a rekey while another thread receives.
        upstream='libvirt src/qemu/qemu_monitor.c, src/qemu/qemu_process.c, '
        'QEMU issue 1937',
        rank=entry.Rank.SYMPTOM,
    ),
    entry.Entry(
        id='guest.migration-stands',
        sentences=(
            'duplicate yank instance',
            "There's a migration process in progress",
        ),
        seen=(entry.Seen.LIBVIRT, entry.Seen.SOURCE_QEMU),
        mend=entry.Mend.SOURCE,
        # While a migration really runs, libvirt itself allows no other.
        cause=_(
            'An earlier migration of this guest failed, and its QEMU on '
            '%(source)s never ended it'
        ),
        remedy=_(
            'shut the guest down and start it again, by "openstack server '
            'reboot --hard" with Nova; mend first why the earlier one failed'
        ),
        upstream='QEMU util/yank.c, migration/migration.c',
    ),
    entry.Entry(
        id='post-copy.paused',
        sentences=(
            'Detected IO failure for postcopy. Migration paused',
            "job 'migration out' failed in post-copy phase",
            "job 'migration in' failed in post-copy phase",
        ),
        seen=(*entry.QEMU, entry.Seen.LIBVIRT),
        mend=entry.Mend.UNKNOWN,
        cause=_(
            'The connection broke during post-copy; the guest is paused and '
            'in two halves'
        ),
        remedy=_(
            'destroy neither half; mend the network and resume with "virsh '
            'migrate --postcopy-resume", again while "virsh domstate '
            '--reason" on %(destination)s says "post-copy failed"'
        ),
        upstream='QEMU migration/migration.c, libvirt '
        'src/qemu/qemu_migration.c',
        rank=entry.Rank.SYMPTOM,
    ),
    entry.Entry(
        id='connection.no-farewell',
        sentences=(
            'Cannot read from TLS channel: The TLS connection was '
            'non-properly terminated',
            'Failed to gracefully terminate TLS connection: {detail}',
            'Failed to terminate TLS connection: {detail}',
            'TLS termination failed: {detail}',
        ),
        seen=entry.TLS,
        mend=entry.Mend.UNKNOWN,
        cause=_(
            '%(peer)s closed a TLS connection to %(here)s without a farewell'
        ),
        remedy=_(
            'read why in %(log)s on %(peer)s; if nothing is there, use a '
            'machine type up to 9.2 while a QEMU is older than 10.0'
        ),
        upstream='QEMU crypto/tlssession.c, migration/multifd.c',
        rank=entry.Rank.CONSEQUENCE,
    ),
    entry.Entry(
        id='connection.lost',
        sentences=(
            'Cannot write to TLS channel',
            'Cannot read from TLS channel',
            'Unable to write to socket: {detail}',
            'Unable to read from socket: {detail}',
            'Channel error: Input/output error',
        ),
        seen=entry.TLS,
        mend=entry.Mend.UNKNOWN,
        cause=_(
            '%(here)s lost its connection to %(peer)s, which knows why; with '
            'TLS 1.3 it may have refused the certificate'
        ),
        remedy=_('read why in %(log)s on %(peer)s'),
        upstream='QEMU io/channel-tls.c, io/channel-socket.c',
        rank=entry.Rank.CONSEQUENCE,
    ),
    entry.Entry(
        id='stream.unreadable',
        sentences=(
            'Not a migration stream',
            'load of migration failed: {detail}',
            'Unknown combination of migration flags',
            'Failed to peek at channel',
        ),
        seen=_DESTINATION,
        mend=entry.Mend.UNKNOWN,
        cause=_('%(destination)s did not get a whole migration'),
        remedy=_(
            'read why on %(source)s and above this line in %(log)s on '
            '%(destination)s'
        ),
        upstream='QEMU migration/savevm.c, migration/migration.c',
        rank=entry.Rank.AFTERMATH,
    ),
    entry.Entry(
        id='destination.process-ended',
        sentences=(
            'unexpectedly closed the monitor',
            'process exited while connecting to monitor',
            'no domain with matching uuid',
            'no domain with matching name',
            'guest unexpectedly quit',
            'domain is no longer running',
        ),
        seen=_LIBVIRT,
        mend=entry.Mend.UNKNOWN,
        cause=_('QEMU on %(destination)s ended before the guest arrived'),
        remedy=_('read why in %(log)s on %(destination)s'),
        upstream='libvirt src/qemu/qemu_monitor.c, src/qemu/qemu_migration.c',
        rank=entry.Rank.AFTERMATH,
    ),
    entry.Entry(
        id='destination.daemon-lost',
        sentences=('Lost connection to destination host',),
        seen=_LIBVIRT,
        mend=entry.Mend.DESTINATION,
        cause=_('%(source)s lost libvirtd on %(destination)s'),
        remedy=_(
            'run "journalctl -u libvirtd -u virtqemud" on %(destination)s, '
            'and look at the network between the two'
        ),
        upstream='libvirt src/qemu/qemu_migration.c',
        rank=entry.Rank.AFTERMATH,
    ),
    entry.Entry(
        id='daemon.lost',
        sentences=(
            'End of file while reading data: {reason}',
            'client socket is closed',
        ),
        seen=_LIBVIRT,
        mend=entry.Mend.UNKNOWN,
        cause=_(
            'A connection to libvirtd ended in the middle, on %(source)s or '
            'on %(destination)s'
        ),
        remedy=_(
            'run "journalctl -u libvirtd -u virtqemud" on both, and see where '
            'the guest runs (virsh list) before anything is repeated'
        ),
        upstream='libvirt src/rpc/virnetclient.c, src/rpc/virnetsocket.c',
        rank=entry.Rank.CONSEQUENCE,
    ),
    entry.Entry(
        id='job.failed',
        sentences=(
            "job 'migration out' unexpectedly failed",
            "job 'migration in' unexpectedly failed",
            'migration out job: unexpectedly failed',
            'migration of disk {word} failed',
            "job 'migration out' failed due to I/O error",
        ),
        seen=_LIBVIRT,
        mend=entry.Mend.UNKNOWN,
        cause=_('The migration failed, and libvirt does not say why'),
        remedy=_('read the end of %(log)s on both hosts'),
        upstream='libvirt src/qemu/qemu_migration.c',
        rank=entry.Rank.AFTERMATH,
    ),
)
