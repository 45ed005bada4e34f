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


"""Known issues of credentials: rules that QEMU has changed.

``pki/`` applies them, and knows the releases.
"""

from __future__ import annotations

from nova_native_tls._i18n import _
from nova_native_tls.migration.known_issues import conditions
from nova_native_tls.migration.known_issues import issue
from nova_native_tls.pki import qemu_releases

ISSUES: tuple[issue.KnownIssue, ...] = (
    issue.KnownIssue(
        id='key-encipherment',
        title=_(
            'QEMU refuses a certificate whose critical key usage lacks '
            'keyEncipherment'
        ),
        references=('crypto/tlscredsx509.c of QEMU 10.1.0 and 10.2.2',),
        affected=(qemu_releases.KEY_ENCIPHERMENT,),
        releases_from=_('the sources of these releases and their branches'),
        condition=conditions.with_flags('TLS'),
        when=_('a critical keyUsage without it, as ECDSA keys have'),
        effect=_('QEMU does not load the credentials: nothing is migrated'),
        kind=issue.Kind.ELSEWHERE,
        handled_in='pki/qemu_certificate.py',
        remedy=_(
            'issue the certificate with keyEncipherment, or with a keyUsage '
            'that is not critical'
        ),
    ),
    issue.KnownIssue(
        id='whole-chain',
        title=_(
            'QEMU from 10.2 wants every CA up to a self-signed one, in order'
        ),
        references=('crypto/tlscredsx509.c of QEMU 10.2.2',),
        affected=(qemu_releases.WHOLE_CHAIN,),
        releases_from=_('the sources of 10.1.0 and 10.2.2'),
        condition=conditions.with_flags('TLS'),
        when=_('ca-cert.pem ends with an intermediate CA, or is unordered'),
        effect=_('QEMU does not load after an upgrade what it loaded before'),
        kind=issue.Kind.ELSEWHERE,
        handled_in='pki/qemu_loading_from_10_2.py',
        remedy=_('complete ca-cert.pem before QEMU is upgraded'),
    ),
    issue.KnownIssue(
        id='dh-parameters',
        title=_(
            'QEMU before 10.2 makes Diffie-Hellman parameters for each '
            'migration'
        ),
        references=('crypto/tlscreds.c of QEMU 10.0.13 and 10.2.2',),
        affected=(qemu_releases.OWN_DH_PARAMETERS,),
        releases_from=_('the sources of 7.2.22, 10.0.13 and 10.2.2'),
        condition=conditions.with_flags('TLS'),
        when=_('there is no dh-params.pem'),
        effect=_('each migration begins a tenth of a second to seconds later'),
        kind=issue.Kind.ELSEWHERE,
        handled_in='pki/beyond_qemu.py',
        remedy=_('let "nova-native-tls host install" install dh-params.pem'),
    ),
)
