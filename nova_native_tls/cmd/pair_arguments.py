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

"""What ``nova-native-tls pair check`` can be asked."""

from __future__ import annotations

import argparse

from nova_native_tls._i18n import _
from nova_native_tls.canary import flight
from nova_native_tls.checks import this_host
from nova_native_tls.pair import live

TIMEOUT_MAX_S = 600


def add_live(parser: argparse.ArgumentParser) -> None:
    """Let it take what is asked about two hosts."""
    group = parser.add_argument_group(_('two hosts, run on the source'))
    group.add_argument(
        'destination',
        metavar='DEST',
        nargs='?',
        help=_(
            'host name or address of the destination, which is dialled as '
            'nova.conf says, or the whole URI of its libvirt'
        ),
    )
    group.add_argument(
        '--depth',
        choices=[depth.value for depth in live.Depth],
        help=_(
            'predict: look at this side and at the connection (default); '
            "prove: let this host's QEMU load its credentials, too; canary: "
            'migrate a throw-away guest'
        ),
    )
    group.add_argument(
        '--connect',
        metavar='SOURCE_URI',
        default=this_host.LOCAL,
        help=_("the source's libvirt (default: %(default)s)"),
    )
    group.add_argument(
        '--migrate-uri',
        metavar='URI',
        help=_(
            "where the source's QEMU connects, for example "
            'tcp://203.0.113.12; default: the host name that the destination '
            'has for itself'
        ),
    )
    group.add_argument(
        '--tls-destination',
        metavar='NAME',
        help=_(
            "the name to verify in the destination's certificate; default: "
            'the host name in DEST'
        ),
    )
    group.add_argument(
        '--timeout',
        metavar='SECONDS',
        type=_seconds,
        default=flight.TIMEOUT_S,
        help=_('how long a canary may take (default: %(default)g)'),
    )


def add_offline(parser: argparse.ArgumentParser) -> None:
    """Let it take what is asked about two directories."""
    group = parser.add_argument_group(_('two directories, run anywhere'))
    for side in ('source', 'destination'):
        group.add_argument(
            f'--{side}-pki',
            metavar='DIR',
            help=_('the directory that QEMU on the %s reads') % side,
        )
    group.add_argument(
        '--name',
        metavar='NAME',
        help=_("what the source looks for in the destination's certificate"),
    )
    group.add_argument(
        '--at',
        metavar='TIME',
        help=_(
            'when, for example 2030-01-31T12:00:00, in UTC unless it has an '
            'offset (default: now)'
        ),
    )
    group.add_argument(
        '--qemu-version',
        metavar='VERSION',
        help=_('of both hosts, for example 10.0.0 (default: the installed)'),
    )


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= TIMEOUT_MAX_S:
        raise argparse.ArgumentTypeError(
            _('it must be seconds, at most %d') % TIMEOUT_MAX_S
        )
    return value
