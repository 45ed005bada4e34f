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

"""What can be wrong with CAs, with their order, and with revocation."""

from __future__ import annotations

from typing import Any

from tests.functional.fidelity import asn1
from tests.functional.fidelity import certificates
from tests.functional.fidelity import defect
from tests.functional.fidelity import keys
from tests.functional.fidelity import world

_DAY = certificates.DAY

_SET: dict[str, dict[str, Any]] = {
    'expired': {'since': -9 * _DAY, 'until': -_DAY},
    'not-yet-valid': {'since': _DAY},
    'no-constraints': {'basic': None},
    'constraints-false': {'basic': (False, None, True)},
    'constraints-not-critical': {'basic': (True, None, False)},
    'path-length-0': {'basic': (True, 0, True)},
    'usage-none': {'usage': None},
    'usage-no-signing-critical': {'usage': (('cRLSign',), True)},
    'usage-no-signing': {'usage': (('cRLSign',), False)},
    'usage-digital-signature': {'usage': (('digitalSignature',), False)},
    'usage-not-critical': {'usage': (('keyCertSign',), False)},
    'usage-signing-only': {'usage': (('keyCertSign',), True)},
    'purpose-client': {'purposes': ((certificates.CLIENT_AUTH,), True)},
    'purpose-server': {'purposes': ((certificates.SERVER_AUTH,), False)},
    'v1': {'version': 1},
    'serial-negative': {'serial': -7},
    'no-key-ids': {'key_ids': False},
    'wrong-authority-id': {'wrong_authority_id': True},
    'broken-signature': {'broken_signature': True},
    'signed-pss': {'pss': True},
    'signed-md5': {'digest': 'md5'},
    'signed-sha1': {'digest': 'sha1'},
    'signed-sha512': {'digest': 'sha512'},
}
_KEYS = (
    'rsa768',
    'rsa1024',
    'rsa3072',
    'rsapss2048',
    'p384',
    'p521',
    'ed25519',
    'k256',
)


def _assign(values: dict[str, Any]) -> defect.Change:
    def change(one: world.World) -> None:
        authority = one.authority()
        for name, value in values.items():
            setattr(authority, name, value)

    return change


def _with_key(kind: str) -> defect.Change:
    def change(one: world.World) -> None:
        one.authority().key = one.any_key(kind)

    return change


def _constrained(value: bytes) -> defect.Change:
    def change(one: world.World) -> None:
        critical = one.random.random() < 0.7
        one.authority().extra.append(
            (certificates.NAME_CONSTRAINTS, critical, asn1.sequence(value))
        )

    return change


for _name, _values in _SET.items():
    defect.enter_all({f'ca.{_name}': _assign(_values)})
for _kind in _KEYS:
    defect.enter_all({f'ca.key.{_kind}': _with_key(_kind)})

for _name, _value in (
    ('permitted', asn1.explicit(0, asn1.sequence(
        certificates.general_name('dns', 'example.org')))),
    ('not-permitted', asn1.explicit(0, asn1.sequence(
        certificates.general_name('dns', 'example.net')))),
    ('excluded', asn1.explicit(1, asn1.sequence(
        certificates.general_name('dns', 'example.org')))),
):  # fmt: skip
    defect.enter_all({f'ca.names.{_name}': _constrained(_value)})


@defect.defect('ca.unknown-critical')
def unknown_critical(one: world.World) -> None:
    one.authority().extra.append(('1.2.3.4.5', True, b'nonsense'))


@defect.defect('ca.malformed-constraints')
def malformed_constraints(one: world.World) -> None:
    authority = one.authority()
    authority.basic = None
    authority.extra.append(
        (certificates.BASIC_CONSTRAINTS, True, b'\x30\x05\x01')
    )


@defect.defect('ca.foreign', weight=2)
def foreign(one: world.World) -> None:
    """One host trusts a CA that issued nothing."""
    one.host().bundle = [one.new_authority('another root')]


@defect.defect('ca.foreign-too')
def foreign_too(one: world.World) -> None:
    """One host trusts another CA as well."""
    bundle = one.host().bundle
    where = one.random.randrange(len(bundle) + 1)
    bundle.insert(where, one.new_authority('another root'))


@defect.defect('ca.namesake', weight=2)
def namesake(one: world.World) -> None:
    """One host trusts a CA of the same name, with another key."""
    host = one.host()
    other = one.root.copy()
    other.key = keys.get('p256', keys.COUNT)
    if one.random.random() < 0.5:
        host.bundle = [other]
    else:
        host.bundle.insert(one.random.randrange(2), other)


@defect.defect('ca.each-its-own')
def each_its_own(one: world.World) -> None:
    """The hosts have different CAs and trust each other's, or do not."""
    other = one.new_authority('another root')
    host = one.host()
    host.leaf.issuer = other
    host.chain = []
    trusts = one.random.choice(['own', 'both', 'all'])
    if trusts == 'own':
        host.bundle = [other]
    for each in one.hosts if trusts == 'all' else (host,):
        if other not in each.bundle:
            each.bundle.append(other)


@defect.defect('ca.other-expired', weight=2)
def other_expired(one: world.World) -> None:
    """A CA that nobody needs has expired, or is none."""
    other = one.new_authority('an old root')
    changes: list[dict[str, Any]] = [
        {'since': -9 * _DAY, 'until': -_DAY},
        {'since': _DAY},
        {'basic': None},
        {'basic': (False, None, True)},
        {'usage': (('cRLSign',), True)},
        {'version': 1},
    ]
    for name, value in one.random.choice(changes).items():
        setattr(other, name, value)
    bundle = one.host().bundle
    bundle.insert(one.random.randrange(len(bundle) + 1), other)


@defect.defect('ca.seventeen')
def seventeen(one: world.World) -> None:
    """More CAs than QEMU looks at, the needed ones first or last."""
    host = one.host()
    others = [
        one.new_authority(f'root {number}')
        for number in range(one.random.choice([13, 14, 15, 16, 17, 40]))
    ]
    if one.random.random() < 0.5:
        others[-1].until = -certificates.HOUR
    host.bundle = (
        host.bundle + others
        if one.random.random() < 0.5
        else others + host.bundle
    )


@defect.defect('ca.twice')
def twice(one: world.World) -> None:
    host = one.host()
    host.bundle = host.bundle * one.random.choice([2, 3, 9])


@defect.defect('ca.leaf-in-bundle')
def leaf_in_bundle(one: world.World) -> None:
    """A host's certificate is among the trusted ones."""
    one.host().bundle.insert(one.random.randrange(2), one.host().leaf)


@defect.defect('ca.only-peers-leaf')
def only_peers_leaf(one: world.World) -> None:
    host, other = one.random.sample(one.hosts, 2)
    host.bundle = [other.leaf]


def _with_intermediate(one: world.World) -> certificates.Template:
    if one.intermediate is None:
        one.intermediate = one.new_authority('an issuer', one.root)
        for host in one.hosts:
            if host.leaf.issuer is one.root:
                host.leaf.issuer = one.intermediate
            host.bundle.append(one.intermediate)
    return one.intermediate


@defect.defect('chain.intermediate-missing', weight=2)
def intermediate_missing(one: world.World) -> None:
    intermediate = _with_intermediate(one)
    host = one.host()
    host.bundle = [ca for ca in host.bundle if ca is not intermediate]
    if one.random.random() < 0.5:
        host.chain = []


@defect.defect('chain.intermediate-sent-only', weight=2)
def intermediate_sent_only(one: world.World) -> None:
    """Where it usually is, and where old QEMU does not look for it."""
    intermediate = _with_intermediate(one)
    for host in one.random.choice([one.hosts, (one.host(),)]):
        host.bundle = [one.root]
        host.chain = [intermediate]


@defect.defect('chain.root-missing', weight=2)
def root_missing(one: world.World) -> None:
    intermediate = _with_intermediate(one)
    host = one.host()
    host.bundle = [intermediate]
    if one.random.random() < 0.3:
        host.chain = [intermediate, one.root]


@defect.defect('chain.with-root')
def with_root(one: world.World) -> None:
    host = one.host()
    host.chain = [*([one.intermediate] if one.intermediate else []), one.root]


@defect.defect('chain.wrong-order', weight=2)
def wrong_order(one: world.World) -> None:
    intermediate = _with_intermediate(one)
    host = one.host()
    host.chain = one.random.choice(
        [[one.root, intermediate], [one.root], [intermediate, intermediate]]
    )


@defect.defect('chain.leaf-not-first')
def leaf_not_first(one: world.World) -> None:
    host = one.host()
    host.chain = [host.leaf]
    host.leaf = one.issuer


@defect.defect('chain.unrelated')
def unrelated(one: world.World) -> None:
    """Something that does not belong there is sent as well."""
    host = one.host()
    other = one.new_authority('another root')
    if one.random.random() < 0.5:
        other.until = -certificates.HOUR
    host.chain.insert(one.random.randrange(len(host.chain) + 1), other)


@defect.defect('chain.expired-root-sent')
def expired_root_sent(one: world.World) -> None:
    """An older certificate of the same root is sent as well."""
    host = one.host()
    old = one.root.copy()
    old.until = -certificates.HOUR
    old.serial += 1
    with_root(one)
    host.chain = [*([one.intermediate] if one.intermediate else []), old]


@defect.defect('chain.long')
def long(one: world.World) -> None:
    """As many intermediates as GnuTLS follows, or more."""
    issuer = one.root
    chain: list[certificates.Template] = []
    for number in range(one.random.choice([5, 13, 14, 15, 16, 18])):
        issuer = one.new_authority(f'issuer {number}', issuer)
        chain.insert(0, issuer)
    host = one.host()
    host.leaf.issuer = issuer
    if one.random.random() < 0.5:
        host.chain = chain
    for each in one.hosts if one.random.random() < 0.5 else (host,):
        each.bundle = [one.root, *chain]


@defect.defect('chain.cross-signed')
def cross_signed(one: world.World) -> None:
    """The root is there a second time, issued by another one."""
    other = one.new_authority('another root')
    cross = one.root.copy()
    cross.issuer = other
    cross.serial += 1
    host = one.host()
    host.bundle = one.random.choice(
        [[cross, *host.bundle], [*host.bundle, cross], [cross, other]]
    )
    if one.random.random() < 0.3:
        host.chain = [*host.chain, cross]


@defect.defect('chain.circle', weight=0.5)
def circle(one: world.World) -> None:
    """Two CAs that issued each other, and no root."""
    other = one.new_authority('another root')
    first, second = one.root.copy(), other.copy()
    first.issuer, second.issuer = other, one.root
    host = one.host()
    host.bundle = [first, second]
    if one.intermediate:
        host.bundle.append(one.intermediate)


def _crl(one: world.World, **values: Any) -> None:
    values.setdefault('issuer', one.issuer)
    crl = certificates.RevocationList(**values)
    host = one.destination if one.random.random() < 0.8 else one.source
    host.crls.append(crl)


defect.enter_all(
    {
        'crl.empty': lambda one: _crl(one),
        'crl.client': lambda one: _crl(one, revoked=[one.source.leaf]),
        'crl.server': lambda one: _crl(one, revoked=[one.destination.leaf]),
        'crl.issuer': lambda one: _crl(
            one, issuer=one.root, revoked=[one.issuer]
        ),
        'crl.expired': lambda one: _crl(one, since=-9 * _DAY, until=-_DAY),
        'crl.expired-client': lambda one: _crl(
            one, until=-certificates.HOUR, revoked=[one.source.leaf]
        ),
        'crl.not-yet': lambda one: _crl(one, since=certificates.HOUR),
        'crl.without-end': lambda one: _crl(one, until=None),
        'crl.v1': lambda one: _crl(one, version=1, revoked=[one.source.leaf]),
        'crl.of-another': lambda one: _crl(
            one,
            issuer=one.new_authority('another root'),
            revoked=[one.source.leaf],
        ),
        'crl.forged': lambda one: _crl(
            one, signer=keys.get('p256', keys.COUNT), revoked=[one.source.leaf]
        ),
    },
    weight=1.5,
)
