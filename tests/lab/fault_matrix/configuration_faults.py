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

"""Faults of qemu.conf, of libvirt and of the network."""

from __future__ import annotations

import contextlib
import textwrap

from tests.lab.fault_matrix import certificates
from tests.lab.fault_matrix import fault
from tests.lab.fault_matrix import stand
from tests.lab.harness import errors
from tests.lab.harness.node import libvirt_conf

Fault = fault.Fault
Where = fault.Where
SeenBy = fault.SeenBy
Stand = stand.Stand

ELSEWHERE = '/etc/pki/elsewhere'
PASSPHRASE = 'of the matrix'
SECRET = '4b7ad4f7-9c6e-4d59-a1b5-29b0d0ab0a5f'
FIRST_PORT = 49152
LAST_PORT = 49215
LIBVIRT_PORT = 16514

LISTEN = textwrap.dedent("""\
    import socket, sys, time
    found = [socket.create_server(('', int(p))) for p in sys.argv[1:]]
    print('ready', flush=True)
    time.sleep(3600)
    """)


def _reinstall(one: Stand) -> None:
    one.install_all()


def _unconfigure(one: Stand) -> None:
    one.configure_qemu()


def _elsewhere_empty(one: Stand) -> None:
    one.make_directory(ELSEWHERE)
    one.configure_qemu(migrate_tls_x509_cert_dir=ELSEWHERE)


def _install_elsewhere(one: Stand) -> None:
    for name in stand.FILES:
        one.write(f'{ELSEWHERE}/{name}', one.path(name).read_bytes())


def _gone(one: Stand) -> None:
    one.make_directory(ELSEWHERE)
    one.configure_qemu(migrate_tls_x509_cert_dir=ELSEWHERE)
    one.path(ELSEWHERE).rmdir()


def _gone_at_start(one: Stand) -> None:
    """Restart libvirt with a directory in qemu.conf that is not there."""
    one.make_directory(ELSEWHERE)
    one.path(ELSEWHERE).rmdir()
    one.qemu_conf(migrate_tls_x509_cert_dir=ELSEWHERE)
    # It ends, and says why in its own log only.
    with contextlib.suppress(errors.LabError):
        one.host.restart_libvirtd()


def _wrong_secret(one: Stand) -> None:
    one.write('server-key.pem', certificates.key_pem(one.leaf.key, PASSPHRASE))
    uuid = one.define_secret('not ' + PASSPHRASE)
    one.configure_qemu(migrate_tls_x509_secret_uuid=uuid)


def _right_secret(one: Stand) -> None:
    uuid = one.define_secret(PASSPHRASE)
    one.configure_qemu(migrate_tls_x509_secret_uuid=uuid)


def _local_at_start(one: Stand) -> None:
    one.qemu_conf(migration_host='localhost')
    with contextlib.suppress(errors.LabError):
        one.host.restart_libvirtd()


def _unparsable(one: Stand) -> None:
    one.write(libvirt_conf.QEMU_CONF, 'user = "libvirt-qemu\n', mode=0o600)


def _correct(one: Stand) -> None:
    one.qemu_conf()


def _no_client(one: Stand) -> None:
    one.remove('client-cert.pem')
    one.remove('client-key.pem')
    one.peer.configure_qemu(migrate_tls_x509_verify=0)


def _verify_and_reinstall(one: Stand) -> None:
    one.install_all()
    one.peer.qemu_conf(migrate_tls_x509_verify=1)


def _refuse_source(ports: str) -> fault.Act:
    """Let a firewall refuse the other host and no third one.

    As firewalld refuses: that the controller reaches both says nothing.
    """

    def act(one: Stand) -> None:
        other = one.peer.host
        one.filter(
            *(
                f'tcp dport {ports} {family} saddr {address} '
                'reject with icmpx type admin-prohibited'
                for family, address in (
                    ('ip', other.management_ipv4),
                    ('ip6', other.management_ipv6),
                )
            )
        )

    return act


def _occupied(one: Stand) -> None:
    ports = (str(FIRST_PORT), str(FIRST_PORT + 1))
    one.configure_qemu(
        migration_port_min=FIRST_PORT, migration_port_max=FIRST_PORT + 1
    )
    listening = one.start(['python3', '-c', LISTEN, *ports])
    assert listening.stdout is not None
    listening.stdout.readline()


def _widen(one: Stand) -> None:
    one.qemu_conf(migration_port_min=FIRST_PORT, migration_port_max=LAST_PORT)


FAULTS = (
    Fault(
        name='an empty directory in qemu.conf, on the destination',
        where=Where.DESTINATION,
        breaks=_elsewhere_empty,
        codes=('ca-cert.missing', 'server-cert.missing', 'server-key.missing'),
        says=f'Unable to access credentials {ELSEWHERE}/ca-cert.pem',
        explained='ca-cert.missing',
        remedy='install it',
        mends=_install_elsewhere,
    ),
    Fault(
        name='the directory of qemu.conf removed, on the source',
        where=Where.SOURCE,
        breaks=_gone,
        codes=('directory.missing',),
        says=f'Unable to access credentials {ELSEWHERE}/ca-cert.pem',
        explained='ca-cert.missing',
        remedy='install the certificates there',
        mends=_install_elsewhere,
    ),
    Fault(
        name='libvirt restarted without the directory, on the destination',
        where=Where.DESTINATION,
        breaks=_gone_at_start,
        codes=(
            'control.not-listening',
            'destination.unreachable',
            'directory.missing',
            'libvirt.no-answer',
        ),
        says='Connection refused',
        explained='network.unreachable',
        daemon_says=f"migrate_tls_x509_cert_dir directory '{ELSEWHERE}' does "
        'not exist',
        daemon_explained='qemu-conf.no-directory',
        remedy='install the certificates there',
        mends=_install_elsewhere,
    ),
    Fault(
        name='libvirt restarted with itself as migration_host, on the '
        'destination',
        where=Where.DESTINATION,
        breaks=_local_at_start,
        codes=(
            'control.not-listening',
            'destination.unreachable',
            'libvirt.no-answer',
            'qemu-conf.unusable',
            'qemu-user.unknown',
        ),
        says='Connection refused',
        explained='network.unreachable',
        daemon_says='migration_host must not be the address of the local '
        'machine: localhost',
        daemon_explained='qemu-conf.migration-host',
        remedy='correct the file',
        mends=_correct,
    ),
    Fault(
        name='a secret that does not exist in qemu.conf, on the destination',
        where=Where.DESTINATION,
        breaks=lambda one: one.configure_qemu(
            migrate_tls_x509_secret_uuid=SECRET
        ),
        codes=('qemu-conf.secret-missing',),
        says='no secret with matching uuid',
        explained='secret.unknown',
        remedy='or remove migrate_tls_x509_secret_uuid',
        mends=_unconfigure,
    ),
    Fault(
        name='server-key encrypted and another secret, on the destination',
        where=Where.DESTINATION,
        breaks=_wrong_secret,
        codes=('server-key.encrypted',),
        says='Decryption has failed.',
        explained='server-key.encrypted',
        remedy='set migrate_tls_x509_secret_uuid in qemu.conf',
        mends=_right_secret,
    ),
    Fault(
        name='qemu.conf unparsable, on the destination',
        where=Where.DESTINATION,
        breaks=_unparsable,
        codes=('qemu-conf.unusable', 'qemu-user.unknown'),
        stricter='libvirt runs with what it read, until it is restarted',
        remedy='correct the file',
        mends=_correct,
    ),
    Fault(
        name='no client-cert, and the destination does not verify',
        where=Where.SOURCE,
        breaks=_no_client,
        codes=('client-cert.not-sent',),
        warnings=('qemu-conf.verify-off',),
        stricter='the next destination may verify',
        remedy='install client-cert.pem and client-key.pem on the source ... '
        'set it, then',
        mends=_verify_and_reinstall,
    ),
    Fault(
        name='TLS forced on the destination, and clear text asked for',
        where=Where.DESTINATION,
        breaks=lambda one: one.configure_qemu(migrate_tls_force=1),
        nova_conf={'libvirt.live_migration_with_native_tls': 'false'},
        options=('--plaintext',),
        codes=('qemu-conf.force-without-tls',),
        says='this libvirtd instance allows migration only with '
        'VIR_MIGRATE_TLS flag',
        explained='flags.tls-forced',
        remedy='set [libvirt] live_migration_with_native_tls to true',
        mends=lambda one: one.nova_conf({}),
    ),
    Fault(
        name='libvirt down on the destination',
        where=Where.DESTINATION,
        breaks=Stand.stop_libvirtd,
        codes=(
            'libvirt.no-answer',
            'control.not-listening',
            'destination.unreachable',
        ),
        says='Connection refused',
        explained='network.unreachable',
    ),
    Fault(
        name='libvirt without TLS, on the destination',
        where=Where.DESTINATION,
        breaks=lambda one: one.configure_libvirtd(listen_tls=0),
        codes=('control.not-listening', 'destination.unreachable'),
        says='Connection refused',
        explained='network.unreachable',
        remedy='set listen_tls = 1 in /etc/libvirt/libvirtd.conf',
        mends=lambda one: one.configure_libvirtd(),
    ),
    Fault(
        name='every migration port taken, on the destination',
        where=Where.DESTINATION,
        breaks=_occupied,
        codes=('ports.taken',),
        says='Unable to find an unused port in range',
        explained='ports.taken',
        remedy='widen the range',
        mends=_widen,
    ),
    Fault(
        name='the migration ports barred to the source, on the destination',
        where=Where.DESTINATION,
        breaks=_refuse_source(f'{FIRST_PORT}-{LAST_PORT}'),
        codes=('network.unreachable',),
        seen_by=SeenBy.CANARY,
        # QEMU's own words: with several connections it dials itself.
        says="Failed to connect to '",
        explained='network.unreachable',
        remedy='no firewall bars the way',
        mends=Stand.open,
    ),
    Fault(
        name="libvirt's port barred to the source, on the destination",
        where=Where.DESTINATION,
        breaks=_refuse_source(str(LIBVIRT_PORT)),
        codes=('destination.unreachable',),
        seen_by=SeenBy.PAIR,
        says='unable to connect to server',
        explained='network.unreachable',
        remedy='can be reached from this host',
        mends=Stand.open,
    ),
    Fault(
        name="libvirt's own certificate from another CA, on the destination",
        where=Where.DESTINATION,
        breaks=lambda one: one.renew_libvirt(one.issue(issuer=one.foreign_ca)),
        codes=('destination.unreachable',),
        seen_by=SeenBy.PAIR,
        says="Failed to verify peer's certificate",
        explained='libvirtd.not-trusted',
        remedy='each CA in the cacert.pem of both',
        mends=lambda one: one.trust_for_libvirt(one.foreign_ca),
    ),
)
