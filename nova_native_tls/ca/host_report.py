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

"""Reads what a host says is installed on it."""

from __future__ import annotations

from collections.abc import Mapping
import datetime
import json
import re
from typing import Any
from typing import NoReturn

from nova_native_tls._i18n import _
from nova_native_tls.ca import record
from nova_native_tls import exception

#: Hundreds of trusted CAs.
MAX_BYTES = 1024 * 1024
_SHA256 = re.compile('[0-9a-f]{64}')


def read(path: str, *, now: datetime.datetime) -> record.Reported:
    """Read the output of ``host show -f json``.

    It is as true as the way by which it came; nothing in it is signed.

    :raises ReportUnreadable: it is not such an output.
    """
    try:
        with open(path, 'rb') as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as err:
        _refuse(path, err.strerror, err)
    if len(content) > MAX_BYTES:
        _refuse(path, _('it is too large'))
    try:
        fields = json.loads(content)
        if isinstance(fields.get('report'), Mapping):
            fields = fields['report']
        return _reported(fields, now)
    except (
        AttributeError,
        KeyError,
        RecursionError,
        TypeError,
        ValueError,
    ) as err:
        _refuse(path, f'{type(err).__name__}: {err}', err)


def _reported(
    fields: Mapping[str, Any], now: datetime.datetime
) -> record.Reported:
    seen_at = datetime.datetime.fromisoformat(fields['time'])
    if seen_at.tzinfo is None:
        raise ValueError(_('its time has no time zone'))
    trusted = fields['trusted_sha256']
    if not isinstance(trusted, list):
        raise TypeError(_('trusted_sha256 is no list'))
    return record.Reported(
        at=now,
        host=str(fields['host']),
        seen_at=seen_at.astimezone(datetime.UTC),
        certificate_sha256=_sha256(fields['certificate_sha256']),
        trusted_sha256=tuple(_sha256(each) for each in trusted),
    )


def _sha256(text: object) -> str:
    if not isinstance(text, str) or not _SHA256.fullmatch(text):
        raise ValueError(_('%r is no SHA-256 fingerprint') % (text,))
    return text


def _refuse(
    path: str, problem: object, cause: Exception | None = None
) -> NoReturn:
    raise exception.ReportUnreadable(file=path, problem=problem) from cause
