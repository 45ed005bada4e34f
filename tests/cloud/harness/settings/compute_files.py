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

"""What is in the nova.conf of a host?"""

from __future__ import annotations

from tests.cloud.harness.settings import controller_files
from tests.cloud.harness.settings import endpoints
from tests.cloud.harness.settings import ini_file
from tests.cloud.harness.settings import options as cloud_options
from tests.lab.harness.node import host as lab_host

NOVA_CONF = '/etc/nova/nova.conf'

#: A domain's XML names its disks by absolute paths, and Nova does not
#: rewrite them: the path is the same on every host, and what is there is
#: not, because each host has its own /var/lib/libvirt.
STATE = '/var/lib/libvirt/nova'
INSTANCES = f'{STATE}/instances'

_PRIVSEP_SECTIONS = (
    'nova_sys_admin',
    'privsep_osbrick',
    'vif_plug_ovs_privileged',
    'vif_plug_linux_bridge_privileged',
)


def nova_conf(
    host: lab_host.Host,
    options: cloud_options.Options,
    changes: ini_file.Changes,
) -> str:
    """Return the file of one host, with changes over all that is chosen."""
    return ini_file.render(
        ini_file.merged(
            controller_files.nova_everywhere(options),
            _of_host(host, options),
            options.every_compute,
            options.computes.get(host.name, {}),
            changes,
        )
    )


def _of_host(
    host: lab_host.Host, options: cloud_options.Options
) -> ini_file.Sections:
    # nova-compute is root here already, and sudo may not be installed.
    helper = f'{endpoints.program("privsep-helper")} --config-file {NOVA_CONF}'
    return {
        'DEFAULT': {
            'host': host.name,
            'my_ip': host.management_ipv4,
            'compute_driver': options.driver,
            'state_path': STATE,
            'instances_path': INSTANCES,
            'reserved_host_memory_mb': 0,
            'update_resources_interval': 10,
        },
        'libvirt': {
            'virt_type': 'qemu',
            'cpu_mode': 'none',
            'images_type': 'qcow2',
            'live_migration_scheme': options.live_migration_scheme,
            'live_migration_with_native_tls': options.native_tls,
        },
        'workarounds': {'skip_cpu_compare_on_dest': True},
        **{name: {'helper_command': helper} for name in _PRIVSEP_SECTIONS},
    }
