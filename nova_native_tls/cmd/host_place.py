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

"""Which directory a command works on, and what reads it."""

from __future__ import annotations

import argparse
import os

from nova_native_tls._i18n import _
from nova_native_tls.checks import this_host
from nova_native_tls.identity import place

_DIRECTORY = _(
    'where the certificates are (default: where libvirt lets QEMU read them)'
)


def add_arguments(
    parser: argparse.ArgumentParser, directory: str = _DIRECTORY
) -> None:
    """Let a command take ``--directory`` and ``--connect``.

    :param directory: what is said of the first.
    """
    parser.add_argument(
        '--directory', metavar='DIR', type=os.path.abspath, help=directory
    )
    parser.add_argument(
        '--connect',
        metavar='URI',
        default=this_host.LOCAL,
        help=_(
            "this host's libvirt, which may be down (default: %(default)s)"
        ),
    )


def find(parsed_args: argparse.Namespace) -> place.Place:
    """Look at this host.

    :raises PlaceUnknown: it cannot be told.
    """
    seen = this_host.look(parsed_args.connect)
    return place.find(seen, parsed_args.directory)


def directory(parsed_args: argparse.Namespace) -> str:
    """Find the directory alone, without a look at the host if it is named.

    :raises PlaceUnknown: it cannot be told.
    """
    named: str | None = parsed_args.directory
    if named is not None:
        return named
    return place.find_directory(this_host.look(parsed_args.connect))
