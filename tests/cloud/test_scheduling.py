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

"""nova-api and nova-scheduler know what must be encrypted, and who can.

The scheduler has this project's filter here, and there is a third host. The
other tests of this folder are without both.
"""

from __future__ import annotations

from collections.abc import Callable
import datetime
import functools
import time

from tests.cloud import base
from tests.cloud.harness.api import flavors
from tests.cloud.harness.api import live_migrations
from tests.cloud.harness.api import rest as cloud_rest
from tests.cloud.harness.settings import ini_file
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.pki import pki

KEY = 'native_tls:migration_encryption'
TRAIT = 'CUSTOM_NATIVE_TLS_READY'

FILTER = 'nova_native_tls.nova.scheduling.scheduler_filter.NativeTLSFilter'
#: As doc/source/admin/scheduling.rst has it.
FILTER_SCHEDULER: dict[str, ini_file.Value] = {
    'available_filters': ('nova.scheduler.filters.all_filters', FILTER),
    'enabled_filters': 'ComputeFilter,ComputeCapabilitiesFilter,'
    'ImagePropertiesFilter,ServerGroupAntiAffinityFilter,'
    'ServerGroupAffinityFilter,NativeTLSFilter',
}

#: Within so many seconds the trait has to follow.
MINUTE_S = 60
#: How long the certificate lasts that is to expire.
VALID_S = 15
POLL_S = 0.5

#: Less is free on the third host by so much, so it is the second choice
#: (Nova's RAMWeigher).
RESERVED_MIB = 512


class FlavorTest(base.CloudTestCase):
    """Nova's API takes a flavor by what it says about encryption."""

    def create(self, specs: dict[str, str]) -> None:
        """Make a flavor and delete it."""
        flavor_id = flavors.create_flavor(
            self.cloud.rest, self.id(), memory_mib=64
        )
        try:
            flavors.set_extra_specs(self.cloud.rest, flavor_id, specs)
        finally:
            flavors.delete_flavor(self.cloud.rest, flavor_id)

    def test_values(self) -> None:
        """What means something is taken."""
        for value in ('required', 'opportunistic', 'disabled'):
            self.create({KEY: value})

    def test_nonsense(self) -> None:
        """What does not is refused with 400, and a sentence."""
        for key, value, sentence in (
            (
                KEY,
                'sometimes',
                "'sometimes' is not one of: required, opportunistic, disabled",
            ),
            (
                f'{KEY}s',
                'required',
                f"extra spec '{KEY}s' does not appear to be a valid extra "
                'spec',
            ),
        ):
            error = self.assertRaises(
                cloud_rest.RestError, self.create, {key: value}
            )
            self.assertEqual(400, error.status)
            self.assertIn(sentence, str(error))


class ThirdHostTest(base.CloudTestCase):
    """A server that has to be encrypted, and two hosts that could take it."""

    def set_up_computes(self) -> None:
        """Start all of them, and give the scheduler the filter."""
        self.addCleanup(self.retire)
        self.configure(
            driver=base.PLUGIN,
            native_tls=True,
            hosts=self.cloud.lab.hosts,
            sections={
                'DEFAULT': {
                    'reserved_host_memory_mb': lambda host: (
                        RESERVED_MIB if host == self.third else 0
                    )
                }
            },
        )
        self.cloud.wait_discovered(self.third.name)
        self.cloud.compute(self.third.name).allow(scheduling=True)
        self.addCleanup(self.cloud.reconfigure_scheduler)
        self.cloud.reconfigure_scheduler(filter_scheduler=FILTER_SCHEDULER)

    def retire(self) -> None:
        """Leave no third host to the next tests."""
        compute = self.cloud.compute(self.third.name)
        if compute.is_running:
            compute.allow(scheduling=False)
            compute.stop()

    def test_expires(self) -> None:
        """A host whose certificate expires is no longer chosen.

        It was the first choice before.
        """
        machine = self.boot(extra_specs={KEY: 'required'})
        for host in (self.source, self.destination, self.third):
            self.wait(
                functools.partial(self.is_ready, host),
                f'lacks the trait: {host.name}',
            )
        self.addCleanup(
            pki.install_qemu_identity, self.destination, self.authority
        )

        first = machine.live_migrate(None)
        self.assertEqual('completed', first.status, str(first))
        self.assert_arrived(machine, self.destination)
        back = machine.live_migrate(self.source.name)
        self.assertEqual('completed', back.status, str(back))

        not_after = self.install_short_lived(self.destination)
        self.wait(
            lambda: datetime.datetime.now(datetime.UTC) > not_after,
            'does not expire',
        )
        self.wait(lambda: not self.is_ready(self.destination), 'is ready')

        since = len(self.scheduler_log)
        second = machine.live_migrate(None)
        self.assertEqual('completed', second.status, str(second))
        self.assert_arrived(machine, self.third)
        self.assert_not_asked(second)
        (line,) = [
            line
            for line in self.scheduler_log[since:].splitlines()
            if 'Its live migration from' in line and ' INFO ' in line
        ]
        print(line)
        self.assertIn(
            'Its live migration from host1 has to be encrypted, and 1 of 2 '
            'hosts cannot take it: host2: it is not ready for native TLS '
            '(',
            line,
        )

        # Nor if somebody names it.
        named = machine.live_migrate(self.destination.name)
        self.assertEqual('error', named.status, str(named))
        self.assert_not_asked(named)
        self.assert_runs_on(machine, self.third)

    def install_short_lived(self, host: lab_host.Host) -> datetime.datetime:
        """Give a host a certificate that expires soon, and say when."""
        not_after = datetime.datetime.now(datetime.UTC) + datetime.timedelta(
            seconds=VALID_S
        )
        issued = self.authority.issue(
            (host.fqdn, host.name), not_after=not_after
        )
        pki.write_qemu_identity(
            host, ca_pem=self.authority.cert_pem, issued=issued
        )
        return not_after

    def is_ready(self, host: lab_host.Host) -> bool:
        """Ask placement for the trait."""
        found = self.cloud.rest.get('compute', '/os-hypervisors/detail')
        (uuid,) = [
            each['id']
            for each in found['hypervisors']
            if each['service']['host'] == host.name
        ]
        traits = self.cloud.rest.get(
            'placement',
            f'/resource_providers/{uuid}/traits',
            microversion='1.6',
        )['traits']
        return TRAIT in traits

    def wait(self, enough: Callable[[], bool], otherwise: str) -> None:
        """Wait until something is so, a minute at the most."""
        deadline = time.monotonic() + MINUTE_S
        while not enough():
            if time.monotonic() > deadline:
                self.fail(f'after {MINUTE_S} s it still {otherwise}')
            time.sleep(POLL_S)

    @property
    def scheduler_log(self) -> str:
        """What nova-scheduler has said."""
        return self.cloud.daemons['nova-scheduler'].log()

    def assert_not_asked(self, outcome: live_migrations.Outcome) -> None:
        """The destination was not even asked whether it would take it."""
        self.assertNotIn(
            self.destination.name,
            {event.host for event in outcome.action.events},
            str(outcome),
        )
