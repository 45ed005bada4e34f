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

"""Which certificates do the hosts have?

Names only, no addresses: that a migration network's addresses are in no
certificate is what the lab is there to show.
"""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import datetime

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography import x509
from cryptography.x509 import oid

from nova_native_tls.identity import dh_parameters
from nova_native_tls.pki import credential_set
from tests.lab.harness.node import libvirt_conf
from tests.lab.harness.node import node as lab_node
from tests.lab.harness.pki import extensions

#: Where QEMU looks without any setting in qemu.conf.
QEMU_DIRECTORY = '/etc/pki/qemu'
DH_PARAMETERS = f'{QEMU_DIRECTORY}/{credential_set.DH_PARAMS}'
#: With which the source shows who it is.
CLIENT_FILES = tuple(
    f'{QEMU_DIRECTORY}/client-{what}.pem' for what in ('cert', 'key')
)

CA_LIFETIME = datetime.timedelta(days=30)
LIFETIME = datetime.timedelta(days=7)
#: Before now, because the clock of a peer may be a little behind.
BACKDATING = datetime.timedelta(minutes=10)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A certificate with its private key, both PEM."""

    cert_pem: str
    key_pem: str = dataclasses.field(repr=False)


class CertificateAuthority:
    """A CA that lives as long as this object."""

    def __init__(self, common_name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(common_name)
        now = datetime.datetime.now(datetime.UTC)
        self._cert = (
            _builder(self._name, self._key.public_key())
            .issuer_name(self._name)
            .not_valid_before(now - BACKDATING)
            .not_valid_after(now + CA_LIFETIME)
            .add_extension(
                x509.BasicConstraints(ca=True, path_length=None), critical=True
            )
            .add_extension(
                extensions.key_usage(key_cert_sign=True, crl_sign=True),
                critical=True,
            )
            .sign(self._key, hashes.SHA256())
        )

    @property
    def cert_pem(self) -> str:
        """The certificate of the CA."""
        return _pem(self._cert)

    def issue(
        self,
        names: Sequence[str],
        *,
        ip_addresses: Sequence[str] = (),
        client: bool = True,
        server: bool = True,
        not_before: datetime.datetime | None = None,
        not_after: datetime.datetime | None = None,
    ) -> Issued:
        """Issue a certificate for a new P-256 key.

        The key usage permits key encipherment, too, and is not critical:
        older QEMUs want that in a critical one (crypto/tlscredsx509.c).

        :param names: DNS names; the first is the subject, too.
        :param not_before: aware; ten minutes ago by default.
        :param not_after: aware; in seven days by default.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            _builder(_name(names[0]), key.public_key())
            .issuer_name(self._name)
            .not_valid_before(not_before or now - BACKDATING)
            .not_valid_after(not_after or now + LIFETIME)
            .add_extension(extensions.END_ENTITY, critical=True)
        )
        for extension in (
            extensions.key_usage(
                digital_signature=True, key_encipherment=True
            ),
            extensions.alternative_names(names, ip_addresses),
            extensions.purposes(client=client, server=server),
            self._key_identifier(),
        ):
            if extension is not None:
                builder = builder.add_extension(extension, critical=False)
        cert = builder.sign(self._key, hashes.SHA256())
        return Issued(cert_pem=_pem(cert), key_pem=_key_pem(key))

    def _key_identifier(self) -> x509.AuthorityKeyIdentifier:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(
            self._key.public_key()
        )


def install_qemu_identity(
    host: lab_node.Node,
    ca: CertificateAuthority,
    names: Sequence[str] | None = None,
    *,
    directory: str = QEMU_DIRECTORY,
) -> Issued:
    """Give the QEMUs of a host a certificate for both ends of a migration.

    Valid at once: QEMU reads the files anew for every migration.

    :param names: the full and the short name of the host by default, and
        so neither its addresses nor its name in the migration network.
    """
    issued = ca.issue(names or (host.fqdn, host.name))
    write_qemu_identity(
        host, ca_pem=ca.cert_pem, issued=issued, directory=directory
    )
    return issued


def write_dh_parameters(host: lab_node.Node) -> None:
    """Write what keeps QEMU from making its own, as "host install" does."""
    host.write_file(DH_PARAMETERS, dh_parameters.ffdhe3072().decode())


def write_qemu_identity(
    host: lab_node.Node,
    *,
    ca_pem: str,
    issued: Issued,
    directory: str = QEMU_DIRECTORY,
) -> None:
    """Write the five files that QEMU reads, readable for QEMU's group.

    There are no Diffie-Hellman parameters among them.
    """
    group = f'root:{libvirt_conf.QEMU_GROUP}'
    host.write_file(f'{directory}/ca-cert.pem', ca_pem, owner=group)
    for role in ('server', 'client'):
        host.write_file(
            f'{directory}/{role}-cert.pem', issued.cert_pem, owner=group
        )
        host.write_file(
            f'{directory}/{role}-key.pem',
            issued.key_pem,
            owner=group,
            mode=0o640,
        )


def libvirt_files(ca_pem: str, issued: Issued) -> dict[str, str]:
    """Return the files of libvirt's own TLS (not QEMU's), by path."""
    return {
        '/etc/pki/CA/cacert.pem': ca_pem,
        '/etc/pki/libvirt/servercert.pem': issued.cert_pem,
        '/etc/pki/libvirt/clientcert.pem': issued.cert_pem,
        '/etc/pki/libvirt/private/serverkey.pem': issued.key_pem,
        '/etc/pki/libvirt/private/clientkey.pem': issued.key_pem,
    }


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(oid.NameOID.COMMON_NAME, common_name)]
    )


def _builder(
    subject: x509.Name, public_key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(public_key),
            critical=False,
        )
    )


def _pem(cert: x509.Certificate) -> str:
    return cert.public_bytes(serialization.Encoding.PEM).decode('ascii')


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode('ascii')
