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

"""What can be chosen of a cloud?"""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
from typing import Any
from typing import Literal

from tests.cloud.harness.settings import ini_file

STOCK_DRIVER = 'libvirt.LibvirtDriver'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a cloud differs from the one that nothing was chosen of.

    ``every_compute`` and ``computes`` (by host) are options of nova.conf on
    the hosts, by section; the latter win. ``controller`` is the same of
    Nova's services on the controller.
    """

    host_count: int = 2
    #: So many hosts, the last, have no nova-compute until a test starts it.
    spare_count: int = 0
    #: nova.conf, [DEFAULT] compute_driver, of every host.
    driver: str = STOCK_DRIVER
    #: The program that runs as nova-compute, by the name of its script.
    compute_program: str = 'nova-compute'
    #: Whether all hosts keep instances in one directory.
    shared_instances: bool = False
    #: libvirt's own connection between the hosts.
    live_migration_scheme: Literal['tcp', 'tls'] = 'tls'
    #: [libvirt] live_migration_with_native_tls of every host.
    native_tls: bool = False
    every_compute: ini_file.Changes = dataclasses.field(default_factory=dict)
    computes: Mapping[str, ini_file.Changes] = dataclasses.field(
        default_factory=dict
    )
    controller: ini_file.Changes = dataclasses.field(default_factory=dict)
    #: Whether Nova logs at debug level, by which a start is seen to end.
    debug: bool = True
    report_interval_s: int = 2
    #: Longer than any restart takes: what runs again is up for Nova at once.
    service_down_time_s: int = 60

    def to_dict(self) -> dict[str, Any]:
        """Return all of it in types that JSON has."""
        return dataclasses.asdict(self)
