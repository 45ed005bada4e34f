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

"""How the state of a CA looks."""

from __future__ import annotations

import datetime
from typing import Any

from cliff import columns

from nova_native_tls._i18n import _
from nova_native_tls.ca import ledger
from nova_native_tls.ca import reading
from nova_native_tls.ca import record
from nova_native_tls.ca import rotation
from nova_native_tls.cmd import display
from nova_native_tls.pki import key_type

#: What an operator is to do next.
_NEXT = {
    ledger.Step.STEADY: _('nothing'),
    ledger.Step.STARTED: _(
        'install the bundle on every host, then "ca rotate switch" with the '
        'report of each'
    ),
    ledger.Step.SWITCHED: _(
        'renew the certificate of every host, then "ca rotate finish" with '
        'the report of each'
    ),
}


class Generations(columns.FormattableColumn[list[dict[str, Any]]]):
    """Generations: one a line for people."""

    def human_readable(self) -> str:
        return '\n'.join(
            _('%(number)d %(key_type)s until %(until)s, %(role)s: %(subject)s')
            % {
                'number': each['generation'],
                'key_type': each['key_type'],
                'until': each['not_after'],
                'role': each['role'],
                'subject': each['subject'],
            }
            for each in self._value
        )


class PEM(columns.FormattableColumn[str]):
    """Blocks in PEM: how many there are, for people."""

    def human_readable(self) -> str:
        return _('%d in PEM, see "-f value -c bundle"') % self._value.count(
            '-----BEGIN '
        )


class Certificates(columns.FormattableColumn[list[dict[str, Any]]]):
    """Certificates of hosts: how many there are, for people."""

    def human_readable(self) -> str:
        return _('%d valid, see "-f json"') % len(self._value)


def of_rotation(
    ca: reading.Reading, now: datetime.datetime
) -> dict[str, object]:
    """Show where the rotation is."""
    return {
        'generations': generations(ca),
        'step': ca.ledger.step.value,
        'waiting_for': display.Lines(list(rotation.missing(ca.ledger, now))),
        'next': _NEXT[ca.ledger.step],
        'bundle': PEM(ca.bundle(now).decode('ascii')),
    }


def generations(ca: reading.Reading) -> Generations:
    """Show the generations that hosts are to trust."""
    shown = []
    for number in ca.ledger.trusted:
        one = ca.ledger.generations[number - 1]
        certificate = ca.certificate(number)
        shown.append(
            {
                'generation': number,
                'role': 'signs' if number == ca.ledger.signing else 'trusted',
                'subject': one.subject,
                'sha256': one.sha256,
                'key_type': key_type.describe(certificate.public_key()),
                'not_after': certificate.not_valid_after_utc.isoformat(),
            }
        )
    return Generations(shown)


def certificates(ca: reading.Reading, now: datetime.datetime) -> Certificates:
    """Show the certificates of hosts that are valid."""
    return Certificates(
        [
            {
                'serial': record.serial_text(one.serial),
                'names': list(one.names),
                'generation': one.generation,
                'sha256': one.sha256,
                'not_after': one.not_after.isoformat(),
            }
            for one in ca.ledger.valid(now)
        ]
    )
