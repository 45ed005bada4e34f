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

"""Faults of files: what is missing, closed or in the wrong place."""

from __future__ import annotations

import functools

from tests.lab.fault_matrix import fault
from tests.lab.fault_matrix import stand

Fault = fault.Fault
Where = fault.Where
Stand = stand.Stand

NO_CERTIFICATE = 'Verify failed: No certificate was found.'
ELSEWHERE = '/etc/pki/keys'
LIBVIRT_MIGRATE = '/etc/pki/libvirt-migrate'


def _remove(name: str) -> fault.Act:
    return lambda one: one.remove(name)


def _closed(name: str) -> fault.Act:
    return lambda one: one.chmod(name, 0o600)


def _reinstall(one: Stand) -> None:
    one.install_all()


def _missing(where: Where, name: str) -> Fault:
    kind = name.removesuffix('.pem')
    return Fault(
        name=f'{kind} missing on the {where.value[0]}',
        where=where,
        breaks=_remove(name),
        codes=(f'{kind}.missing',),
        says=f'Unable to access credentials {stand.DIRECTORY}/{name}: '
        'No such file or directory',
        explained=f'{kind}.missing',
        remedy='install it',
        mends=_reinstall,
    )


def _not_sent(name: str) -> Fault:
    kind = name.removesuffix('.pem')
    return Fault(
        name=f'{kind} missing on the source',
        where=Where.SOURCE,
        breaks=_remove(name),
        codes=('client-cert.not-sent',),
        says=NO_CERTIFICATE,
        explained='client-cert.not-sent',
        remedy='install client-cert.pem and client-key.pem on the source',
        mends=_reinstall,
    )


def _not_permitted(
    where: Where, name: str, says: str, explained: str
) -> Fault:
    kind = name.removesuffix('.pem')
    return Fault(
        name=f'{kind} for root only, on the {where.value[0]}',
        where=where,
        breaks=_closed(name),
        codes=(f'{kind}.not-permitted',),
        says=says,
        explained=explained,
    )


def _pair_closed(end: str) -> str:
    return (
        f"Cannot load certificate '{stand.DIRECTORY}/{end}-cert.pem' & key "
        f"'{stand.DIRECTORY}/{end}-key.pem': Error while reading file."
    )


def _close_by_acl(one: Stand) -> None:
    """Let a third user read the key, and QEMU's not, by an ACL."""
    path = f'{stand.DIRECTORY}/server-key.pem'
    one.sh(f'setfacl -m u:libvirt-qemu:---,g::r {path}')


def _dangling(one: Stand) -> None:
    one.remove('server-cert.pem')
    one.path('server-cert.pem').symlink_to('not-there.pem')


def _restore_link(one: Stand) -> None:
    one.remove('server-cert.pem')
    one.install_all()


def _closed_directory(mode: int, path: str) -> fault.Act:
    return lambda one: one.path(path).chmod(mode)


def _link_into_closed(one: Stand) -> None:
    """Keep the key in a directory of root's, with a link to it."""
    one.make_directory(ELSEWHERE)
    one.write(
        f'{ELSEWHERE}/client-key.pem', one.path('client-key.pem').read_bytes()
    )
    one.path(ELSEWHERE).chmod(0o700)
    one.remove('client-key.pem')
    one.path('client-key.pem').symlink_to('../keys/client-key.pem')


def _is_directory(one: Stand) -> None:
    one.remove('server-cert.pem')
    one.path('server-cert.pem').mkdir()


def _no_directory_more(one: Stand) -> None:
    one.path('server-cert.pem').rmdir()
    one.install_all()


def _empty_directory(one: Stand) -> None:
    for path in one.path(stand.DIRECTORY).iterdir():
        path.unlink()
    one.path(stand.DIRECTORY).rmdir()


def _moved_while_running(one: Stand) -> None:
    """Put everything where libvirt would look, if it were started now."""
    one.make_directory(LIBVIRT_MIGRATE)
    for path in one.path(stand.DIRECTORY).iterdir():
        one.write(f'{LIBVIRT_MIGRATE}/{path.name}', path.read_bytes())
        path.unlink()


def _garbage(name: str, content: str | bytes) -> fault.Act:
    return lambda one: one.write(name, content)


FAULTS = (
    *(
        _missing(Where.DESTINATION, name)
        for name in ('ca-cert.pem', 'server-cert.pem', 'server-key.pem')
    ),
    _missing(Where.SOURCE, 'ca-cert.pem'),
    _not_sent('client-cert.pem'),
    _not_sent('client-key.pem'),
    Fault(
        name='the directory missing on the destination',
        where=Where.DESTINATION,
        breaks=_empty_directory,
        codes=('directory.missing',),
        says='Unable to access credentials /etc/pki/qemu/ca-cert.pem: '
        'No such file or directory',
        explained='ca-cert.missing',
        remedy='install the certificates there',
        mends=_reinstall,
    ),
    _not_permitted(
        Where.DESTINATION,
        'server-key.pem',
        _pair_closed('server'),
        'server-cert.pair-not-permitted',
    ),
    _not_permitted(
        Where.DESTINATION,
        'server-cert.pem',
        _pair_closed('server'),
        'server-cert.pair-not-permitted',
    ),
    _not_permitted(
        Where.SOURCE,
        'client-key.pem',
        _pair_closed('client'),
        'client-cert.pair-not-permitted',
    ),
    _not_permitted(
        Where.SOURCE,
        'ca-cert.pem',
        "Cannot load CA certificate '/etc/pki/qemu/ca-cert.pem': "
        'Error while reading file.',
        'ca-cert.not-permitted',
    ),
    Fault(
        name='server-key closed to QEMU by an ACL, on the destination',
        where=Where.DESTINATION,
        breaks=_close_by_acl,
        codes=('server-key.not-permitted',),
        says=_pair_closed('server'),
        explained='server-cert.pair-not-permitted',
    ),
    Fault(
        name='the directory closed to QEMU, on the destination',
        where=Where.DESTINATION,
        breaks=_closed_directory(0o700, stand.DIRECTORY),
        codes=('directory.not-permitted',),
        says='Unable to access credentials /etc/pki/qemu/ca-cert.pem: '
        'Permission denied',
        explained='ca-cert.not-permitted',
    ),
    Fault(
        name='/etc/pki closed to QEMU, on the source',
        where=Where.SOURCE,
        breaks=_closed_directory(0o700, stand.PKI),
        codes=('directory.not-permitted',),
        says='Unable to access credentials /etc/pki/qemu/ca-cert.pem: '
        'Permission denied',
        explained='ca-cert.not-permitted',
    ),
    Fault(
        name='server-cert a dangling link, on the destination',
        where=Where.DESTINATION,
        breaks=_dangling,
        codes=('server-cert.missing',),
        says='Unable to access credentials /etc/pki/qemu/server-cert.pem: '
        'No such file or directory',
        explained='server-cert.missing',
        remedy='a file in place of the link',
        mends=_restore_link,
    ),
    Fault(
        name='client-key a link into a closed directory, on the source',
        where=Where.SOURCE,
        breaks=_link_into_closed,
        codes=('directory.not-permitted',),
        says='Permission denied',
        explained='client-key.not-permitted',
    ),
    Fault(
        name='server-cert a directory, on the destination',
        where=Where.DESTINATION,
        breaks=_is_directory,
        codes=('server-cert.damaged',),
        says='server-cert.pem',
        explained='server-cert.damaged',
        remedy='install it anew',
        mends=_no_directory_more,
    ),
    Fault(
        name='certificates moved while libvirt runs, on the destination',
        where=Where.DESTINATION,
        breaks=_moved_while_running,
        codes=('directory.not-in-use',),
        says='Unable to access credentials /etc/pki/qemu/ca-cert.pem: '
        'No such file or directory',
        explained='ca-cert.missing',
    ),
    Fault(
        name='server-cert no PEM, on the destination',
        where=Where.DESTINATION,
        breaks=_garbage('server-cert.pem', b'\x30\x82\x01\x00' * 64),
        codes=('server-cert.damaged',),
        says='Unable to import server certificate',
        explained='server-cert.damaged',
        remedy='install it anew',
        mends=_reinstall,
    ),
    Fault(
        name='client-key no PEM, on the source',
        where=Where.SOURCE,
        breaks=_garbage('client-key.pem', 'not a key\n'),
        codes=('client-cert.pair-unusable',),
        says='The requested data were not available.',
        explained='client-cert.pair-unusable',
        remedy='install both files anew',
        mends=_reinstall,
    ),
    Fault(
        name='ca-cert no PEM, on the destination',
        where=Where.DESTINATION,
        breaks=_garbage('ca-cert.pem', 'not a CA\n'),
        codes=('ca-cert.damaged-list',),
        says='Unable to import CA certificate list',
        explained='ca-cert.damaged-list',
        remedy='each of them whole',
        mends=_reinstall,
    ),
    Fault(
        name='ca-crl no PEM, on the destination',
        where=Where.DESTINATION,
        breaks=_garbage('ca-crl.pem', 'not a list\n'),
        codes=('ca-crl.damaged',),
        says="Cannot load CRL '/etc/pki/qemu/ca-crl.pem'",
        explained='ca-crl.damaged',
        remedy='or remove the file',
        mends=functools.partial(Stand.remove, name='ca-crl.pem'),
    ),
    Fault(
        name='dh-params no PEM, on the destination',
        where=Where.DESTINATION,
        breaks=_garbage('dh-params.pem', 'no parameters\n'),
        codes=('dh-params.damaged',),
        says='Unable to load DH parameters',
        explained='dh-params.damaged',
        remedy='or remove the file',
        mends=functools.partial(Stand.remove, name='dh-params.pem'),
    ),
)
