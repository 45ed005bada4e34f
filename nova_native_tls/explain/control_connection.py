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

"""Sentences of libvirtd's own TLS (qemu+tls://), which is not QEMU's.

Its files are ``/etc/pki/CA/cacert.pem`` and those below
``/etc/pki/libvirt``; a source is the client of the destination's daemon.
"""

from __future__ import annotations

from nova_native_tls._i18n import _
from nova_native_tls.explain import entry

_CONTEXT = 'libvirt src/rpc/virnettlscontext.c'
_LIBVIRT = (entry.Seen.LIBVIRT,)

ENTRIES: tuple[entry.Entry, ...] = (
    entry.Entry(
        id='libvirtd.name-mismatch',
        sentences=(
            'Certificate {file} owner does not match the hostname {name}',
        ),
        seen=_LIBVIRT,
        mend=entry.Mend.DESTINATION,
        cause=_(
            'libvirtd on %(destination)s (not QEMU) has a servercert.pem '
            'without the name %(name)s'
        ),
        remedy=_(
            'set [libvirt] live_migration_inbound_addr or '
            'live_migration_uri to a name in it, or issue it anew'
        ),
        upstream=_CONTEXT,
    ),
    entry.Entry(
        id='libvirtd.client-refused',
        sentences=(
            "Client's Distinguished Name is not on the list of allowed "
            'clients',
            'server verification (of our certificate or IP address) failed',
        ),
        seen=_LIBVIRT,
        mend=entry.Mend.BOTH,
        cause=_(
            'libvirtd on %(destination)s (not QEMU) does not accept '
            'clientcert.pem of %(source)s'
        ),
        remedy=_(
            'add it to tls_allowed_dn_list in libvirtd.conf (virt-pki-query-'
            'dn), or give both hosts one CA'
        ),
        upstream=_CONTEXT,
    ),
    entry.Entry(
        id='libvirtd.not-trusted',
        sentences=(
            'Certificate failed validation: {reason}',
            "Failed to verify peer's certificate",
            'Unable to verify TLS peer: {reason}',
            'Certificate check failed {reason}',
        ),
        seen=_LIBVIRT,
        mend=entry.Mend.BOTH,
        cause=_(
            "The libvirtd daemons (not QEMU) do not trust each other's "
            'certificates, or not for the name that was dialled'
        ),
        remedy=_(
            'run virt-pki-validate on both hosts: each CA in the cacert.pem '
            "of both, valid dates, the dialled name in the destination's "
            'certificate'
        ),
        upstream=_CONTEXT,
    ),
    entry.Entry(
        id='libvirtd.file-unusable',
        sentences=(
            'Unable to set x509 CA certificate: {file}: {reason}',
            'Unable to set x509 certificate revocation list: {file}: {reason}',
            'Unable to set x509 key and certificate: {key}, {file}: {reason}',
            "Cannot read CA certificate '{file}': {reason}",
        ),
        seen=_LIBVIRT,
        mend=entry.Mend.HERE,
        cause=_(
            'libvirtd (not QEMU) cannot use %(file)s on %(here)s (%(reason)s)'
        ),
        remedy=_('run virt-pki-validate there, then restart libvirtd'),
        upstream=_CONTEXT,
    ),
    entry.Entry(
        id='libvirtd.handshake',
        sentences=('TLS handshake failed {reason}',),
        seen=_LIBVIRT,
        mend=entry.Mend.UNKNOWN,
        cause=_(
            'The libvirtd daemons (not QEMU) cannot agree on TLS (%(reason)s)'
        ),
        remedy=_(
            'read "journalctl -u libvirtd" on both hosts, and compare '
            'tls_priority in libvirtd.conf'
        ),
        upstream=_CONTEXT,
        rank=entry.Rank.SYMPTOM,
    ),
    entry.Entry(
        id='libvirtd.authentication',
        sentences=('authentication failed: {detail}',),
        seen=_LIBVIRT,
        mend=entry.Mend.DESTINATION,
        cause=_(
            'libvirtd on %(destination)s did not let %(source)s log in '
            '(%(detail)s)'
        ),
        remedy=_(
            'compare auth_tls and auth_tcp in libvirtd.conf there with '
            '[libvirt] live_migration_scheme'
        ),
        upstream='libvirt src/remote/remote_driver.c',
        rank=entry.Rank.SYMPTOM,
    ),
)
