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


"""What can be wrong with private keys, and how QEMU is told to use them."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.functional.fidelity import defect
from tests.functional.fidelity import world


@defect.defect('key.damaged', on_files=True, weight=2)
def key_damaged(one: world.World) -> None:
    """One number in a sound file is another one."""
    host = one.host()
    private = host.key.private
    der = bytearray(host.key.pkcs8())
    where = len(der) - 1
    if isinstance(private, rsa.RSAPrivateKey):
        every = private.private_numbers()
        number = one.random.choice([every.d, every.p, every.q, every.dmp1])
        where = der.index(number.to_bytes((number.bit_length() + 7) // 8))
    elif isinstance(private, ec.EllipticCurvePrivateKey):
        number = private.private_numbers().private_value
        where = der.index(number.to_bytes((number.bit_length() + 7) // 8))
        where += 9
    der[where] ^= 1 << one.random.randrange(7)
    host.files[host.key_file] = world.pem('PRIVATE KEY', bytes(der))
    # Where a destination does not mind, a source may not use its key at all.
    one.verify = one.random.random() < 0.5


@defect.defect('key.encrypted', weight=2)
def key_encrypted(one: world.World) -> None:
    one.host().encrypted = 'a passphrase'
    one.passphrase = one.random.choice(
        [None, 'a passphrase', 'another passphrase']
    )


@defect.defect('key.passphrase-unneeded')
def passphrase_unneeded(one: world.World) -> None:
    one.passphrase = 'a passphrase'


@defect.defect('key.traditional')
def key_traditional(one: world.World) -> None:
    for host in one.hosts:
        host.traditional = True


@defect.defect('options.no-verify', weight=4)
def no_verify(one: world.World) -> None:
    one.verify = False
    if one.random.random() < 0.5:
        # What a destination would refuse if it looked.
        other = one.new_authority('another root')
        one.source.leaf.issuer = other
        one.source.bundle.append(other)


@defect.defect('options.priority', weight=4)
def priority(one: world.World) -> None:
    one.priority = one.random.choice(
        [
            'NORMAL:-VERS-TLS1.3',
            'NORMAL:-VERS-ALL:+VERS-TLS1.3',
            'SECURE128',
            'SECURE192',
            'SECURE256',
            'PERFORMANCE',
            'LEGACY',
            'SUITEB128',
            'NORMAL:%PROFILE_MEDIUM',
            'NORMAL:%PROFILE_VERY_WEAK',
            'NORMAL:%PROFILE_ULTRA',
            'NORMAL:-SIGN-RSA-SHA256:-SIGN-RSA-PSS-SHA256',
            'NORMAL:%VERIFY_ALLOW_X509_V1_CA_CRT',
            'NORMAL:-AES-256-GCM:-AES-128-GCM:-AES-128-CCM:-AES-256-CCM',
            '@NOTHING',
            'NONSENSE',
            'NORMAL:+NONSENSE',
        ]
    )
