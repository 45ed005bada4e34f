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


"""Which CAs can vouch for what a host shows, and whom does it trust?

A CA is known by its name and its key, not by its certificate: one that was
renewed with the same key vouches for the same hosts, and GnuTLS takes the one
certificate for the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
import contextlib
import hashlib

from cryptography.hazmat.primitives import serialization

from cryptography import x509


def identity(ca: x509.Certificate) -> str:
    """Name a CA: SHA-256 of its subject and its public key, both in DER.

    :raises Exception: cryptography does not know such keys, or cannot read
        it; of many classes.
    """
    key = ca.public_key().public_bytes(
        serialization.Encoding.DER,
        serialization.PublicFormat.SubjectPublicKeyInfo,
    )
    return hashlib.sha256(ca.subject.public_bytes() + key).hexdigest()


def trusted(bundle: Iterable[x509.Certificate]) -> frozenset[str]:
    """Name all CAs of a bundle; their dates are not looked at.

    One that cannot be named is left out: nothing then counts as its own.
    """
    found = set()
    for each in bundle:
        with contextlib.suppress(Exception):
            found.add(identity(each))
    return frozenset(found)


def issuers(
    shown: Sequence[x509.Certificate], bundle: Iterable[x509.Certificate]
) -> frozenset[str]:
    """Name the CAs by which a host can be trusted.

    Whoever trusts one of them can build a chain from what the host shows.
    Says nothing about dates, revocation, or what a CA may issue.

    :param shown: what the host sends, its own certificate first.
    :param bundle: what it trusts itself.
    """
    known = [*shown[1:], *bundle]
    sent = {id(each) for each in shown}
    found: set[str] = set()
    reached = list(shown[:1])
    for member in reached:
        for ca in known:
            if not _issued(ca, member):
                continue
            found |= trusted([ca])
            if id(ca) in sent and all(ca is not each for each in reached):
                reached.append(ca)
    return frozenset(found)


def root(
    shown: Sequence[x509.Certificate], bundle: Iterable[x509.Certificate]
) -> x509.Certificate | None:
    """Find the CA that a host's certificate comes from in the end.

    :param shown: what the host sends, its own certificate first.
    :param bundle: what it trusts itself.
    :returns: the last that can be found; None if not even its issuer can.
    """
    known = [*shown[1:], *bundle]
    last, path = None, list(shown[:1])
    for member in path:
        issuer = next((ca for ca in known if _issued(ca, member)), None)
        # A self-signed one issued itself.
        if issuer is not None and issuer not in path:
            path.append(issuer)
            last = issuer
    return last


def _issued(ca: x509.Certificate, certificate: x509.Certificate) -> bool:
    if ca.subject != certificate.issuer:
        return False
    try:
        certificate.verify_directly_issued_by(ca)
    except Exception:
        # It did not; or with a key that cryptography does not know.
        return False
    return True
