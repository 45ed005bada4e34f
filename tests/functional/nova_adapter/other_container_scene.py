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

"""A program: Nova's real helper looks at a libvirt in another container.

``python -m tests.functional.nova_adapter.other_container_scene CONFIG
DIRECTORY``, as root and with process ids of its own. What stands for libvirt
is a process of its name whose ``/etc`` is the directory. What is found is
printed.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import dataclasses
import pathlib
import shutil
import subprocess
import sys
import time

import nova.conf
from nova import objects
from oslo_log import log as logging

from nova_native_tls import conf as options
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.nova.facts import own_facts

CONF = nova.conf.CONF

TIMEOUT_S = 30

_SCRIPT = 'mount --bind "$1" /etc && exec "$2" 1000'


@contextlib.contextmanager
def libvirt(etc: pathlib.Path) -> Iterator[None]:
    """Run something that is called libvirtd, with a root of its own."""
    program = etc / 'libvirtd'
    shutil.copy('/bin/sleep', program)
    argv = ['unshare', '--mount', '--propagation', 'private']
    argv += ['sh', '-c', _SCRIPT, 'sh', str(etc), str(program)]
    with subprocess.Popen(argv) as running:
        try:
            name = pathlib.Path(f'/proc/{running.pid}/comm')
            deadline = time.monotonic() + TIMEOUT_S
            while name.read_text() != 'libvirtd\n':
                if time.monotonic() > deadline:
                    raise TimeoutError('libvirtd does not start')
                time.sleep(0.05)
            yield
        finally:
            running.kill()


def main() -> None:
    """Ask as nova-compute does, with this configuration file."""
    config, etc = sys.argv[1:]
    objects.register_all()
    options.register_opts(CONF)
    logging.register_options(CONF)
    CONF(['--config-file', config], project='nova')
    asked = own_facts.question(
        'nobody is asked', settings=migration_settings.from_conf(CONF)
    )
    with libvirt(pathlib.Path(etc)):
        answer = own_facts.look(
            dataclasses.replace(asked, checks=('tls-directory',))
        )
    for finding in answer.findings:
        print(f'{finding.code}: {finding.sentence()}')


if __name__ == '__main__':
    main()
