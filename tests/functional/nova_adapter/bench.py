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

Run as root: ``python -m tests.functional.nova_adapter.bench [REPETITIONS]``,
or ``tools/bench checks``, which does more.
Nova's privileged helper is a process of its own, as in nova-compute, with its
capabilities. It looks at a tree with real certificates and at this machine's
real ports and clock; there is no libvirt, whose answers take no time here.
The first time is that after new certificates: their keys are tried then.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
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
from nova_native_tls.nova.facts import own_facts
from nova_native_tls.nova import pre_checks
from tests.functional import credentials
from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import one_leg
from tests.functional.nova_adapter import trees
from tests.unit.host import listeners

CONF = nova.conf.CONF
Stage = base.Stage

#: What certificates have, and how large an RSA key is.
KEYS = {'P-256': None, 'RSA 3072': 3072}
#: What a migration waits for, in this order.
LEGS = ('destination', 'source', 'destination again')


def legs(checks: Any, host: Any) -> dict[str, Callable[[], Any]]:
    """Everything that a migration waits for, as two hosts in one."""
    said: dict[str, Any] = {}

    def destination() -> None:
        said['destination'] = one_leg.ask(
            checks, Stage.DESTINATION, host=host, instance=adapter.instance()
        )

    def source() -> None:
        data = adapter.migrate_data()
        carrier.put(data, carrier.Role.DESTINATION, said['destination'])
        said['source'] = one_leg.ask(
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
        one_leg.ask(
            checks,
            Stage.DESTINATION_AGAIN,
            host=host,
            instance=adapter.instance(),
            migrate_data=data,
            peer=carrier.Role.SOURCE,
        )

    functions = (destination, source, again)
    return {
        **dict(zip(LEGS, functions, strict=True)),
        'preparation': lambda: own_facts.collect(host),
        'every minute': lambda: pre_checks.watch(checks, host),
    }


def measure(
    files: adapter.PrivilegedFiles, repetitions: int, rsa_bits: int | None
) -> dict[str, list[float]]:
    """Time each leg again and again, in seconds.

    :param files: an empty tree, which gets certificates with such keys.
    """
    ca = credentials.authority(days=(-1, 400), rsa_bits=rsa_bits)
    own = trees.issue(issuer=ca, rsa_bits=rsa_bits)
    trees.write(files, ca_cert=ca.cert_pem, **trees.of(own))
    trees.run_guest(files)
    host = adapter.HostConnection()
    checks = pre_checks.load()
    nova.privsep.sys_admin_pctxt.start(priv_context.Method.FORK)
    try:
        settings = migration_settings.from_conf(CONF)
        pre_checks.at_start(checks, host=host, settings=settings)
        taken: dict[str, list[float]] = {}
        for _repetition in range(repetitions):
            for name, leg in legs(checks, host).items():
                began = time.perf_counter()
                leg()
                taken.setdefault(name, []).append(time.perf_counter() - began)
    finally:
        nova.privsep.sys_admin_pctxt.stop()
    taken['three legs'] = [
        sum(each) for each in zip(*(taken[name] for name in LEGS), strict=True)
    ]
    return taken


@contextlib.contextmanager
def prepared() -> Iterator[adapter.PrivilegedFiles]:
    """Let Nova's options, and this process, be those of a nova-compute."""
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
        heard = {listeners.listener('0.0.0.0', 16514)}
        stack.enter_context(mock.patch.object(daemon, 'find', files.daemon))
        stack.enter_context(
            mock.patch.object(listening, 'read', lambda pid: read(pid) | heard)
        )
        yield files


def main() -> None:
    """Measure with both kinds of keys."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    with prepared() as files:
        for kind, rsa_bits in KEYS.items():
            taken = measure(files, repetitions, rsa_bits)
            print(f'{kind}, {repetitions} times:')
            for name, times_s in taken.items():
                print(
                    f'  {name}: median {statistics.median(times_s) * 1e3:.1f} '
                    f'ms, least {min(times_s) * 1e3:.1f}, the first time '
                    f'{times_s[0] * 1e3:.1f}'
                )


if __name__ == '__main__':
    main()
