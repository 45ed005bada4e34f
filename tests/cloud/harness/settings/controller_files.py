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

"""What is in the configuration files of the controller's services?"""

from __future__ import annotations

import pathlib
import sys

from tests.cloud.harness.settings import endpoints
from tests.cloud.harness.settings import ini_file
from tests.cloud.harness.settings import options as cloud_options

NOVA_CONF = '/etc/nova/nova.conf'
#: Nova's second cell, for instances that no host could take.
CELL0_CONF = '/etc/nova/cell0.conf'
KEYSTONE_CONF = '/etc/keystone/keystone.conf'
GLANCE_CONF = '/etc/glance/glance-api.conf'
NEUTRON_CONF = '/etc/neutron/neutron.conf'
PLACEMENT_CONF = '/etc/placement/placement.conf'

FERNET_KEYS = '/etc/keystone/fernet-keys'

#: Below here are locks and images; private to the node like all of /run.
RUN = '/run/cloud'

#: Databases, one per connection of the files below.
DATABASES = (
    'keystone',
    'neutron',
    'glance',
    'placement',
    'nova_api',
    'nova',
    'nova_cell0',
)

_PASTE_FILES = {
    '/etc/nova/api-paste.ini': 'nova/api-paste.ini',
    '/etc/neutron/api-paste.ini': 'neutron/api-paste.ini',
    '/etc/glance/glance-api-paste.ini': 'glance/glance-api-paste.ini',
}


def all_files(
    options: cloud_options.Options, *, image_directory: pathlib.Path
) -> dict[str, str]:
    """Return the files of the controller, by path.

    :param image_directory: where glance keeps images.
    """
    files = {
        KEYSTONE_CONF: ini_file.render(_keystone()),
        GLANCE_CONF: ini_file.render(_glance(image_directory)),
        NEUTRON_CONF: ini_file.render(_neutron()),
        PLACEMENT_CONF: ini_file.render(_placement()),
        NOVA_CONF: nova_conf(options),
        CELL0_CONF: ini_file.render(_nova(options, database='nova_cell0')),
    }
    shipped = pathlib.Path(sys.prefix, 'etc')
    for path, source in _PASTE_FILES.items():
        files[path] = (shipped / source).read_text()
    return files


def nova_conf(
    options: cloud_options.Options, changes: ini_file.Changes | None = None
) -> str:
    """Return Nova's file, with changes over all that is chosen."""
    chosen = _nova(options, database='nova')
    return ini_file.render(ini_file.merged(chosen, changes or {}))


def nova_everywhere(options: cloud_options.Options) -> ini_file.Sections:
    """Return what nova.conf has on the controller and on the hosts."""
    credentials = endpoints.credentials()
    return {
        'DEFAULT': {
            'transport_url': endpoints.TRANSPORT_URL,
            'debug': options.debug,
            'report_interval': options.report_interval_s,
            'service_down_time': options.service_down_time_s,
            # Up to a minute of chance before periodic tasks begin.
            'periodic_fuzzy_delay': 0,
            # A report whose answer is lost with RabbitMQ blocks the next
            # ones for so long.
            'rpc_response_timeout': 30,
            'graceful_shutdown_timeout': 20,
            'manager_shutdown_timeout': 10,
        },
        'oslo_concurrency': {'lock_path': f'{RUN}/nova-locks'},
        'keystone_authtoken': _authtoken(),
        'service_user': {'send_service_user_token': True, **credentials},
        'placement': credentials,
        'neutron': credentials,
        'glance': credentials,
        'cinder': credentials,
        'vnc': {'enabled': False},
    }


def _nova(
    options: cloud_options.Options, *, database: str
) -> dict[str, dict[str, ini_file.Value]]:
    return ini_file.merged(
        nova_everywhere(options),
        {
            'DEFAULT': {
                'host': 'controller',
                'my_ip': endpoints.CONTROLLER,
                'state_path': f'{RUN}/nova',
            },
            'api_database': {'connection': endpoints.database_url('nova_api')},
            'database': {'connection': endpoints.database_url(database)},
            'conductor': {'workers': 1},
            'scheduler': {'workers': 1, 'discover_hosts_in_cells_interval': 2},
        },
        options.controller,
    )


def _keystone() -> ini_file.Sections:
    return {
        'database': {'connection': endpoints.database_url('keystone')},
        # A test session is longer than an hour.
        'token': {'provider': 'fernet', 'expiration': 86400},
        'fernet_tokens': {'key_repository': FERNET_KEYS},
        # bcrypt at its cheapest: the password is no secret.
        'identity': {'password_hash_rounds': 4},
    }


def _glance(image_directory: pathlib.Path) -> ini_file.Sections:
    return {
        'DEFAULT': {
            'bind_host': endpoints.CONTROLLER,
            'enabled_backends': 'images:file',
            # Uploads only, no imports, which need a staging directory.
            'enabled_import_methods': '[]',
        },
        'database': {'connection': endpoints.database_url('glance')},
        'glance_store': {'default_backend': 'images'},
        'images': {'filesystem_store_datadir': f'{image_directory}/images'},
        'os_glance_staging_store': {
            'filesystem_store_datadir': f'{image_directory}/staging'
        },
        'os_glance_tasks_store': {
            'filesystem_store_datadir': f'{image_directory}/tasks'
        },
        'keystone_authtoken': _authtoken(),
        'paste_deploy': {
            'flavor': 'keystone',
            'config_file': '/etc/glance/glance-api-paste.ini',
        },
        'oslo_concurrency': {'lock_path': f'{RUN}/glance-locks'},
    }


def _neutron() -> ini_file.Sections:
    return {
        'DEFAULT': {
            'core_plugin': 'ml2',
            'service_plugins': '',
            'auth_strategy': 'keystone',
            'transport_url': endpoints.TRANSPORT_URL,
            'api_paste_config': '/etc/neutron/api-paste.ini',
            'state_path': f'{RUN}/neutron',
            'notify_nova_on_port_status_changes': False,
            'notify_nova_on_port_data_changes': False,
        },
        'database': {'connection': endpoints.database_url('neutron')},
        'keystone_authtoken': _authtoken(),
        'oslo_concurrency': {'lock_path': f'{RUN}/neutron-locks'},
        'ml2': {
            'type_drivers': 'local',
            'tenant_network_types': 'local',
            'mechanism_drivers': '',
        },
    }


def _placement() -> ini_file.Sections:
    return {
        'placement_database': {
            'connection': endpoints.database_url('placement'),
            'sync_on_startup': True,
        },
        'keystone_authtoken': _authtoken(),
    }


def _authtoken() -> dict[str, ini_file.Value]:
    return {
        **endpoints.credentials(),
        'www_authenticate_uri': endpoints.IDENTITY_URL,
        'service_token_roles_required': True,
    }
