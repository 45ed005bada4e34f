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

"""Asks the pre-checks as Nova's driver does, on a host that has no Nova.

``facts``: print what this host tells the source of a migration to it.
``source``: read that from standard input, print the status of every finding.
"""

from __future__ import annotations

import dataclasses
import json
import sys

from nova_native_tls.checks import base
from nova_native_tls.checks import host_check
from nova_native_tls.checks import own_end
from nova_native_tls.checks import runner
from nova_native_tls.checks import this_host
from nova_native_tls.host import observation
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.peer import facts
from nova_native_tls.pki import credential_set


def context(
    seen: observation.HostObservation, stage: base.Stage
) -> base.CheckContext:
    """Put together what is known before the other host has said anything."""
    return base.CheckContext(
        stage=stage,
        settings=migration_settings.MigrationSettings(
            native_tls=True, scheme='tls'
        ),
        own=this_host.own_facts(seen),
        observation=seen,
    )


def main() -> None:
    """Do what the only argument says."""
    seen = this_host.look()
    if sys.argv[1] == 'facts':
        asked = context(seen, base.Stage.DESTINATION)
        end = own_end.find(
            host_check.Host(seen, asked), credential_set.Endpoint.SERVER
        )
        assert end is not None and asked.own is not None
        chain = end.chain()
        print(facts.dumps(dataclasses.replace(asked.own, server_chain=chain)))
        return
    asked = dataclasses.replace(
        context(seen, base.Stage.SOURCE), peer=facts.loads(sys.stdin.read())
    )
    report = runner.Runner(runner.load()).run(asked)
    print(
        json.dumps(
            {each.code: each.status.name.lower() for each in report.findings}
        )
    )


if __name__ == '__main__':
    main()
