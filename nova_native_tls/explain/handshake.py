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

"""Sentences of one end of a connection about the other.

Each end loaded its own certificates, and one of them does not accept what
the other shows.
"""

from __future__ import annotations

from nova_native_tls._i18n import _
from nova_native_tls.explain import entry

_SESSION = 'QEMU crypto/tlssession.c'
_SOURCE = (entry.Seen.SOURCE_QEMU,)
_DESTINATION = (entry.Seen.DESTINATION_QEMU,)

ENTRIES: tuple[entry.Entry, ...] = (
    entry.Entry(
        id='name.address-mismatch',
        sentences=('Certificate does not match the hostname {ip}',),
        seen=_SOURCE,
        mend=entry.Mend.DESTINATION,
        cause=_(
            'The certificate of %(destination)s does not hold the address '
            '%(ip)s as an IP subjectAltName'
        ),
        remedy=_(
            'pass a name that it holds ([native_tls] tls_destination there), '
            'or issue it anew with that address'
        ),
        upstream=_SESSION,
    ),
    entry.Entry(
        id='name.mismatch',
        sentences=('Certificate does not match the hostname {name}',),
        seen=_SOURCE,
        mend=entry.Mend.DESTINATION,
        cause=_(
            'The file server-cert.pem of %(destination)s does not hold the '
            'name %(name)s'
        ),
        remedy=_(
            'pass a name that it holds ([native_tls] tls_destination there), '
            'or issue it anew with that name as a DNS subjectAltName'
        ),
        upstream=_SESSION,
    ),
    entry.Entry(
        id='name.empty',
        sentences=('Certificate does not match the hostname',),
        seen=_SOURCE,
        mend=entry.Mend.SOURCE,
        cause=_(
            'The name that libvirt passed for the copy of the disks to '
            '%(destination)s is empty'
        ),
        remedy=_(
            'pass tls.destination with parallel connections, or upgrade '
            'libvirt on %(source)s to 10.3.0'
        ),
        upstream=f'{_SESSION}, libvirt src/qemu/qemu_migration.c',
        versions='libvirt 8.2.0 to 10.2.0',
    ),
    entry.Entry(
        id='name.unknown',
        sentences=('No hostname for certificate validation',),
        seen=_SOURCE,
        mend=entry.Mend.SOURCE,
        cause=_(
            '%(source)s was given no name to look for in the certificate of '
            '%(destination)s'
        ),
        remedy=_(
            'pass one: [native_tls] tls_destination, or the migration '
            'parameter tls.destination'
        ),
        upstream=_SESSION,
    ),
    entry.Entry(
        id='client-cert.not-sent',
        sentences=('Verify failed: No certificate was found',),
        seen=_DESTINATION,
        mend=entry.Mend.SOURCE,
        cause=_(
            '%(source)s sent no client certificate: client-cert.pem or its '
            'key is missing, or no CA that %(destination)s trusts issued it'
        ),
        remedy=_(
            'install both files with a CA common to both hosts, and '
            'digitalSignature in keyUsage'
        ),
        # GnuTLS sends only what suits the issuers that the server names.
        upstream=f'{_SESSION}, GnuTLS lib/auth/cert.c',
    ),
    entry.Entry(
        id='client-cert.revoked',
        sentences=('The certificate has been revoked',),
        # A client does not read ca-crl.pem.
        seen=_DESTINATION,
        mend=entry.Mend.SOURCE,
        cause=_(
            'The CRL on %(destination)s (ca-crl.pem) revokes the client '
            'certificate of %(source)s'
        ),
        remedy=_('issue and install a new client-cert.pem on %(source)s'),
        upstream=_SESSION,
    ),
    entry.Entry(
        id='peer.unknown-issuer',
        sentences=("The certificate hasn't got a known issuer",),
        seen=entry.TLS,
        mend=entry.Mend.BOTH,
        cause=_(
            'No CA in ca-cert.pem on %(here)s issued the certificate of '
            '%(peer)s'
        ),
        remedy=_(
            'put the CAs of both hosts into ca-cert.pem of both; QEMU reads '
            'it at the next migration'
        ),
        upstream=_SESSION,
    ),
    entry.Entry(
        id='peer.not-trusted',
        sentences=('The certificate is not trusted',),
        seen=entry.TLS,
        mend=entry.Mend.PEER,
        cause=_(
            'To %(here)s the certificate of %(peer)s has expired, is not yet '
            'valid, or was issued by another CA of the same name'
        ),
        remedy=_(
            "look at its dates, at both clocks and at the CA's key; then "
            'issue it anew'
        ),
        upstream=_SESSION,
    ),
    entry.Entry(
        id='peer.weak',
        sentences=('The certificate uses an insecure algorithm',),
        seen=entry.TLS,
        mend=entry.Mend.PEER,
        cause=_(
            '%(here)s holds the key size or the signature of the certificate '
            'of %(peer)s to be insecure'
        ),
        remedy=_('issue it anew with SHA-256 and RSA 2048 or P-256'),
        upstream=_SESSION,
    ),
    entry.Entry(
        id='peer.chain-expired',
        sentences=(
            'The certificate has expired',
            'The certificate is not yet activated',
        ),
        seen=entry.TLS,
        mend=entry.Mend.PEER,
        cause=_(
            'A certificate in the chain that %(peer)s sends has expired or '
            'is not yet valid'
        ),
        remedy=_(
            'leave only the certificate and its intermediates in the file, '
            'and look at the clocks'
        ),
        upstream=_SESSION,
    ),
    entry.Entry(
        id='peer.unusable',
        sentences=(
            'Verify failed: {detail}',
            'No certificate peers',
            'Cannot import certificate: {detail}',
            'Cannot get client distinguished name: {detail}',
        ),
        seen=entry.QEMU,
        mend=entry.Mend.PEER,
        cause=_('%(here)s cannot make use of the certificate of %(peer)s'),
        remedy=_('look at it with "openssl x509 -text", and issue it anew'),
        upstream=_SESSION,
    ),
    entry.Entry(
        id='peer.not-authorized',
        sentences=('TLS x509 authz check for {dn} is denied',),
        seen=entry.QEMU,
        mend=entry.Mend.HERE,
        cause=_(
            'A tls-authz object on %(here)s, which libvirt does not set, '
            'refuses %(dn)s'
        ),
        remedy=_('remove it from the QEMU command line, or add that name'),
        upstream=_SESSION,
    ),
    entry.Entry(
        id='handshake.not-tls',
        sentences=(
            'TLS handshake failed: An unexpected TLS packet was received',
        ),
        seen=entry.TLS,
        mend=entry.Mend.PEER,
        cause=_('%(peer)s does not speak TLS to %(here)s, which expects it'),
        remedy=_(
            'set [libvirt] live_migration_with_native_tls = true on both hosts'
        ),
        upstream=_SESSION,
    ),
    entry.Entry(
        id='handshake.nothing-in-common',
        sentences=(
            'TLS handshake failed: Could not negotiate a supported cipher '
            'suite',
            'TLS handshake failed: No supported cipher suites have been found',
            'TLS handshake failed: A packet with illegal or unsupported '
            'version was received',
            'TLS handshake failed: No common key share with peer',
            'TLS handshake failed: No supported ECC curves were found',
            'TLS handshake failed: The signature algorithm is not supported',
        ),
        seen=entry.TLS,
        mend=entry.Mend.BOTH,
        cause=_(
            'The hosts share no TLS version, cipher or signature, or '
            'server-cert.pem lacks digitalSignature in keyUsage'
        ),
        remedy=_(
            'align migrate_tls_priority and crypto policies; look at '
            'server-cert.pem on %(destination)s'
        ),
        upstream=f'{_SESSION}, GnuTLS lib/errors.c',
    ),
    entry.Entry(
        id='handshake.key-usage',
        sentences=(
            'TLS handshake failed: Key usage violation in certificate has '
            'been detected',
            'TLS handshake failed: Insufficient credentials for that request',
        ),
        seen=entry.TLS,
        mend=entry.Mend.UNKNOWN,
        cause=_(
            'The keyUsage of the certificate of %(source)s or %(destination)s '
            'lacks digitalSignature'
        ),
        remedy=_(
            'look at both with "openssl x509 -text", and issue the one anew'
        ),
        upstream=f'{_SESSION}, GnuTLS lib/errors.c',
    ),
    entry.Entry(
        id='handshake.refused',
        sentences=(
            'TLS handshake failed: A TLS fatal alert has been received',
            'TLS handshake failed: The TLS connection was non-properly '
            'terminated',
            'TLS handshake failed: Error in the pull function',
            'TLS handshake failed: Error in the push function',
        ),
        seen=entry.TLS,
        mend=entry.Mend.UNKNOWN,
        cause=_('%(peer)s broke off the TLS handshake with %(here)s'),
        remedy=_(
            'read why in %(log)s on %(peer)s; '
            'nothing there means that it was told nothing of TLS'
        ),
        upstream=f'{_SESSION}, GnuTLS lib/errors.c',
        rank=entry.Rank.SYMPTOM,
    ),
    entry.Entry(
        id='handshake.failed',
        sentences=('TLS handshake failed: {detail}',),
        seen=entry.TLS,
        mend=entry.Mend.UNKNOWN,
        cause=_('The TLS handshake failed on %(here)s (%(detail)s)'),
        remedy=_('read the end of %(log)s on both hosts'),
        upstream=f'{_SESSION}, GnuTLS lib/errors.c',
        rank=entry.Rank.SYMPTOM,
    ),
    entry.Entry(
        id='priority.unusable',
        sentences=(
            'Cannot set default TLS session priority {priority}: {reason}',
            'Unable to set TLS session priority {priority}: {reason}',
        ),
        seen=entry.QEMU,
        mend=entry.Mend.HERE,
        cause=_(
            'GnuTLS on %(here)s does not accept the priority %(priority)s '
            '(%(reason)s)'
        ),
        remedy=_(
            'correct migrate_tls_priority in qemu.conf, or the crypto policy '
            'that it refers to'
        ),
        upstream=_SESSION,
    ),
)
