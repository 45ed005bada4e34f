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

"""Faults of certificates and keys that a host can see for itself."""

from __future__ import annotations

from typing import Any

from tests.functional.fidelity import certificates as templates
from tests.lab.fault_matrix import certificates
from tests.lab.fault_matrix import fault
from tests.lab.fault_matrix import file_faults
from tests.lab.fault_matrix import stand

Fault = fault.Fault
Where = fault.Where
Stand = stand.Stand
DAY = certificates.DAY

PASSPHRASE = 'of the matrix'
PAST: dict[str, Any] = {'since': -3 * DAY, 'until': -DAY}
FUTURE: dict[str, Any] = {'since': DAY, 'until': 3 * DAY}
#: What its certificates become with such a CA.
UNTRUSTED = ('client-cert.untrusted', 'server-cert.untrusted')
NO_SIGNATURE = (('keyEncipherment',), True)


def _reissue(one: Stand) -> None:
    one.install_all()


def _leaf(end: str, **changes: Any) -> fault.Act:
    return lambda one: one.install(end, one.issue(**changes))


def _end(where: Where) -> str:
    return 'server' if where is Where.DESTINATION else 'client'


def _rule(
    where: Where,
    name: str,
    code: str,
    says: str,
    *,
    remedy: str,
    also: tuple[str, ...] = (),
    **changes: Any,
) -> Fault:
    """Make a certificate that breaks a rule of QEMU's."""
    end = _end(where)
    return Fault(
        name=f'{end}-cert {name}, on the {where.value[0]}',
        where=where,
        breaks=_leaf(end, **changes),
        codes=(f'{end}-cert.{code}', *also),
        says=says.replace('%s', f'{stand.DIRECTORY}/{end}-cert.pem'),
        explained=f'{end}-cert.{code}',
        remedy=remedy,
        mends=_reissue,
    )


def _authority(**changes: Any) -> fault.Act:
    """Let the CA that issued everything on the host be another one."""

    def act(one: Stand) -> None:
        ca = certificates.authority('QEMU migration CA of the matrix')
        for name, value in changes.items():
            setattr(ca, name, value)
        one.trust(ca, one.ca)
        one.install_both(one.issue(issuer=ca))

    return act


def _foreign_key(end: str) -> fault.Act:
    """Install a new certificate and leave the old key."""
    return lambda one: one.write(
        f'{end}-cert.pem', certificates.pem_of(one.issue())
    )


def _encrypted(one: Stand) -> None:
    one.write('server-key.pem', certificates.key_pem(one.leaf.key, PASSPHRASE))


def _tomorrow(one: Stand) -> None:
    """Issue everything by a clock that is a day ahead.

    To the hosts it is the same as if their own clocks were a day behind.
    Both hosts hold one such CA.
    """
    ca = one.ca.copy()
    ca.cached = None
    ca.since, ca.until = FUTURE['since'], FUTURE['until']
    one.trust(ca)
    one.install_both(one.issue(issuer=ca, **FUTURE))


def _ca_first(one: Stand) -> None:
    one.write('server-cert.pem', certificates.pem_of(one.ca, one.leaf))


def _with_old_ca(one: Stand) -> None:
    """Send the CA, too: as it was before it was renewed with its key."""
    old = one.ca.copy()
    old.cached, old.serial = None, old.serial + 1
    old.since, old.until = PAST['since'], PAST['until']
    one.install('server', one.leaf, old)


FAULTS = (
    _rule(
        Where.DESTINATION,
        'expired',
        'expired',
        'The server certificate %s has expired',
        remedy='issue a new one',
        **PAST,
    ),
    _rule(
        Where.SOURCE,
        'expired',
        'expired',
        'The client certificate %s has expired',
        remedy='issue a new one',
        **PAST,
    ),
    _rule(
        Where.DESTINATION,
        'not yet valid',
        'not-yet-valid',
        'The server certificate %s is not yet active',
        remedy='issue it backdated',
        **FUTURE,
    ),
    _rule(
        Where.SOURCE,
        'not yet valid',
        'not-yet-valid',
        'The client certificate %s is not yet active',
        remedy='issue it backdated',
        **FUTURE,
    ),
    Fault(
        name='both clocks a day behind the CA',
        where=Where.BOTH,
        breaks=_tomorrow,
        codes=(
            'ca-cert.not-yet-valid',
            'client-cert.not-yet-valid',
            'server-cert.not-yet-valid',
        ),
        says='is not yet active',
        explained='server-cert.not-yet-valid',
        remedy='issue it backdated',
        mends=_reissue,
    ),
    Fault(
        name='the CA expired, on the destination',
        where=Where.DESTINATION,
        breaks=_authority(**PAST),
        codes=('ca-cert.expired',),
        says='The CA certificate /etc/pki/qemu/ca-cert.pem has expired',
        explained='ca-cert.expired',
        remedy='issue a new one',
        mends=_reissue,
    ),
    Fault(
        name='the CA not yet valid, on the source',
        where=Where.SOURCE,
        breaks=_authority(**FUTURE),
        codes=('ca-cert.not-yet-valid',),
        says='The CA certificate /etc/pki/qemu/ca-cert.pem is not yet active',
        explained='ca-cert.not-yet-valid',
        remedy='issue it backdated',
        mends=_reissue,
    ),
    _rule(
        Where.DESTINATION,
        'of a CA',
        'is-a-ca',
        'The certificate %s basic constraints show a CA, but we need one for '
        'a server',
        remedy='issue a certificate for the host',
        basic=(True, None, True),
    ),
    Fault(
        name='ca-cert of no CA, on the destination',
        where=Where.DESTINATION,
        breaks=_authority(basic=(False, None, True)),
        codes=('ca-cert.not-a-ca', *UNTRUSTED),
        says='The certificate /etc/pki/qemu/ca-cert.pem basic constraints do '
        'not show a CA',
        explained='ca-cert.not-a-ca',
        remedy='put the CA itself there',
        mends=_reissue,
    ),
    Fault(
        name='ca-cert without basic constraints, on the source',
        where=Where.SOURCE,
        breaks=_authority(basic=None),
        codes=('ca-cert.not-a-ca',),
        says='The certificate /etc/pki/qemu/ca-cert.pem is missing basic '
        'constraints for a CA',
        explained='ca-cert.not-a-ca',
        remedy='put the CA itself there',
        mends=_reissue,
    ),
    Fault(
        name='ca-cert that may not sign certificates, on the destination',
        where=Where.DESTINATION,
        breaks=_authority(usage=(('cRLSign',), True)),
        codes=('ca-cert.no-certificate-signing', *UNTRUSTED),
        says='Certificate /etc/pki/qemu/ca-cert.pem usage does not permit '
        'certificate signing',
        explained='ca-cert.no-certificate-signing',
        remedy='issue that CA anew',
        mends=_reissue,
    ),
    _rule(
        Where.DESTINATION,
        'with a critical keyUsage without digitalSignature',
        'no-digital-signature',
        'Certificate %s usage does not permit digital signature',
        remedy='issue it anew with it',
        also=('handshake.nothing-in-common',),
        usage=NO_SIGNATURE,
    ),
    _rule(
        Where.SOURCE,
        'with a critical keyUsage without digitalSignature',
        'no-digital-signature',
        'Certificate %s usage does not permit digital signature',
        remedy='issue it anew with it',
        also=('client-cert.not-sent',),
        usage=NO_SIGNATURE,
    ),
    Fault(
        name='server-cert with a keyUsage without digitalSignature, on the '
        'destination',
        where=Where.DESTINATION,
        breaks=_leaf('server', usage=(('keyAgreement',), False)),
        codes=('handshake.nothing-in-common',),
        says='TLS handshake failed',
        explained='handshake.nothing-in-common',
        remedy='digitalSignature in keyUsage',
        mends=_reissue,
    ),
    Fault(
        name='client-cert with a keyUsage without digitalSignature, on the '
        'source',
        where=Where.SOURCE,
        breaks=_leaf('client', usage=(('keyAgreement',), False)),
        codes=('client-cert.not-sent',),
        says=file_faults.NO_CERTIFICATE,
        explained='client-cert.not-sent',
        remedy='install client-cert.pem and client-key.pem on the source',
        mends=_reissue,
    ),
    _rule(
        Where.DESTINATION,
        'for clients only, critically',
        'wrong-purpose',
        'Certificate %s purpose does not allow use',
        remedy='issue it anew with both',
        purposes=((templates.CLIENT_AUTH,), True),
    ),
    _rule(
        Where.SOURCE,
        'for servers only, critically',
        'wrong-purpose',
        'Certificate %s purpose does not allow use',
        remedy='issue it anew with both',
        purposes=((templates.SERVER_AUTH,), True),
    ),
    _rule(
        Where.DESTINATION,
        'signed with SHA-1',
        'weak',
        'Our own certificate %s failed validation against '
        '/etc/pki/qemu/ca-cert.pem: The certificate uses an insecure '
        'algorithm',
        remedy='issue it anew with these',
        digest='sha1',
    ),
    Fault(
        name='server-cert with RSA 768, on the destination',
        where=Where.DESTINATION,
        breaks=lambda one: one.install(
            'server', one.issue(key=certificates.key('rsa768'))
        ),
        codes=('peer.weak',),
        says='The certificate uses an insecure algorithm',
        explained='peer.weak',
        remedy='issue it anew with these',
        mends=_reissue,
    ),
    Fault(
        name='client-cert with RSA 768, on the source',
        where=Where.SOURCE,
        breaks=lambda one: one.install(
            'client', one.issue(key=certificates.key('rsa768'))
        ),
        codes=('peer.weak',),
        says='The certificate uses an insecure algorithm',
        explained='peer.weak',
        remedy='issue it anew with these',
        mends=_reissue,
    ),
    Fault(
        name='the new server-cert beside the old key, on the destination',
        where=Where.DESTINATION,
        breaks=_foreign_key('server'),
        codes=('server-cert.key-mismatch',),
        says='The certificate and the given key do not match.',
        explained='server-cert.key-mismatch',
        remedy='install the certificate and its key together',
        mends=_reissue,
    ),
    Fault(
        name='the new client-cert beside the old key, on the source',
        where=Where.SOURCE,
        breaks=_foreign_key('client'),
        codes=('client-cert.key-mismatch',),
        says='The certificate and the given key do not match.',
        explained='client-cert.key-mismatch',
        remedy='install the certificate and its key together',
        mends=_reissue,
    ),
    Fault(
        name='server-key encrypted and no secret, on the destination',
        where=Where.DESTINATION,
        breaks=_encrypted,
        codes=('server-key.encrypted',),
        says='Decryption has failed.',
        explained='server-key.encrypted',
        remedy='install the key without a passphrase',
        mends=_reissue,
    ),
    Fault(
        name='server-cert after its CA in the file, on the destination',
        where=Where.DESTINATION,
        breaks=_ca_first,
        codes=(
            'server-cert.is-a-ca',
            'server-cert.key-mismatch',
            'server-cert.no-digital-signature',
        ),
        says='basic constraints show a CA, but we need one for a server',
        explained='server-cert.is-a-ca',
        remedy='install the certificate and its key together',
        mends=_reissue,
    ),
    Fault(
        name='the CA of before its renewal after server-cert, on the '
        'destination',
        where=Where.DESTINATION,
        breaks=_with_old_ca,
        codes=('peer.chain-expired',),
        says='The certificate has expired',
        explained='peer.chain-expired',
        remedy='leave only the certificate and its intermediates in the file',
        mends=_reissue,
    ),
)
