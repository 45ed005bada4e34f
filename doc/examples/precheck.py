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

"""Refuses guests while this host is about to be shut down."""

from __future__ import annotations

from collections.abc import Iterator
import pathlib

from nova_native_tls.checks import base
from nova_native_tls.checks import result

FILE = pathlib.Path('/run/no-arrivals')


class MaintenanceCheck(base.PreCheck):
    """Looks for a file that whoever maintains this host has put there."""

    stages = frozenset({base.Stage.DESTINATION})

    def run(self, context: base.CheckContext) -> Iterator[result.Finding]:
        """Refuse a guest where the file exists."""
        if FILE.exists():
            yield result.Finding(
                code='maintenance.announced',
                status=result.Status.FAILURE,
                subject=context.own.host,
                detail=f'there is a file {FILE}',
                remedy='remove it when maintenance is over',
            )
        else:
            yield result.Finding(
                code='maintenance.none',
                status=result.Status.SUCCESS,
                subject=context.own.host,
                detail='guests are welcome',
            )
