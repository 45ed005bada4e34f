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

"""Can this host be verified, under the name that it asks for?"""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses

from nova_native_tls.checks import base
from nova_native_tls.checks import peer_name
from nova_native_tls.checks import result


class OwnNameCheck(base.PreCheck):
    """What sources would find out, asked before there is one."""

    stages = frozenset({base.Stage.HOST})

    def run(self, context: base.CheckContext) -> Iterator[result.Finding]:
        """Look at this host as a destination."""
        return peer_name.PeerNameCheck().run(
            dataclasses.replace(context, stage=base.Stage.DESTINATION)
        )
