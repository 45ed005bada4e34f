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

"""``nova-native-tls nova show``: how the driver gets into nova-compute."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
import os
from typing import Any

from cliff import columns
from oslo_config import cfg

from nova_native_tls._i18n import _
from nova_native_tls.cmd import configuration
from nova_native_tls.cmd import display
from nova_native_tls.cmd import exit_status
from nova_native_tls.cmd import show_result
from nova_native_tls.conf import libvirt as libvirt_options
from nova_native_tls import exception
from nova_native_tls.migration import libvirt_api
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.migration import versions
from nova_native_tls.nova.installation import loading
from nova_native_tls.nova.installation import loading_choice

CONNECT_TIMEOUT_S = 15
#: What decides in nova.conf -> its group.
OPTIONS = {
    'compute_driver': None,
    'live_migration_with_native_tls': libvirt_options.GROUP,
}


class Known(columns.FormattableColumn[Any]):
    """A value; a dash for people if it is not known."""

    def human_readable(self) -> str:
        return '-' if self._value is None else str(self._value)


class Facts(columns.FormattableColumn[Mapping[str, Any]]):
    """Names and values; for people those that are known."""

    def human_readable(self) -> str:
        lines = [
            f'{name}: {value}'
            for name, value in self._value.items()
            if value not in (None, '')
        ]
        return '\n'.join(lines) or '-'


class NovaShow(show_result.ShowResult):
    """Show whether and how nova-compute can load the driver on this host.

    way is the program to start: nova-compute where Nova finds the driver by
    itself, nova-compute-native-tls where Nova is in another directory than
    nova-native-tls, or none (exit status 2). The options are those of the
    nova.conf, the versions those of the local libvirt. to_do is what is left
    (exit status 1).
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        configuration.add_argument(parser)
        parser.add_argument(
            '--nova-compute',
            metavar='FILE',
            help=_(
                'the program nova-compute that runs on this host (default: '
                'the one beside this Python, or else on PATH)'
            ),
        )
        parser.add_argument(
            '--connect',
            metavar='URI',
            default='qemu:///system',
            help=_("this host's libvirt (default: %(default)s)"),
        )
        return parser

    def result(self, parsed_args: argparse.Namespace) -> dict[str, object]:
        """Ask everybody, and show what they say."""
        named = parsed_args.nova_compute
        nova_compute = loading.look(loading.Program.NOVA_COMPUTE, named)
        own = loading.own(nova_compute)
        choice = loading_choice.choose(nova_compute, own)
        to_do = list(choice.warnings)
        if named is None:
            to_do += _others()
        host = _host_versions(parsed_args.connect, to_do)
        options = _options(parsed_args.config_file, to_do)
        if choice.program is not None and options['compute_driver']:
            to_do += _another_driver(options['compute_driver'])
        if choice.program is None:
            self.status = exit_status.ExitStatus.FAILURE
        elif to_do:
            self.status = exit_status.ExitStatus.WARNING
        return {
            'way': 'none' if choice.program is None else choice.program.value,
            'how': choice.how,
            'nova_compute': Facts(loading.as_dict(nova_compute)),
            'nova_compute_native_tls': Facts(loading.as_dict(own)),
            'nova_version': Known(choice.nova_version),
            'nova_supported': choice.supported,
            'libvirt_version': Known(host.libvirt and str(host.libvirt)),
            'qemu_version': Known(host.qemu and str(host.qemu)),
            'config_files': display.Lines(options['config_files']),
            **{name: Facts(options[name]) for name in OPTIONS},
            'to_do': display.Lines(to_do),
        }


def _others() -> list[str]:
    return [
        _('there is also %s: name the one that runs with --nova-compute')
        % place
        for place in loading.find(loading.Program.NOVA_COMPUTE)[1:]
    ]


def _host_versions(uri: str, to_do: list[str]) -> versions.HostVersions:
    try:
        with libvirt_api.Connection.open(
            uri, timeout_s=CONNECT_TIMEOUT_S
        ) as connection:
            return connection.host_versions()
    except exception.NativeTLSError as err:
        to_do.append(str(err))
        return versions.HostVersions()


def _files() -> list[str]:
    """Find what nova-compute reads when it is told nothing else."""
    files, directories = configuration.of_nova_compute()
    for directory in directories:
        files += sorted(
            os.path.join(directory, name)
            for name in os.listdir(directory)
            if name.endswith('.conf') and name[0] != '.'
        )
    return files


def _options(named: list[str], to_do: list[str]) -> dict[str, Any]:
    """Read what the files say; only files that were named have to be good.

    :returns: the files, and each option's value and the file that has it.
    :raises NativeTLSError: what was named cannot be used.
    """
    shown: dict[str, Any] = {name: {} for name in OPTIONS}
    shown['config_files'] = []
    try:
        shown['config_files'] = named or _files()
        if shown['config_files']:
            shown.update(_read(shown['config_files']))
        else:
            to_do.append(
                _('no nova.conf was found: name it with --config-file')
            )
    except (exception.NativeTLSError, OSError) as err:
        if named:
            raise
        to_do.append(str(err))
    return shown


def _read(paths: list[str]) -> dict[str, dict[str, Any]]:
    conf = configuration.read(paths)
    conf.register_opt(cfg.StrOpt('compute_driver'))
    # Refuses what nova-compute would refuse.
    settings = migration_settings.from_conf(conf)
    values = {
        'compute_driver': conf.compute_driver,
        'live_migration_with_native_tls': settings.native_tls,
    }
    found = {}
    for name, group in OPTIONS.items():
        location = conf.get_location(name, group)
        found[name] = {
            'value': values[name],
            'file': location.detail
            if location and location.location is cfg.Locations.user
            else None,
        }
    return found


def _another_driver(option: Mapping[str, Any]) -> list[str]:
    if option['value'] == loading.DRIVER:
        return []
    return [
        _('set [DEFAULT] compute_driver = %(driver)s; it is %(value)s')
        % {'driver': loading.DRIVER, 'value': option['value'] or _('not set')}
    ]
