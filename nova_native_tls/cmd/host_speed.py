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

"""``nova-native-tls host speed``: how fast can a migration be here?"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
import math
from typing import Any

from cliff import columns
from oslo_config import cfg

from nova_native_tls._i18n import _
from nova_native_tls.checks import qemu_conf
from nova_native_tls.checks import this_host
from nova_native_tls.cmd import configuration
from nova_native_tls.cmd import show_result
from nova_native_tls import exception
from nova_native_tls.host import daemon
from nova_native_tls.host import observation
from nova_native_tls.host import unseen
from nova_native_tls.speed import costs
from nova_native_tls.speed import own_speed


class Rates(columns.FormattableColumn[Mapping[str, Any] | None]):
    """What one connection sends and receives; a dash if it is not known."""

    def human_readable(self) -> str:
        if self._value is None:
            return '-'
        return _('sends %(send_gib_s).2f, receives %(receive_gib_s).2f') % (
            self._value
        )


class Number(columns.FormattableColumn[float | None]):
    """A number; a dash if it is not known."""

    def human_readable(self) -> str:
        return '-' if self._value is None else f'{self._value:.2f}'


class HostSpeed(show_result.ShowResult):
    """Measure how fast this host can send and receive a guest's memory.

    All rates are in GiB per second, of one TLS connection that has a
    processor to itself: with a record for every page, as QEMU sends
    unless fills_records is true; with full records; and with pages that
    are put together first (zlib at level 0). link is what the kernel says
    of the interface that has the address, zstd whether QEMU here can use
    it. Nothing is changed, nothing leaves this host. The exit status is 1
    if TLS could not be measured.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        configuration.add_argument(parser)
        parser.add_argument(
            '--address',
            metavar='ADDRESS',
            help=_(
                'where this host receives migrations, an address or a name '
                '(default: live_migration_inbound_addr of the nova.conf, or '
                'else the name that libvirt reports)'
            ),
        )
        parser.add_argument(
            '--connect',
            metavar='URI',
            default=this_host.LOCAL,
            help=_(
                "this host's libvirt, which may be down (default: %(default)s)"
            ),
        )
        return parser

    def result(self, parsed_args: argparse.Namespace) -> dict[str, object]:
        """Look, and measure."""
        address = parsed_args.address or _address(
            parsed_args.config_file or cfg.find_config_files(project='nova')
        )
        seen = this_host.look(parsed_args.connect)
        priority = qemu_conf.priority_in_use(seen)
        speed = own_speed.measure(
            address or this_host.own_facts(seen).host_name,
            priority=priority,
            capabilities=None
            if isinstance(seen.libvirt, unseen.Unseen)
            else seen.libvirt.capabilities,
            root=_root(seen),
        )
        if speed.costs is None:
            self.warn(
                _(
                    'TLS could not be measured: see that GnuTLS is installed '
                    'and takes the priority %s'
                )
                % priority
            )
        return {
            **_rates(speed.costs),
            'priority': priority,
            'cores': speed.cores,
            'free_cores': Number(round(speed.free_cores, 2)),
            'link_gib_s': Number(_rounded(speed.link_gib_s)),
            'zstd': speed.zstd,
            'fills_records': speed.fills_records,
            'limit': limit(speed),
        }


def _address(paths: list[str]) -> str | None:
    conf = configuration.read(paths)
    try:
        address: str | None = conf.libvirt.live_migration_inbound_addr
    except cfg.Error as err:
        raise exception.ConfigurationUnreadable(problem=err) from err
    return address


def limit(speed: costs.HostSpeed) -> str:
    """Say in a sentence what holds a migration to or from here back."""
    if speed.costs is None:
        return _('not known, because TLS could not be measured')
    cost, link = speed.costs.page_records, speed.link_gib_s
    one = 1 / max(cost.send_s_per_gib, cost.receive_s_per_gib)
    # Where none is free, the guests share theirs.
    free = one * max(speed.free_cores, 1.0)
    if link is None or link > free:
        sentence = (
            _('the free processors, with about %.2f GiB/s')
            if speed.free_cores >= 1
            else _('the processors: none is free, one does about %.2f GiB/s')
        ) % free
        if link is None:
            sentence += _('; the speed of the network is not known')
        return sentence
    connections = math.ceil(link / one)
    if connections == 1:
        return _('the network: one connection is enough for it')
    return _('the network: %d connections are enough for it') % connections


def _rates(found: costs.StreamCosts | None) -> dict[str, Rates]:
    if found is None:
        names = ('tls_page_records', 'tls_full_records', 'tls_packed')
        return {name: Rates(None) for name in names}
    packing, full = found.packing, found.full_records
    return {
        'tls_page_records': _rate(found.page_records),
        'tls_full_records': _rate(full),
        'tls_packed': _rate(
            costs.Cost(
                send_s_per_gib=packing.send_s_per_gib + full.send_s_per_gib,
                receive_s_per_gib=packing.receive_s_per_gib
                + full.receive_s_per_gib,
            )
        ),
    }


def _rate(cost: costs.Cost) -> Rates:
    return Rates(
        {
            'send_gib_s': _rounded(1 / cost.send_s_per_gib),
            'receive_gib_s': _rounded(1 / cost.receive_s_per_gib),
        }
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _root(seen: observation.HostObservation) -> str:
    return seen.daemon.root if isinstance(seen.daemon, daemon.Daemon) else ''
