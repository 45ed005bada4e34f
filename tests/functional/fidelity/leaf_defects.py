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

"""What can be wrong with the certificate of a host."""

from __future__ import annotations

from typing import Any

from tests.functional.fidelity import asn1
from tests.functional.fidelity import certificates
from tests.functional.fidelity import defect
from tests.functional.fidelity import keys
from tests.functional.fidelity import world

_DAY = certificates.DAY

#: Attributes of the certificate that are set as they are.
_SET: dict[str, dict[str, Any]] = {
    'expired': {'since': -9 * _DAY, 'until': -_DAY},
    'expired-hour-ago': {'until': -certificates.HOUR},
    'not-yet-valid': {'since': _DAY},
    'valid-for-ever': {'until': 7900 * 365 * _DAY},
    'valid-until-2060': {'until': 34 * 365 * _DAY},
    'valid-since-1960': {'since': -66 * 365 * _DAY},
    'never-valid': {'since': 2 * _DAY, 'until': _DAY},
    'is-a-ca': {'basic': (True, None, True)},
    'is-a-ca-not-critical': {'basic': (True, 0, False)},
    'no-constraints': {'basic': None},
    'path-length-without-ca': {'basic': (False, 3, True)},
    'no-key-ids': {'key_ids': False},
    'wrong-authority-id': {'wrong_authority_id': True},
    'broken-signature': {'broken_signature': True},
    'v1': {'version': 1},
    'v2': {'version': 2},
    'v4': {'version': 4},
    'serial-negative': {'serial': -5},
    'serial-zero': {'serial': 0},
    'serial-huge': {'serial': 1 << 200},
    'no-subject': {'subject': []},
    'no-names': {'names': []},
    'no-purposes': {'purposes': None},
    'no-usage': {'usage': None},
    'signed-pss': {'pss': True},
}

_USAGES: dict[str, tuple[str, ...]] = {
    'signature-only': ('digitalSignature',),
    'encipherment-only': ('keyEncipherment',),
    'agreement-only': ('keyAgreement',),
    'signature-and-agreement': ('digitalSignature', 'keyAgreement'),
    'both': ('digitalSignature', 'keyEncipherment'),
    'certificate-signing': ('keyCertSign',),
    'nothing': (),
    'all': tuple(certificates.USAGES),
}
_PURPOSES: dict[str, tuple[str, ...]] = {
    'server': (certificates.SERVER_AUTH,),
    'client': (certificates.CLIENT_AUTH,),
    'both': (certificates.SERVER_AUTH, certificates.CLIENT_AUTH),
    'other': (certificates.CODE_SIGNING,),
    'any': (certificates.ANY_PURPOSE,),
    'other-and-any': (certificates.CODE_SIGNING, certificates.ANY_PURPOSE),
    'empty': (),
    'long': ('1.3.6.1.4.1.' + '.'.join(['4294967295'] * 30),),
}
_KEYS = (
    'rsa512', 'rsa768', 'rsa1024', 'rsa2048', 'rsa3072', 'rsapss2048',
    'p224', 'p256', 'p384', 'p521', 'k256', 'brainpool', 'ed25519', 'ed448',
)  # fmt: skip
_DIGESTS = ('md5', 'sha1', 'sha224', 'sha384', 'sha512')


def _assign(values: dict[str, Any]) -> defect.Change:
    def change(one: world.World) -> None:
        leaf = one.host().leaf
        for name, value in values.items():
            setattr(leaf, name, value)

    return change


def _with_key(kind: str) -> defect.Change:
    def change(one: world.World) -> None:
        host = one.host()
        host.key = host.leaf.key = one.any_key(kind)

    return change


def _with_extension(number: str, *, critical: bool, value: bytes) -> Any:
    def change(one: world.World) -> None:
        one.host().leaf.extra.append((number, critical, value))

    return change


for _name, _values in _SET.items():
    defect.enter_all({f'leaf.{_name}': _assign(_values)})
for _name, _usages in _USAGES.items():
    for _critical in (True, False):
        _end = 'critical' if _critical else 'not-critical'
        defect.enter_all(
            {
                f'leaf.usage.{_name}.{_end}': _assign(
                    {'usage': (_usages, _critical)}
                )
            }
        )
for _name, _purposes in _PURPOSES.items():
    for _critical in (True, False):
        _end = 'critical' if _critical else 'not-critical'
        defect.enter_all(
            {
                f'leaf.purpose.{_name}.{_end}': _assign(
                    {'purposes': (_purposes, _critical)}
                )
            }
        )
for _kind in _KEYS:
    defect.enter_all({f'leaf.key.{_kind}': _with_key(_kind)})
for _digest in _DIGESTS:
    defect.enter_all({f'leaf.signed.{_digest}': _assign({'digest': _digest})})

for _name, _number, _value in (
    ('constraints', certificates.BASIC_CONSTRAINTS, b'\x30\x05\x01'),
    ('usage', certificates.KEY_USAGE, b'\x30\x00'),
    ('purpose', certificates.EXTENDED_KEY_USAGE, b'\x04\x02hi'),
    ('names', certificates.SAN, b'\x30\x82\xff'),
    ('name-constraints', certificates.NAME_CONSTRAINTS, b'nonsense'),
    ('authority-id', certificates.AUTHORITY_KEY_ID, b''),
    ('unknown', '1.2.3.4.5', b'nonsense'),
):
    for _critical in (True, False):
        _end = 'critical' if _critical else 'not-critical'
        defect.enter_all(
            {
                f'leaf.malformed.{_name}.{_end}': _with_extension(
                    _number, critical=_critical, value=_value
                )
            },
            weight=0.5,
        )

#: TLS feature: must staple.
defect.enter_all(
    {
        'leaf.must-staple': _with_extension(
            '1.3.6.1.5.5.7.1.24',
            critical=False,
            value=asn1.sequence(asn1.integer(5)),
        )
    }
)


@defect.defect('leaf.duplicate-extension')
def duplicate(one: world.World) -> None:
    leaf = one.host().leaf
    what = one.random.choice(
        [
            (certificates.BASIC_CONSTRAINTS, certificates.basic_constraints),
            (certificates.KEY_USAGE, None),
            (certificates.SAN, None),
        ]
    )[0]
    value = {
        certificates.BASIC_CONSTRAINTS: asn1.sequence(),
        certificates.KEY_USAGE: asn1.named_bits([0, 2]),
        certificates.SAN: certificates.general_names([('dns', world.HOST)]),
    }[what]
    leaf.extra += [(what, False, value)] * one.random.choice([1, 2])


@defect.defect('leaf.self-signed')
def self_signed(one: world.World) -> None:
    one.host().leaf.issuer = None


@defect.defect('leaf.self-signed-and-trusted')
def self_signed_and_trusted(one: world.World) -> None:
    leaf = one.host().leaf
    leaf.issuer = None
    for host in one.hosts:
        host.bundle.append(leaf)


@defect.defect('leaf.issued-by-root')
def issued_by_root(one: world.World) -> None:
    one.host().leaf.issuer = one.root


@defect.defect('leaf.wrong-key')
def wrong_key(one: world.World) -> None:
    host = one.host()
    kind = one.random.choice([host.key.kind, 'p256', 'rsa2048'])
    host.key = keys.get(kind, keys.COUNT)


@defect.defect('leaf.same-for-both')
def same_for_both(one: world.World) -> None:
    kept, other = one.random.sample(one.hosts, 2)
    other.leaf, other.key = kept.leaf, kept.key


@defect.defect('leaf.same-serial')
def same_serial(one: world.World) -> None:
    one.source.leaf.serial = one.destination.leaf.serial


@defect.defect('leaf.serial-of-the-ca')
def serial_of_the_ca(one: world.World) -> None:
    one.host().leaf.serial = one.issuer.serial


@defect.defect('leaf.named-as-its-ca')
def named_as_its_ca(one: world.World) -> None:
    one.host().leaf.subject = list(one.issuer.subject)


@defect.defect('leaf.huge-extension', weight=0.3)
def huge_extension(one: world.World) -> None:
    size = one.random.choice([10_000, 70_000, 300_000])
    one.host().leaf.extra.append(('1.2.3.4.5', False, bytes(size)))


@defect.defect('leaf.proxy')
def proxy(one: world.World) -> None:
    """The leaf of one host issues a certificate to itself."""
    host = one.host()
    child = host.leaf.copy()
    child.issuer = host.leaf
    child.serial += 1
    child.key = host.key
    host.chain.insert(0, host.leaf)
    host.leaf = child
