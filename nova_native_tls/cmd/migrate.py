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

"""``nova-native-tls migrate``: move one guest, from any third machine."""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any

from oslo_log import log as logging

from nova_native_tls._i18n import _
from nova_native_tls.cmd import cancel_signal
from nova_native_tls.cmd import configuration
from nova_native_tls.cmd import display
from nova_native_tls.cmd import progress_line
from nova_native_tls.cmd import show_result
from nova_native_tls import exception
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import controller
from nova_native_tls.migration import exclusions
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import uris
from nova_native_tls.speed import costs
from nova_native_tls.speed import own_speed

LOG = logging.getLogger(__name__)


class Migrate(show_result.ShowResult):
    """Migrate a running guest to another host, encrypted, and show a record.

    Without --config-file the migration is peer-to-peer with native TLS.
    Ctrl-C cancels it and leaves the guest running on the source.

    On the source itself (--connect qemu:///system, the default) it measures
    what TLS costs there and looks at some pages of the guest, to choose the
    number of connections and whether to compress; the destination is taken
    to be as fast. From another machine it asks for two connections, or for
    four from QEMU before 8.1.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        configuration.add_argument(parser)
        parser.add_argument('domain', help=_('name or UUID of the guest'))
        parser.add_argument(
            'destination',
            metavar='DEST_URI',
            help=_(
                "the destination's libvirt, as the source reaches it, for "
                'example qemu+tls://host2.example.org/system'
            ),
        )
        parser.add_argument(
            '--connect',
            metavar='SOURCE_URI',
            default='qemu:///system',
            help=_("the source's libvirt (default: %(default)s)"),
        )
        parser.add_argument(
            '--migrate-uri',
            metavar='URI',
            help=_(
                "where the source's QEMU connects, for example "
                'tcp://203.0.113.12; default: the host name that the '
                'destination has for itself'
            ),
        )
        parser.add_argument(
            '--tls-destination',
            metavar='NAME',
            help=_(
                "the name to verify in the destination's certificate; "
                'default: the host name in DEST_URI'
            ),
        )
        _add_ways(parser)
        return parser

    def result(self, parsed_args: argparse.Namespace) -> dict[str, object]:
        """Migrate, and show what happened."""
        job = controller.Job(
            source_uri=parsed_args.connect,
            destination_uri=parsed_args.destination,
            domain=parsed_args.domain,
            settings=_settings(parsed_args),
            request=migration_call.MigrationRequest(
                block=bool(parsed_args.copy_storage),
                disks=tuple(parsed_args.copy_storage),
                migrate_uri=parsed_args.migrate_uri,
                tls_name=parsed_args.tls_destination,
                peer_to_peer=not parsed_args.direct,
            ),
            source_speed=_speed(parsed_args),
        )
        line = progress_line.ProgressLine(self.app.stderr)
        with cancel_signal.cancel_on_signal() as cancel:
            try:
                record, warnings = controller.migrate(
                    job, cancel=cancel, on_progress=line.show
                )
            finally:
                line.end()
        for sentence in warnings:
            self.warn(sentence)
        return {
            **record.as_columns(),
            **display.call_columns(record.call),
            'adjustments': display.changes(record.adjustments),
        }


def _add_ways(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--copy-storage',
        metavar='DISK',
        action='append',
        default=[],
        help=_(
            'copy this disk too (its target name, for example vda; may be '
            'repeated); the destination must have an image of the same size'
        ),
    )
    parser.add_argument(
        '--parallel',
        metavar='N',
        type=int,
        help=_('number of connections, 1 to 255'),
    )
    parser.add_argument(
        '--postcopy',
        action='store_true',
        help=_('switch to post-copy after the first pass over memory'),
    )
    parser.add_argument(
        '--plaintext',
        action='store_true',
        help=_('do not encrypt: everything in the guest can be read'),
    )
    parser.add_argument(
        '--direct',
        action='store_true',
        help=_(
            'not peer-to-peer: lead both hosts from here, where their libvirt '
            'daemons cannot reach each other'
        ),
    )


def _settings(
    parsed_args: argparse.Namespace,
) -> migration_settings.MigrationSettings:
    if parsed_args.config_file:
        settings = configuration.settings(parsed_args.config_file)
    else:
        settings = migration_settings.MigrationSettings(native_tls=True)
    changes: dict[str, Any] = {
        # The URI on the command line says how the daemons talk.
        'scheme': uris.parse_daemon_uri(parsed_args.destination).transport
        or 'tls',
        'uri': None,
    }
    if parsed_args.plaintext:
        changes.update(native_tls=False, tunnelled=False)
    elif not settings.native_tls and not settings.tunnelled:
        raise exception.PlaintextNotAsked()
    if parsed_args.postcopy:
        changes['permit_post_copy'] = True
    if parsed_args.parallel is not None:
        changes['parallel_connections'] = _connections(parsed_args.parallel)
        changes['auto_parallel'] = False
    return dataclasses.replace(settings, **changes)


def _speed(parsed_args: argparse.Namespace) -> costs.HostSpeed | None:
    """Find out how fast this host is, if it is the source."""
    if (
        parsed_args.plaintext
        or uris.parse_daemon_uri(parsed_args.connect).host is not None
    ):
        return None
    try:
        return own_speed.measure()
    except OSError as err:
        LOG.debug('How fast this host is is not known: %s', err)
        return None


def _connections(count: int) -> int:
    """Refuse what Nova's option silently takes for "not parallel"."""
    allowed = exclusions.PARALLEL_CONNECTIONS
    if count not in allowed:
        raise exception.OutOfRange(
            name='--parallel', value=count, low=allowed[0], high=allowed[-1]
        )
    return count
