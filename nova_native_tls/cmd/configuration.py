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

"""Reads nova.conf for a command, with or without Nova on the host."""

from __future__ import annotations

import argparse
import logging
import pathlib

from oslo_config import cfg

from nova_native_tls._i18n import _
from nova_native_tls import conf as options
from nova_native_tls import exception
from nova_native_tls.migration import settings as migration_settings


def add_argument(parser: argparse.ArgumentParser) -> None:
    """Let a command take ``--config-file``."""
    parser.add_argument(
        '--config-file',
        metavar='FILE',
        action='append',
        default=[],
        help=_(
            'nova.conf to read; say it again for every file that nova-compute '
            'is given, in the same order'
        ),
    )


def of_nova_compute() -> tuple[list[str], list[str]]:
    """Find what nova-compute reads when it is told nothing else.

    :returns: files and directories of files, each in the order of reading.
    """
    names = {'project': 'nova', 'prog': 'nova-compute'}
    return (
        list(cfg.find_config_files(**names)),
        list(cfg.find_config_dirs(**names)),
    )


def read(paths: list[str]) -> cfg.ConfigOpts:
    """Read these files, in this order, and no others.

    :raises ConfigurationUnreadable: one is missing or malformed.
    """
    for path in paths:
        _check_readable(path)
    registry = cfg.ConfigOpts()
    options.register_opts(registry)
    # Which of Nova's options are deprecated is for nova-compute to say.
    logging.getLogger('oslo_config.cfg').setLevel(logging.ERROR)
    try:
        registry(
            args=[],
            project='nova',
            default_config_files=paths,
            default_config_dirs=[],
        )
    except RecursionError as err:
        raise exception.ConfigurationUnreadable(
            problem=_('a value refers to itself')
        ) from err
    except (cfg.Error, OSError) as err:
        raise exception.ConfigurationUnreadable(problem=err) from err
    return registry


def _check_readable(path: str) -> None:
    """Name the file where oslo.config's own error would not.

    :raises ConfigurationUnreadable: it cannot be read, or is no text.
    """
    # A pipe can be read only once, and oslo.config is to read it.
    if pathlib.Path(path).is_fifo():
        return
    try:
        pathlib.Path(path).read_text(encoding='utf-8')
    except OSError as err:
        raise exception.ConfigurationUnreadable(
            problem=f'{path}: {err.strerror}'
        ) from err
    except UnicodeDecodeError as err:
        raise exception.ConfigurationUnreadable(
            problem=_('%s is not text') % path
        ) from err


def settings(paths: list[str]) -> migration_settings.MigrationSettings:
    """Read the migration settings from these files.

    :raises ConfigurationUnreadable: as ``read``, or a value is wrong.
    :raises ExclusiveOptions: the options exclude each other.
    """
    return migration_settings.from_conf(read(paths))
