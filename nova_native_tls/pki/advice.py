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

"""What is wanted instead of a fault, and what to do about it."""

from __future__ import annotations

import dataclasses

from nova_native_tls._i18n import _

_READ_AGAIN = _('QEMU reads it at the next migration')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What there should be, and how to get there."""

    wanted: str
    remedy: str


def _new(wanted: str, remedy: str) -> Advice:
    return Advice(wanted=wanted, remedy=f'{remedy}; {_READ_AGAIN}')


#: By the whole code.
_WHOLE = {
    'ca-cert.damaged': _new(
        _('certificates of CAs in PEM, and nothing damaged among them'),
        _('install the CA certificates anew'),
    ),
    'ca-crl.damaged': _new(
        _('revocation lists in PEM'),
        _('install the revocation list anew, or remove the file'),
    ),
    'dh-params.absent': _new(
        _('Diffie-Hellman parameters in a file; QEMU 10.2 needs none'),
        _(
            'in that directory of the host run "nova-native-tls host install '
            '--ca ca-cert.pem", which adds it, or "certtool --get-dh-params '
            '--outfile dh-params.pem"'
        ),
    ),
    'dh-params.damaged': _new(
        _('Diffie-Hellman parameters in PEM'),
        _('install them anew, or remove the file'),
    ),
    'client-cert.not-sent': _new(
        _('a client certificate that a CA of the destination issued'),
        _(
            'install client-cert.pem and client-key.pem on the source, from '
            "a CA in the destination's ca-cert.pem; a keyUsage has to have "
            'digitalSignature'
        ),
    ),
    'name.mismatch': _new(
        _('that name as a DNS subjectAltName'),
        _(
            'pass a name that the certificate holds, or issue it anew with '
            'this one'
        ),
    ),
    'name.address-mismatch': _new(
        _('that address as an IP subjectAltName'),
        _(
            'pass a name that the certificate holds, or issue it anew with '
            'this address'
        ),
    ),
    'name.unknown': Advice(
        wanted=_('a name that is in the certificate of the destination'),
        remedy=_('pass one with tls.destination'),
    ),
    'peer.unusable': _new(
        _('a certificate that GnuTLS can parse and verify'),
        _('issue and install a new one on that host'),
    ),
    'priority.unusable': Advice(
        wanted=_('a priority string of GnuTLS'),
        remedy=_('correct migrate_tls_priority in qemu.conf'),
    ),
    'handshake.failed': Advice(
        wanted=_('a TLS version, cipher and signature that both hosts have'),
        remedy=_(
            'issue certificates with RSA 2048 or P-256, and align '
            'migrate_tls_priority and the crypto policies of both hosts'
        ),
    ),
}

#: By the end of the code.
_ENDS = {
    'nothing-in-common': _new(
        _('a TLS version, cipher and signature that both hosts have'),
        _(
            'issue certificates with RSA 2048 or P-256 and digitalSignature '
            'in keyUsage, and align migrate_tls_priority of both hosts'
        ),
    ),
    'missing': _new(_('a file that QEMU can read'), _('install it')),
    'inaccessible': _new(
        _('a file that QEMU can read'),
        _('mend the path, or correct the directory in qemu.conf'),
    ),
    'not-permitted': _new(
        _('permission to read it'),
        _(
            "let QEMU's user read the file and its directory (chgrp, chmod "
            '640), and see that AppArmor or SELinux allow it'
        ),
    ),
    'fifo': _new(_('a regular file'), _('put a file in its place')),
    'too-large': _new(
        _('a file of a few kilobytes'), _('install the right file')
    ),
    'damaged': _new(
        _('a certificate in PEM that GnuTLS can parse'), _('install it anew')
    ),
    'damaged-list': _new(
        _('certificates of CAs in PEM, and nothing damaged among them'),
        _('leave only the needed CAs in it, each of them whole'),
    ),
    'unusable': _new(
        _('a private key in PEM that GnuTLS can parse'), _('install it anew')
    ),
    'cannot-sign': _new(
        _('a private key that is whole'), _('install it anew')
    ),
    'pair-unusable': _new(
        _('a certificate and its private key, both in PEM'),
        _('install both files anew'),
    ),
    'key-mismatch': _new(
        _('the certificate that belongs to the key'),
        _('install the certificate and its key together'),
    ),
    'encrypted': _new(
        _('a key without a passphrase, or with one that libvirt knows'),
        _(
            'set migrate_tls_x509_secret_uuid in qemu.conf, or install the '
            'key without a passphrase'
        ),
    ),
    'expired': _new(
        _('a certificate that is valid now'),
        _('issue a new one, and see that the clock is right'),
    ),
    'not-yet-valid': _new(
        _('a certificate that is valid now'),
        _('set the clock, or issue it backdated'),
    ),
    'is-a-ca': _new(
        _('basicConstraints CA:FALSE'), _('issue a certificate for the host')
    ),
    'not-a-ca': _new(
        _('basicConstraints CA:TRUE'),
        _('put the CA itself there, or issue it anew'),
    ),
    'no-certificate-signing': _new(
        _('keyCertSign in its keyUsage'), _('issue that CA anew')
    ),
    'no-digital-signature': _new(
        _('digitalSignature in its keyUsage'), _('issue it anew with it')
    ),
    'no-key-encipherment': _new(
        _('keyEncipherment in its keyUsage, which this QEMU wants'),
        _(
            'issue it anew with it or with a keyUsage that is not critical, '
            'or upgrade QEMU'
        ),
    ),
    'wrong-purpose': _new(
        _('serverAuth in server-cert.pem, clientAuth in client-cert.pem'),
        _('issue it anew with both'),
    ),
    'malformed': _new(
        _('extensions that GnuTLS can parse'), _('issue it anew')
    ),
    'foreign-ca': _new(
        _('its issuer in ca-cert.pem'),
        _(
            'add the CA, with the intermediates, to ca-cert.pem, among its '
            'first 16 before QEMU 10.2'
        ),
    ),
    'untrusted': _new(
        _('a chain that GnuTLS trusts'),
        _('install a certificate and the CA that issued it together'),
    ),
    'unverifiable': _new(
        _('a chain that GnuTLS can verify'), _('install both files anew')
    ),
    'weak': _new(
        _('SHA-256, and RSA 2048 or P-256'), _('issue it anew with these')
    ),
    'incomplete': _new(
        _('every CA up to the self-signed root, from QEMU 10.2 on'),
        _('add the missing ones to ca-cert.pem'),
    ),
    'circular': _new(
        _('CAs that lead to a self-signed root'),
        _('put the self-signed root first, without the cross-signed one'),
    ),
    'unordered': _new(
        _('the certificate first, and after each one its issuer'),
        _('put them in this order'),
    ),
    'unknown-issuer': _new(
        _('its issuer in ca-cert.pem of the other host'),
        _('put the CAs of both hosts into ca-cert.pem of both'),
    ),
    'not-trusted': _new(
        _('a chain that the other host trusts'),
        _("look at its dates, at both clocks and at the CA's key"),
    ),
    'revoked': _new(
        _('a certificate that is on no revocation list'),
        _('issue and install a new one'),
    ),
    'chain-expired': _new(
        _('only certificates that are valid now'),
        _('leave only the certificate and its intermediates in the file'),
    ),
    'no-subject': _new(
        _('a subject with a CN, which QEMU wants whatever SANs there are'),
        _('issue it anew with one'),
    ),
    'key-usage': _new(
        _('digitalSignature in its keyUsage'), _('issue it anew with it')
    ),
}

_NOTHING_KNOWN = Advice(
    wanted=_('a certificate that the other host accepts'),
    remedy=_('look at it with "openssl x509 -text", and issue it anew'),
)


def for_code(code: str) -> Advice:
    """Give what is known for a code such as ``server-cert.expired``."""
    end = code.rpartition('.')[2]
    return _WHOLE.get(code) or _ENDS.get(end, _NOTHING_KNOWN)
