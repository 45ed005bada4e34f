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

"""What the ``evidence`` commands have in common: a file, and its records."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
import dataclasses

from oslo_config import cfg

from nova_native_tls._i18n import _
from nova_native_tls.cmd import configuration
from nova_native_tls.cmd import one_line_errors
from nova_native_tls.evidence import chain
from nova_native_tls.evidence import journal
from nova_native_tls.evidence import record
from nova_native_tls import exception


class NoEvidenceFile(exception.NativeTLSError):
    msg_fmt = _(
        'There is no evidence: [native_tls] evidence_file is not set; name a '
        'file with --file'
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A record, and the entry that it stands in.

    :ivar is_edited: the line is not the one that was written.
    """

    anchor: chain.Anchor
    record: record.Record
    is_edited: bool


def add(parser: argparse.ArgumentParser) -> None:
    """Let a command take ``--file`` and ``--config-file``."""
    parser.add_argument(
        '--file',
        metavar='FILE',
        help=_(
            'the evidence (default: [native_tls] evidence_file); full files '
            'are looked for beside it'
        ),
    )
    configuration.add_argument(parser)


def path(parsed_args: argparse.Namespace) -> str:
    """Find out which file is meant.

    :raises NoEvidenceFile: none is.
    :raises ConfigurationUnreadable: as ``configuration.read``.
    """
    if parsed_args.file is not None:
        return str(parsed_args.file)
    conf = configuration.read(
        parsed_args.config_file or cfg.find_config_files(project='nova')
    )
    found = conf.native_tls.evidence_file
    if not found:
        raise NoEvidenceFile
    return str(found)


def records(
    command: one_line_errors.OneLineErrors, parsed_args: argparse.Namespace
) -> Iterator[Recorded]:
    """Give the records, the oldest first, and warn of what is none.

    :raises EvidenceUnreadable: there is no file, or it cannot be read.
    """
    bad = 0
    for line in journal.read(path(parsed_args)):
        try:
            entry = chain.from_line(line.content)
            if entry.kind != chain.Kind.MIGRATION:
                continue
            found = record.from_fields(entry.content)
        except ValueError:
            bad += 1
            continue
        bad += not entry.fits
        yield Recorded(
            anchor=entry.anchor, record=found, is_edited=not entry.fits
        )
    if bad:
        command.warn(
            _(
                '%d lines are not as they were written: run "nova-native-tls '
                'evidence verify"'
            )
            % bad
        )
