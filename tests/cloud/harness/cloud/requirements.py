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

"""Can a cloud run on this machine, with this Python?"""

from __future__ import annotations

import pathlib
import shutil

from tests.cloud.harness.services import message_queue
from tests.cloud.harness.settings import endpoints
from tests.lab.harness import errors
from tests.lab.harness.lab import requirements as lab_requirements
from tests.lab.harness.node import environment

#: Program -> the Debian package that has it.
PROGRAMS = {
    'bindfs': 'bindfs',
    'mariadb': 'mariadb-client',
    'mariadb-install-db': 'mariadb-server',
    'mariadbd': 'mariadb-server',
    message_queue.PROGRAM: 'rabbitmq-server',
    'qemu-img': 'qemu-utils',
}

#: Script of this Python's environment -> the Python package that has it.
SCRIPTS = {
    'glance-manage': 'glance',
    'keystone-manage': 'keystone',
    'neutron-db-manage': 'neutron',
    'nova-manage': 'nova',
    'placement-status': 'openstack-placement',
    'privsep-helper': 'oslo.privsep',
    'openstack-inventory': 'openstacksdk',
    'uwsgi': 'uwsgi',
}


def check() -> None:
    """Return when a cloud can be started here.

    :raises RequirementError: the lab cannot be, or something of the cloud
        is missing; all of it is named, with its package.
    """
    lab_requirements.check()
    path = environment.SEARCH_PATH
    packages = {
        package
        for program, package in PROGRAMS.items()
        if shutil.which(program, path=path) is None
    }
    scripts = {
        package
        for script, package in SCRIPTS.items()
        if not pathlib.Path(endpoints.program(script)).exists()
    }
    if packages:
        raise errors.RequirementError(
            f'The cloud misses packages: install {" ".join(sorted(packages))}.'
        )
    if scripts:
        raise errors.RequirementError(
            'The cloud misses Python packages: pip install '
            f'{" ".join(sorted(scripts))}.'
        )
