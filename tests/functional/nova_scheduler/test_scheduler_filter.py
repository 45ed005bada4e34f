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

"""Which hosts Nova's scheduler leaves to a guest that must be encrypted."""

from __future__ import annotations

import datetime
import subprocess
import sys

from nova.compute import task_states
from nova import context as nova_context
from nova import exception
from nova import objects
from oslo_context import context as oslo_context

from tests.functional.nova_scheduler import scheduler

PAST = datetime.datetime(2020, 2, 2, 12, tzinfo=datetime.UTC)

#: A controller has neither libvirt nor its binding.
WITHOUT_LIBVIRT = """
import sys

sys.modules['libvirt'] = None
from nova_native_tls.nova.scheduling import scheduler_filter

assert 'nova.virt.libvirt' not in sys.modules
"""


class HostsTest(scheduler.SchedulerTestCase):
    """The flavor requires encryption, and host1 is the source."""

    def setUp(self) -> None:
        super().setUp()
        self.instance(flavor='required')

    def test_ready(self) -> None:
        """Two hosts of one CA."""
        self.compute('host1', scheduler.ready())
        self.compute('host2', scheduler.ready())
        self.assertEqual(['host2'], self.chosen())
        self.assertEqual('', self.log.output)

    def test_each_obstacle(self) -> None:
        """One host each that will not do, for one reason each."""
        ready = scheduler.ready
        self.compute('host1', ready('a', 'a'))
        for host, stats in {
            'stock': scheduler.STOCK,
            'later': ready() | {'native_tls_format': '2'},
            'damaged': ready() | {'native_tls_trusted': 'x'},
            'broken': ready(ready=False, problems=('server-cert.expired',)),
            'silent': ready(ready=False),
            'expired': ready(server_not_after=PAST),
            'empty': ready(server_not_after=None),
            'foreign': ready('ab', 'b'),
            'distrusting': ready('b', 'a'),
            'good': ready('ab', 'a'),
            # As a source it is not asked for.
            'destination': ready(client_not_after=PAST),
        }.items():
            self.compute(host, stats)

        self.assertEqual(['destination', 'good'], self.chosen())

        for host, reason in {
            'stock': 'it says nothing about native TLS: the driver of this '
            'project does not run there, or has nothing to encrypt',
            'later': 'what it says about native TLS cannot be read (it is of '
            'format 2, this host reads 1: upgrade the older of the two)',
            'damaged': 'what it says about native TLS cannot be read '
            '(native_tls_trusted is missing or of the wrong kind)',
            'broken': 'it is not ready for native TLS (server-cert.expired): '
            'run "nova-native-tls host check" there',
            'silent': 'it is not ready for native TLS (it does not say why): '
            'run "nova-native-tls host check" there',
            'expired': 'its certificate as a destination expired at '
            '2020-02-02 12:00:00+00:00',
            'empty': 'it has no certificate to show as a destination',
            'foreign': 'the source trusts no CA that issued its server '
            'certificate',
            'distrusting': 'it trusts no CA that issued the client '
            'certificate of the source',
        }.items():
            self.assertIn(
                f'The host {host} cannot take an instance whose live '
                'migration has to be encrypted, as flavor small says: '
                f'{reason}\n',
                self.log.output,
            )

    def test_each_obstacle_of_the_source(self) -> None:
        """Then there is no host at all; the reason names the source."""
        self.compute('host2', scheduler.ready())
        for stats, reason in (
            (None, 'it says nothing about native TLS'),
            (scheduler.STOCK, 'it says nothing about native TLS'),
            (scheduler.ready(ready=False), 'it is not ready'),
            (
                scheduler.ready(client_not_after=PAST),
                'its certificate as a source expired',
            ),
        ):
            if stats is not None:
                self.compute('host1', stats)
            self.assertEqual([], self.chosen())
            self.assertIn(f'host2: of the source: {reason}', self.log.output)
            if stats is not None:
                self.forget('host1')

    def test_sums_up(self) -> None:
        """One line for the operator, however many hosts there are."""
        self.compute('host1', scheduler.ready())
        for number in range(2, 10):
            self.compute(f'host{number}', scheduler.ready(issuer='b'))
        self.compute('good', scheduler.ready())
        self.assertEqual(['good'], self.chosen())
        (line,) = [
            line for line in self.log.output.splitlines() if 'Its live' in line
        ]
        self.assertIn(
            'Its live migration from host1 has to be encrypted, and 8 of 9 '
            'hosts cannot take it: host',
            line,
        )
        self.assertTrue(line.endswith('; and 3 more'), line)
        self.assertEqual(5, line.count('trusts no CA'))

    def test_host_asked_for(self) -> None:
        """Who names a host gets that one or none."""
        self.compute('host1', scheduler.ready())
        self.compute('host2', scheduler.STOCK)
        self.compute('host3', scheduler.ready())
        for host, chosen in (('host2', []), ('host3', ['host3'])):
            asked = self.destination(host)
            spec = self.request(requested_destination=asked)
            self.assertEqual(chosen, self.chosen(spec))

    def test_host_that_has_not_reported(self) -> None:
        """Nova knows no statistics of it yet."""
        self.compute('host1', scheduler.ready())
        self.compute('host2', scheduler.ready(), free_disk_gb=None)
        self.assertEqual([], self.chosen())

    def test_request_in_the_log(self) -> None:
        """What is logged afterwards still names the request."""
        self.compute('host1', scheduler.ready())
        self.compute('host2', scheduler.ready())
        asked = nova_context.RequestContext('user', 'project')
        self.context = asked
        self.assertEqual(['host2'], self.chosen())
        self.assertEqual(
            asked.request_id, oslo_context.get_current().request_id
        )

    def test_gone_meanwhile(self) -> None:
        """An instance that was deleted is not judged as another one."""
        self.compute('host2', scheduler.ready())
        spec = self.request(instance_uuid=scheduler.CELL)
        self.assertRaises(exception.InstanceNotFound, self.chosen, spec)


class RulesTest(scheduler.SchedulerTestCase):
    """The same hosts each time: host1 is ready, as is only ``ready``."""

    READY = ('ready',)
    ANY = ('ready', 'stock')

    def setUp(self) -> None:
        super().setUp()
        self.compute('host1', scheduler.ready())
        self.compute('ready', scheduler.ready())
        self.compute('stock', scheduler.STOCK)

    def check(self, *wanted: str, **said: str) -> None:
        """Say something and see who is left."""
        self.instance(**said)
        self.assertEqual(sorted(wanted), self.chosen())

    def test_nobody(self) -> None:
        """The source encrypts, and to a stock host it is as with Nova."""
        self.check(*self.ANY)

    def test_nobody_and_not_ready(self) -> None:
        """A host of this project that is not ready would refuse."""
        self.compute('broken', scheduler.ready(ready=False))
        self.check(*self.ANY)

    def test_options(self) -> None:
        """What the scheduler's nova.conf says counts for the cloud."""
        self.instance()
        for value, wanted in (
            ('disabled', self.ANY),
            ('opportunistic', self.ANY),
            ('required', self.READY),
            (None, self.ANY),
        ):
            self.configure('native_tls', migration_encryption=value)
            self.assertEqual(sorted(wanted), self.chosen())

    def test_options_of_the_source(self) -> None:
        """They need not be written down on the controller."""
        self.instance()
        for value, wanted in (
            ('disabled', self.ANY),
            ('opportunistic', self.ANY),
            ('required', self.READY),
            ('of a later release', self.READY),
        ):
            self.forget('host1')
            self.compute('host1', scheduler.ready(encryption=value))
            self.assertEqual(sorted(wanted), self.chosen())

    def test_options_differ(self) -> None:
        """The strictest counts, of scheduler, source and destination."""
        self.instance()
        self.configure('native_tls', migration_encryption='disabled')
        self.compute(
            'strict', scheduler.ready(issuer='b', encryption='required')
        )
        self.assertEqual(['ready', 'stock'], self.chosen())
        self.forget('host1')
        self.compute('host1', scheduler.ready(encryption='required'))
        self.assertEqual(['ready'], self.chosen())

    def test_source_that_says_nothing(self) -> None:
        """Nova's own driver sends whatever it is told to wherever."""
        self.forget('host1')
        self.instance()
        self.assertEqual(['ready', 'stock'], self.chosen())
        self.configure('libvirt', live_migration_with_native_tls=True)
        self.assertEqual(['ready', 'stock'], self.chosen())
        self.configure('native_tls', migration_encryption='required')
        self.assertEqual([], self.chosen())

    def test_flavor(self) -> None:
        """It may make it weaker."""
        self.check(*self.ANY, flavor='disabled')

    def test_flavor_that_may_not(self) -> None:
        """Unless the options forbid it."""
        self.configure(
            'native_tls',
            allow_weaker_instances=False,
            migration_encryption='required',
        )
        self.check(*self.READY, flavor='disabled')

    def test_tenant_cannot_weaken(self) -> None:
        """Neither by image nor by metadata."""
        self.configure('native_tls', migration_encryption='required')
        self.check(*self.READY, image='disabled', metadata='opportunistic')

    def test_tenant_can_strengthen(self) -> None:
        """By an image property that Nova does not know."""
        self.configure('native_tls', migration_encryption='disabled')
        self.check(*self.READY, image='required')

    def test_tenant_can_strengthen_by_metadata(self) -> None:
        """Nova's scheduler is not told of it, so it is looked up."""
        self.configure('native_tls', migration_encryption='disabled')
        self.check(*self.READY, metadata='required')

    def test_aggregate_of_the_source(self) -> None:
        """It counts wherever the instance goes."""
        self.configure('native_tls', migration_encryption='disabled')
        self.aggregate('pci', 'required', 'host1')
        self.check(*self.READY)

    def test_aggregate_of_a_destination(self) -> None:
        """It counts for that host only, and against the source's word."""
        self.aggregate('open', 'disabled', 'host1', 'stock')
        self.aggregate('closed', 'required', 'ready')
        self.check(*self.ANY)

    def test_aggregate_that_demands_what_its_host_cannot(self) -> None:
        """The host is refused, by whatever the source says."""
        self.configure('native_tls', migration_encryption='disabled')
        self.aggregate('closed', 'required', 'stock')
        self.check(*self.READY)

    def test_nonsense(self) -> None:
        """What is no value at all counts as the strictest."""
        self.configure('native_tls', migration_encryption='disabled')
        self.check(*self.READY, flavor='yes, please')


class OtherRequestsTest(scheduler.SchedulerTestCase):
    """What is no live migration is none of its business."""

    def setUp(self) -> None:
        super().setUp()
        self.compute('host1', scheduler.ready())
        self.compute('stock', scheduler.STOCK)

    def test_cold_migration_and_resize(self) -> None:
        """They look the same to the scheduler, but for the task."""
        self.instance(flavor='required', task_state=task_states.RESIZE_PREP)
        self.assertEqual(['stock'], self.chosen())

    def test_unshelve(self) -> None:
        """The cell is named there, too."""
        self.instance(flavor='required', task_state=task_states.UNSHELVING)
        self.assertEqual(['stock'], self.chosen())

    def test_evacuate(self) -> None:
        """The source is dead, and any host is better."""
        self.instance(flavor='required', task_state=task_states.REBUILDING)
        for destination in (
            None,
            objects.Destination(host='stock', node=None),
            objects.Destination(host='stock', node=None, cell=None),
        ):
            spec = self.request(requested_destination=destination)
            self.assertEqual(['stock'], self.chosen(spec))

    def test_rebuild(self) -> None:
        """It stays where it is, which may not be ready."""
        self.instance(flavor='required', task_state=task_states.REBUILDING)
        spec = self.request(
            requested_destination=None,
            ignore_hosts=None,
            force_hosts=['stock'],
            scheduler_hints={'_nova_check_type': ['rebuild']},
        )
        self.assertEqual(['stock'], self.chosen(spec))

    def test_new_instance(self) -> None:
        """There is none yet, and nobody looks for it."""
        for destination in (
            None,
            objects.Destination(host='stock', node=None),
        ):
            spec = self.request(
                requested_destination=destination, ignore_hosts=None
            )
            self.assertIn('stock', self.chosen(spec))
        self.assertEqual('', self.log.output)


class ControllerTest(scheduler.SchedulerTestCase):
    """nova-scheduler runs where there is no hypervisor."""

    def test_without_libvirt(self) -> None:
        """It needs nothing of libvirt."""
        ran = subprocess.run(
            [sys.executable, '-c', WITHOUT_LIBVIRT],
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        self.assertEqual(0, ran.returncode, ran.stderr)
