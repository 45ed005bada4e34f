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


"""The versioned notification ``native_tls.certificate``."""

from __future__ import annotations

import nova.conf
from nova.objects import fields

from nova_native_tls.identity import expiry
from nova_native_tls.nova.telling import notification

CONF = nova.conf.CONF

_PRIORITIES = {
    expiry.Kind.EXPIRES_SOON: notification.Priority.WARN,
    expiry.Kind.EXPIRED: notification.Priority.ERROR,
    expiry.Kind.RENEWED: notification.Priority.INFO,
}


@notification.register
class CertificatePayload(notification.Payload):
    """A certificate or a revocation list of a host, and what it is with it.

    ``reason`` is ``expires_soon``, ``expired`` or ``renewed``; ``kind``
    is ``certificate`` or ``revocation_list``.
    """

    # Version 1.0: Initial version
    VERSION = '1.0'

    fields = {
        'host': fields.StringField(),
        'reason': fields.StringField(),
        'kind': fields.StringField(),
        'files': fields.ListOfStringsField(),
        'subject': fields.StringField(),
        'sha256': fields.StringField(),
        'not_after': fields.DateTimeField(),
        'seconds_left': fields.IntegerField(),
        'message': fields.StringField(),
    }


def send(news: expiry.News) -> None:
    """Send what is news of a certificate, if anybody wants it."""
    payload = CertificatePayload(
        host=CONF.host,
        reason=news.kind.value,
        kind='revocation_list' if news.what.is_list else 'certificate',
        files=list(news.files),
        subject=news.what.subject,
        sha256=news.what.sha256,
        not_after=news.what.not_after,
        seconds_left=int(news.left.total_seconds()),
        message=news.sentence(),
    )
    notification.send('certificate', payload, priority=_PRIORITIES[news.kind])
