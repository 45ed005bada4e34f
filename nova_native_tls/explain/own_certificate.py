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

"""Sentences of a host whose own certificates break a rule.

QEMU checks them before it uses them; libvirtd has the same rules for its own
files. The name of the file tells which of the two, and on which host.
"""

from __future__ import annotations

from nova_native_tls._i18n import _
from nova_native_tls.explain import entry

_NEW = 'QEMU 10.2 and later'


def _own(
    kind: str, *sentences: str, cause: str, remedy: str, versions: str = ''
) -> entry.Entry:
    return entry.Entry(
        id=kind,
        sentences=sentences,
        seen=(*entry.QEMU, entry.Seen.LIBVIRT),
        mend=entry.Mend.HERE,
        cause=cause,
        remedy=remedy,
        upstream='QEMU crypto/tlscredsx509.c, libvirt src/rpc/virnettlscert.c',
        versions=versions,
    )


ENTRIES: tuple[entry.Entry, ...] = (
    _own(
        '{file}.expired',
        'The CA certificate {file} has expired',
        'The server certificate {file} has expired',
        'The client certificate {file} has expired',
        cause=_('A certificate in %(file)s on %(here)s has expired'),
        remedy=_('install a new one; %(reload)s'),
    ),
    _own(
        '{file}.not-yet-valid',
        'The CA certificate {file} is not yet active',
        'The server certificate {file} is not yet active',
        'The client certificate {file} is not yet active',
        cause=_(
            'A certificate in %(file)s on %(here)s is not valid yet by the '
            'clock there'
        ),
        remedy=_(
            'set the clock (chronyc tracking, timedatectl), or issue the '
            'certificate backdated'
        ),
    ),
    _own(
        '{file}.is-a-ca',
        'The certificate {file} basic constraints show a CA, but we need one '
        'for a {word}',
        cause=_(
            '%(file)s on %(here)s is the certificate of a CA, not of a '
            '%(word)s'
        ),
        remedy=_('issue one with basicConstraints CA:FALSE; %(reload)s'),
    ),
    _own(
        '{file}.not-a-ca',
        'The certificate {file} basic constraints do not show a CA',
        'The certificate {file} is missing basic constraints for a CA',
        cause=_(
            'A certificate in %(file)s on %(here)s is not one of a CA: it '
            'lacks basicConstraints CA:TRUE'
        ),
        remedy=_('put the CA itself there, or issue it anew; %(reload)s'),
    ),
    _own(
        '{file}.no-certificate-signing',
        'Certificate {file} usage does not permit certificate signing',
        cause=_(
            'The keyUsage of a CA in %(file)s on %(here)s lacks keyCertSign'
        ),
        remedy=_('issue that CA anew with it; %(reload)s'),
    ),
    _own(
        '{file}.no-digital-signature',
        'Certificate {file} usage does not permit digital signature',
        cause=_('The keyUsage of %(file)s on %(here)s lacks digitalSignature'),
        remedy=_('issue it anew with digitalSignature; %(reload)s'),
    ),
    _own(
        '{file}.no-key-encipherment',
        'Certificate {file} usage does not permit key encipherment',
        cause=_(
            'This QEMU wants keyEncipherment in the critical keyUsage of '
            '%(file)s on %(here)s'
        ),
        remedy=_(
            'issue it anew with keyEncipherment too, or with a keyUsage that '
            'is not critical, or upgrade QEMU there'
        ),
        versions='QEMU up to 10.1.2, 10.0.6 and 7.2.21',
    ),
    _own(
        '{file}.wrong-purpose',
        'Certificate {file} purpose does not allow use with a TLS {word}',
        'Certificate {file} purpose does not allow use for with a TLS {word}',
        cause=_(
            'The critical extendedKeyUsage of %(file)s on %(here)s does not '
            'allow a TLS %(word)s'
        ),
        remedy=_('issue it anew with serverAuth and clientAuth; %(reload)s'),
    ),
    _own(
        '{file}.foreign-ca',
        'Our own certificate {file} failed validation against {ca}: '
        "The certificate hasn't got a known issuer",
        cause=_('No CA in %(ca)s on %(here)s issued %(file)s'),
        remedy=_(
            'add its CA, with the intermediates, or issue the certificate '
            'from a CA that is there'
        ),
    ),
    _own(
        '{file}.untrusted',
        'Our own certificate {file} failed validation against {ca}: '
        'The certificate is not trusted',
        'Our own certificate {file} failed validation against {ca}: '
        'The certificate has been revoked',
        'Our own certificate {file} failed validation against {ca}: '
        'Invalid certificate',
        cause=_(
            'The CA in %(ca)s on %(here)s has the name of the issuer of '
            '%(file)s, but not its key, or may not have issued it'
        ),
        remedy=_('install a certificate and the CA that issued it together'),
    ),
    _own(
        '{file}.weak',
        'Our own certificate {file} failed validation against {ca}: '
        'The certificate uses an insecure algorithm',
        cause=_(
            '%(file)s on %(here)s is signed with an algorithm that GnuTLS '
            'holds to be insecure'
        ),
        remedy=_('issue it anew with SHA-256 and RSA 2048 or P-256'),
    ),
    _own(
        '{file}.unverifiable',
        'Unable to verify server certificate {file} against CA certificate '
        '{ca}',
        'Unable to verify client certificate {file} against CA certificate '
        '{ca}',
        cause=_('%(file)s on %(here)s cannot be verified against %(ca)s'),
        remedy=_('install both files anew; %(reload)s'),
    ),
    _own(
        '{file}.malformed',
        'Unable to query certificate {file} basic constraints',
        'Unable to query certificate {file} key usage',
        'Unable to query certificate {file} key purpose',
        cause=_('GnuTLS cannot parse an extension of %(file)s on %(here)s'),
        remedy=_('issue the certificate anew; %(reload)s'),
    ),
    _own(
        'ca-cert.incomplete',
        "Cert '{dn}' has no issuer in CA chain",
        cause=_('The ca-cert.pem on %(here)s lacks the issuer of "%(dn)s"'),
        remedy=_(
            'add every CA up to the self-signed root to that file, which '
            'QEMU needs from 10.2 on'
        ),
        versions=_NEW,
    ),
    _own(
        'chain.unordered',
        "Cert '{other_dn}' does not match issuer of cert '{dn}'",
        cause=_(
            'A certificate file on %(here)s has its chain in the wrong order: '
            '"%(other_dn)s" did not issue "%(dn)s"'
        ),
        remedy=_('put the certificate first, and after each one its issuer'),
        versions=_NEW,
    ),
)
