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

"""Sentences of a host that cannot use its own certificates.

They come before the first byte is sent: libvirt has QEMU read the files of
its directory at the start of every migration.
"""

from __future__ import annotations

from nova_native_tls._i18n import _
from nova_native_tls.explain import entry

_LOAD = 'QEMU crypto/tlscredsx509.c'
_PATH = 'QEMU crypto/tlscreds.c'
_NEW = 'QEMU 10.2 and later'
_OLD = 'QEMU up to 10.1'


def _own(
    kind: str,
    *sentences: str,
    cause: str,
    remedy: str,
    upstream: str = _LOAD,
    versions: str = '',
) -> entry.Entry:
    return entry.Entry(
        id=kind,
        sentences=sentences,
        seen=entry.QEMU,
        mend=entry.Mend.HERE,
        cause=cause,
        remedy=remedy,
        upstream=upstream,
        versions=versions,
    )


ENTRIES: tuple[entry.Entry, ...] = (
    _own(
        '{file}.missing',
        'Unable to access credentials {file}: No such file or directory',
        "Missing server cert '{file}' & key",
        "without corresponding cert '{file}'",
        "without corresponding key '{file}'",
        "Cannot load CA cert list {file}: Failed to open file '{ca}': "
        'No such file or directory',
        "Cannot load private key {file}: Failed to open file '{ca}': "
        'No such file or directory',
        cause=_('%(reader)s on %(here)s finds no %(file)s'),
        remedy=_(
            'install it, or correct the directory in qemu.conf; if it is '
            'there, stop and start the guest, whose QEMU may see older mounts'
        ),
        upstream=_PATH,
    ),
    _own(
        '{file}.not-permitted',
        'Unable to access credentials {file}: Permission denied',
        "Cannot load CA certificate '{file}': Error while reading file",
        "Cannot load CRL '{file}': Error while reading file",
        "Failed to open file '{file}': Permission denied",
        "Cannot load CA cert list {file}: Failed to open file '{ca}': "
        'Permission denied',
        "Cannot load private key {file}: Failed to open file '{ca}': "
        'Permission denied',
        cause=_('%(reader)s on %(here)s may not read %(file)s'),
        remedy=_(
            "let QEMU's user read the file and its directory (chgrp, chmod), "
            'and see that AppArmor (local/abstractions/libvirt-qemu) or '
            'SELinux (restorecon) allow it'
        ),
        upstream=_PATH,
    ),
    _own(
        '{file}.pair-not-permitted',
        "Cannot load certificate '{file}' & key '{key}': "
        'Error while reading file',
        cause=_('QEMU on %(here)s may not read %(file)s or %(key)s'),
        remedy=_(
            "let QEMU's user read both files (chgrp, chmod 640), and see that "
            'AppArmor or SELinux allow it'
        ),
        versions=_OLD,
    ),
    _own(
        '{file}.inaccessible',
        'Unable to access credentials {file}: {reason}',
        cause=_('QEMU on %(here)s cannot reach %(file)s (%(reason)s)'),
        remedy=_('mend the path, or correct the directory in qemu.conf'),
        upstream=_PATH,
    ),
    _own(
        '{file}.key-mismatch',
        "Cannot load certificate '{file}' & key '{key}': "
        'The certificate and the given key do not match',
        "Cannot set certificate '{file}' & key '{key}': "
        'The certificate and the given key do not match',
        cause=_('%(file)s and %(key)s on %(here)s are not a pair'),
        remedy=_('install the key that the certificate was issued for'),
    ),
    _own(
        '{key}.encrypted',
        "Cannot load certificate '{file}' & key '{key}': "
        'Decryption has failed',
        "Cannot set certificate '{file}' & key '{key}': Decryption has failed",
        cause=_(
            '%(key)s on %(here)s is encrypted, and its passphrase is missing '
            'or wrong'
        ),
        remedy=_(
            'correct migrate_tls_x509_secret_uuid in qemu.conf, or install '
            'the key without a passphrase'
        ),
    ),
    _own(
        '{file}.pair-unusable',
        "Cannot load certificate '{file}' & key '{key}': {reason}",
        "Cannot set certificate '{file}' & key '{key}': {reason}",
        cause=_(
            '%(file)s or %(key)s on %(here)s is damaged or not PEM '
            '(%(reason)s)'
        ),
        remedy=_('install both files anew'),
    ),
    _own(
        '{key}.unusable',
        'Unable to import private key {key}',
        'Cannot load private key {key}: {reason}',
        cause=_(
            '%(key)s on %(here)s cannot be read, is not PEM, or is encrypted '
            'and its passphrase missing or wrong'
        ),
        remedy=_(
            'install it anew, and correct migrate_tls_x509_secret_uuid in '
            'qemu.conf'
        ),
        versions=_NEW,
    ),
    _own(
        '{file}.damaged',
        'Unable to import server certificate {file}: {reason}',
        'Unable to import client certificate {file}: {reason}',
        'Unable to import certificate {file}: {reason}',
        "Cannot load CA certificate '{file}': {reason}",
        "Cannot set CA certificate '{file}': {reason}",
        'Cannot load CA cert list {file}: {reason}',
        "Cannot load CRL '{file}': {reason}",
        'Unable to load DH parameters from {file}: {reason}',
        cause=_('%(file)s on %(here)s is damaged or not PEM (%(reason)s)'),
        remedy=_('install it anew; %(reload)s'),
    ),
    _own(
        '{file}.damaged-list',
        'Unable to import CA certificate list {file}',
        cause=_(
            '%(file)s on %(here)s holds something damaged, or no certificate '
            'at all'
        ),
        remedy=_(
            'leave the needed CAs in it only, each whole (QEMU up to 10.1 '
            'checks the first 16 and ignores the rest); %(reload)s'
        ),
        versions=_OLD,
    ),
    _own(
        'dh-params.failed',
        'Unable to initialize DH parameters: {reason}',
        'Unable to generate DH parameters: {reason}',
        cause=_(
            'QEMU on %(here)s cannot make Diffie-Hellman parameters '
            '(%(reason)s)'
        ),
        remedy=_(
            'put dh-params.pem beside the certificates: certtool '
            '--get-dh-params --outfile dh-params.pem'
        ),
        upstream=_PATH,
    ),
    _own(
        'secret.unknown',
        "No secret with id '{name}'",
        "Secret with id '{name}' has no data",
        "no secret with matching uuid '{name}'",
        "malformed TLS secret uuid '{name}' provided",
        cause=_(
            "%(here)s does not have the secret %(name)s for the key's "
            'passphrase'
        ),
        remedy=_(
            'correct migrate_tls_x509_secret_uuid in qemu.conf, or define it '
            'with virsh secret-define and secret-set-value'
        ),
        upstream='QEMU crypto/secret_common.c, libvirt src/qemu/qemu_conf.c',
    ),
    _own(
        'tls-object.mixed-up',
        "No TLS credentials with id '{name}'",
        "Object with id '{name}' is not TLS credentials",
        'Expected TLS credentials for a {name} endpoint',
        "Credentials endpoint doesn't match session",
        cause=_(
            'QEMU on %(here)s holds other TLS objects than this migration '
            'set up'
        ),
        remedy=_(
            "let only libvirt change the guest's monitor, and migrate again"
        ),
        upstream='QEMU migration/tls.c, crypto/tlssession.c',
    ),
    _own(
        'gnutls.failed',
        "Cannot allocate credentials: '{reason}'",
        'Unable to initialize certificate: {reason}',
        'Unable to initialize private key: {reason}',
        'Cannot initialize TLS session: {reason}',
        'Cannot set session credentials: {reason}',
        'Unable to initialize GNUTLS library: {reason}',
        cause=_('GnuTLS on %(here)s failed (%(reason)s)'),
        remedy=_('look at free memory and at the GnuTLS packages there'),
        upstream='QEMU crypto/tlssession.c',
    ),
)
