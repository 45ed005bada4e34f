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

"""How long do the pre-checks of one migration take inside nova-compute?

Run as root: ``python -m tests.functional.nova_adapter.bench [REPETITIONS]``.
Nova's privileged helper is a process of its own, as in nova-compute, with its
capabilities. It looks at a tree with real certificates and at this machine's
real ports and clock; there is no libvirt, whose answers take no time here.
"""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import pathlib
import statistics
import sys
import tempfile
import time
from typing import Any
from unittest import mock

import nova.conf
from nova import objects
import nova.privsep
from oslo_privsep import priv_context

from nova_native_tls.checks import base
from nova_native_tls import conf as options
from nova_native_tls.host import daemon
from nova_native_tls.host import listening
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls.nova import carrier
from nova_native_tls.nova import own_facts
from nova_native_tls.nova import pre_checks
from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import trees
from tests.unit.host import listeners

CONF = nova.conf.CONF
Stage = base.Stage


def legs(checks: Any, host: Any) -> dict[str, Callable[[], Any]]:
    """Everything that a migration waits for, as two hosts in one."""
    said: dict[str, Any] = {}

    def destination() -> None:
        said['destination'] = pre_checks.of_migration(
            checks, Stage.DESTINATION, host=host, instance=adapter.instance()
        )

    def source() -> None:
        data = adapter.migrate_data()
        carrier.put(data, carrier.Role.DESTINATION, said['destination'])
        said['source'] = pre_checks.of_migration(
            checks,
            Stage.SOURCE,
            host=host,
            instance=adapter.instance(),
            migrate_data=data,
            peer=carrier.Role.DESTINATION,
        )

    def again() -> None:
        data = adapter.migrate_data()
        carrier.put(data, carrier.Role.SOURCE, said['source'])
        pre_checks.of_migration(
            checks,
            Stage.DESTINATION_AGAIN,
            host=host,
            instance=adapter.instance(),
            migrate_data=data,
            peer=carrier.Role.SOURCE,
        )

    return {
        'destination': destination,
        'source': source,
        'destination again': again,
        'preparation': lambda: own_facts.collect(host),
    }


def measure(repetitions: int) -> None:
    """Print what each leg takes, in milliseconds."""
    host = adapter.HostConnection()
    checks = pre_checks.load()
    began = time.perf_counter()
    nova.privsep.sys_admin_pctxt.start(priv_context.Method.FORK)
    pre_checks.at_start(
        checks, host=host, settings=migration_settings.from_conf(CONF)
    )
    took_s = time.perf_counter() - began
    print(f'at start, with the helper: {took_s * 1e3:.1f} ms')
    taken: dict[str, list[float]] = {}
    for _repetition in range(repetitions):
        for name, leg in legs_of(checks, host):
            began = time.perf_counter()
            leg()
            taken.setdefault(name, []).append(time.perf_counter() - began)
    for name, times_s in taken.items():
        _print(name, times_s)
    three = [sum(each) for each in zip(*list(taken.values())[:3])]
    _print('three legs', three)
    print(f'three legs, the first time: {three[0] * 1e3:.1f} ms')


def legs_of(checks: Any, host: Any) -> list[tuple[str, Callable[[], Any]]]:
    """The legs in their order."""
    return list(legs(checks, host).items())


def _print(name: str, times_s: list[float]) -> None:
    milliseconds = sorted(each * 1e3 for each in times_s)
    print(
        f'{name}: median {statistics.median(milliseconds):.1f} ms, '
        f'least {milliseconds[0]:.1f}, most {milliseconds[-1]:.1f}'
    )


def main() -> None:
    """Prepare a host, and measure."""
    objects.register_all()
    options.register_opts(CONF)
    CONF([], project='nova', default_config_files=[])
    for name, value in {
        'live_migration_with_native_tls': True,
        'live_migration_scheme': 'tls',
        'virt_type': 'qemu',
    }.items():
        CONF.set_override(name, value, group='libvirt')
    read = listening.read
    with contextlib.ExitStack() as stack:
        root = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        files = adapter.PrivilegedFiles(root)
        trees.write(files)
        trees.run_guest(files)
        heard = {listeners.listener('0.0.0.0', 16514)}
        stack.enter_context(mock.patch.object(daemon, 'find', files.daemon))
        stack.enter_context(
            mock.patch.object(listening, 'read', lambda pid: read(pid) | heard)
        )
        stack.callback(nova.privsep.sys_admin_pctxt.stop)
        measure(int(sys.argv[1]) if len(sys.argv) > 1 else 50)


if __name__ == '__main__':
    main()
