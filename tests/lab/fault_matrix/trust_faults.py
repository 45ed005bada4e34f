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

"""Faults of names, chains and revocation lists: what one host is to others."""

from __future__ import annotations

from tests.lab.fault_matrix import certificates
from tests.lab.fault_matrix import fault
from tests.lab.fault_matrix import file_faults
from tests.lab.fault_matrix import stand

Fault = fault.Fault
Where = fault.Where
SeenBy = fault.SeenBy
Stand = stand.Stand

LIMIT = 16


def _reissue(one: Stand) -> None:
    one.install_all()


def _named(*names: str) -> fault.Act:
    return lambda one: one.install('server', one.issue(dns=names))


def _foreign(one: Stand) -> None:
    """Give the host another CA, and everything from it."""
    one.trust(one.foreign_ca)
    one.install_both(one.issue(issuer=one.foreign_ca))


def _trust_both(one: Stand) -> None:
    """Put the CAs of both hosts into ca-cert.pem of both."""
    for each in (one, one.peer):
        each.trust(one.ca, one.foreign_ca)


def _foreign_client(one: Stand) -> None:
    one.trust(one.ca, one.foreign_ca)
    one.install('client', one.issue(issuer=one.foreign_ca))


def _foreign_server(one: Stand) -> None:
    one.trust(one.ca, one.foreign_ca)
    one.install('server', one.issue(issuer=one.foreign_ca))


def _namesake(one: Stand) -> None:
    """Sign with another key of a CA of the same name."""
    other = one.ca.copy()
    other.cached = None
    other.key = certificates.key()
    one.install('server', one.issue(issuer=other, key_ids=False))


def _other_namesake(one: Stand) -> None:
    """Give the host a CA that has the name of the others', and its own key."""
    other = one.ca.copy()
    other.cached, other.key, other.key_ids = None, certificates.key(), False
    one.trust(other)
    one.install_both(one.issue(issuer=other, key_ids=False))
    one.peer.install_both(one.peer.issue(key_ids=False))


def _reissue_both(one: Stand) -> None:
    one.install_all()
    one.peer.install_all()


def _intermediate(one: Stand) -> certificates.Template:
    return certificates.leaf(
        one.ca,
        ['QEMU migration CA, intermediate'],
        basic=(True, None, True),
        usage=certificates.CA_USAGE,
        purposes=None,
        names=[],
    )


def _no_intermediate(one: Stand) -> None:
    one.install('server', one.issue(issuer=_intermediate(one)))


def _sent_intermediate(one: Stand) -> None:
    """Send the intermediate, as a web server would."""
    issuer = _intermediate(one)
    one.install('server', one.issue(issuer=issuer), issuer)


def _others(count: int) -> list[certificates.Template]:
    return [certificates.authority(f'other CA {n}') for n in range(count)]


def _too_late(one: Stand) -> None:
    one.trust(*_others(LIMIT), one.ca)


def _expired_member(one: Stand) -> None:
    old = certificates.authority(
        'old CA', since=-2 * certificates.DAY, until=-certificates.DAY
    )
    one.trust(one.ca, old)


def _key_in_bundle(one: Stand) -> None:
    one.write(
        'ca-cert.pem',
        certificates.pem_of(one.ca) + certificates.key_pem(one.ca.key),
    )


def _revokes_peer(one: Stand) -> None:
    crl = certificates.revocation_list(one.ca, one.peer.leaf)
    one.write('ca-crl.pem', crl)


def _revokes_itself(one: Stand) -> None:
    one.install('server', one.issue())
    _revoke_server(one)


def _revoke_server(one: Stand) -> None:
    """Revoke only the server certificate, not the client's."""
    revoked = one.issue()
    one.install('server', revoked)
    crl = certificates.revocation_list(one.ca, revoked)
    one.write('ca-crl.pem', crl)


def _replace_peer(one: Stand) -> None:
    one.peer.install_both(one.peer.issue())


def _undecided(name: str, *names: str, says: str) -> Fault:
    return Fault(
        name=f'server-cert {name}, on the destination',
        where=Where.DESTINATION,
        breaks=_named(*names),
        codes=('peer-name.undecided',),
        says=says,
        explained='name.mismatch',
        remedy='tls_destination',
        mends=_reissue,
    )


FAULTS = (
    _undecided(
        'for another host',
        'other.lab.example',
        says='Certificate does not match the hostname',
    ),
    _undecided(
        'for all of *.example',
        '*.example',
        says='Certificate does not match the hostname',
    ),
    Fault(
        name='an address as a DNS name in server-cert, on the destination',
        where=Where.DESTINATION,
        breaks=lambda one: one.install(
            'server', one.issue(dns=(*one.names, '203.0.113.99'))
        ),
        seen_by=SeenBy.FILES,
        options=('--tls-destination', '203.0.113.99'),
        codes=('name.address-mismatch',),
        says='Certificate does not match the hostname 203.0.113.99',
        explained='name.address-mismatch',
        remedy='issue it anew with this address',
        mends=lambda one: one.install(
            'server',
            one.issue(
                names=[
                    *(('dns', name) for name in one.names),
                    ('ip', '203.0.113.99'),
                ]
            ),
        ),
    ),
    Fault(
        name='another CA on the destination',
        where=Where.DESTINATION,
        breaks=_foreign,
        codes=('client-cert.not-sent', 'peer.unknown-issuer'),
        seen_by=SeenBy.FILES,
        says="The certificate hasn't got a known issuer",
        explained='peer.unknown-issuer',
        remedy='put the CAs of both hosts into ca-cert.pem of both',
        mends=_trust_both,
    ),
    Fault(
        name='client-cert from a CA that the destination does not know',
        where=Where.SOURCE,
        breaks=_foreign_client,
        codes=('client-cert.not-sent',),
        seen_by=SeenBy.FILES,
        says=file_faults.NO_CERTIFICATE,
        explained='client-cert.not-sent',
        remedy="from a CA in the destination's ca-cert.pem",
        mends=_reissue,
    ),
    Fault(
        name='server-cert from a CA that the source does not know',
        where=Where.DESTINATION,
        breaks=_foreign_server,
        codes=('peer.unknown-issuer',),
        seen_by=SeenBy.FILES,
        says="The certificate hasn't got a known issuer",
        explained='peer.unknown-issuer',
        remedy='put the CAs of both hosts into ca-cert.pem of both',
        mends=_trust_both,
    ),
    Fault(
        name='another CA of the same name signed server-cert',
        where=Where.DESTINATION,
        breaks=_namesake,
        codes=('server-cert.untrusted',),
        says='The certificate is not trusted',
        explained='server-cert.untrusted',
        remedy='install a certificate and the CA that issued it together',
        mends=_reissue,
    ),
    Fault(
        name='a CA of the same name, but another one, on the source',
        where=Where.SOURCE,
        breaks=_other_namesake,
        codes=('peer.not-trusted',),
        seen_by=SeenBy.FILES,
        says='The certificate is not trusted',
        explained='peer.not-trusted',
        remedy="at the CA's key",
        mends=_reissue_both,
    ),
    Fault(
        name='the intermediate CA is nowhere, on the destination',
        where=Where.DESTINATION,
        breaks=_no_intermediate,
        codes=('server-cert.foreign-ca',),
        says="The certificate hasn't got a known issuer",
        explained='server-cert.foreign-ca',
        remedy='add the CA, with the intermediates, to ca-cert.pem',
        mends=_reissue,
    ),
    Fault(
        name='the intermediate CA only in server-cert, on the destination',
        where=Where.DESTINATION,
        breaks=_sent_intermediate,
        codes=('server-cert.foreign-ca',),
        says="The certificate hasn't got a known issuer",
        explained='server-cert.foreign-ca',
        remedy='add the CA, with the intermediates, to ca-cert.pem',
        mends=_reissue,
    ),
    Fault(
        name='the CA after sixteen others, on the destination',
        where=Where.DESTINATION,
        breaks=_too_late,
        codes=('client-cert.foreign-ca', 'server-cert.foreign-ca'),
        warnings=('ca-cert.too-many',),
        says="The certificate hasn't got a known issuer",
        explained='server-cert.foreign-ca',
        remedy='leave only the needed CAs in it',
        mends=_reissue,
    ),
    Fault(
        name='an expired CA beside the right one, on the source',
        where=Where.SOURCE,
        breaks=_expired_member,
        codes=('ca-cert.expired',),
        says='The CA certificate /etc/pki/qemu/ca-cert.pem has expired',
        explained='ca-cert.expired',
        remedy='issue a new one',
        mends=_reissue,
    ),
    Fault(
        name="the CA's private key in ca-cert, on the destination",
        where=Where.DESTINATION,
        breaks=_key_in_bundle,
        warnings=('ca-cert.private-key',),
        remedy='remove the key from the file',
        mends=_reissue,
    ),
    Fault(
        name="the source's client-cert revoked on the destination",
        where=Where.DESTINATION,
        breaks=_revokes_peer,
        codes=('client-cert.revoked',),
        seen_by=SeenBy.FILES,
        says='The certificate has been revoked',
        explained='client-cert.revoked',
        remedy='issue and install a new one',
        mends=_replace_peer,
    ),
    Fault(
        name="the destination's server-cert revoked on the source",
        where=Where.SOURCE,
        breaks=_revokes_peer,
        codes=('server-cert.revoked',),
        seen_by=SeenBy.FILES,
        stricter='QEMU never reads a revocation list as a client',
        remedy='issue and install a new one',
        mends=_replace_peer,
    ),
    Fault(
        name='server-cert revoked on the destination itself',
        where=Where.DESTINATION,
        breaks=_revoke_server,
        codes=('server-cert.revoked',),
        stricter='QEMU does not hold its own certificate against the list',
        remedy='issue and install a new one',
        mends=_reissue,
    ),
)
