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

"""One nova-compute without libvirt, database or message queue."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import os
import pathlib
from typing import Any
from unittest import mock

import fixtures
import nova.conf
from nova import context as nova_context
from nova import objects
import nova.privsep
from nova.virt.libvirt import driver as libvirt_driver
import testtools

from nova_native_tls.checks import base
from nova_native_tls.checks import peer_name
from nova_native_tls.checks import runner
from nova_native_tls.checks import versions as versions_check
from nova_native_tls import conf as options
from nova_native_tls.host import daemon
from nova_native_tls.host import listening
from nova_native_tls.nova import carrier
from nova_native_tls.nova import driver
from nova_native_tls.nova.facts import host_look
from nova_native_tls.nova.facts import root_file
from nova_native_tls import policy
from tests.unit.host import listeners
from tests.unit.pki import certificates

CONF = nova.conf.CONF

Parent = libvirt_driver.LibvirtDriver

HOST = 'host2.example.org'
DIRECTORY = '/etc/pki/qemu-migrate'
UUID = '8a6e2b9c-0c7a-4a55-9a3b-6a7f1d7d0c11'


class HostConnection:
    """Nova's connection to the local libvirt, as far as it is asked."""

    def __init__(self) -> None:
        self.host_name = HOST
        self.libvirt = 11_003_000
        self.qemu = 10_000_002
        self.guests: dict[str, Any] = {}
        self.asked_capabilities = 0

    def get_hostname(self) -> str:
        """What libvirt calls the host."""
        return self.host_name

    def get_connection(self) -> HostConnection:
        """The connection itself."""
        return self

    def getLibVersion(self) -> int:
        """libvirt's version."""
        return self.libvirt

    def getVersion(self) -> int:
        """QEMU's version."""
        return self.qemu

    def getHostname(self) -> str:
        """What libvirt calls the host."""
        return self.host_name

    def getCapabilities(self) -> str:
        """What takes libvirt its time."""
        self.asked_capabilities += 1
        return CAPABILITIES

    def listAllDomains(self, flags: int) -> list[Any]:
        """The guests that run."""
        return []

    def get_guest(self, instance: Any) -> Any:
        """The guest of an instance."""
        return self.guests[instance.uuid]


CAPABILITIES = """<capabilities><host>
<secmodel><model>none</model><doi>0</doi></secmodel>
<secmodel><model>dac</model><doi>0</doi>
<baselabel type='qemu'>+0:+0</baselabel></secmodel>
</host></capabilities>"""


class PrivilegedFiles:
    """A tree in which Nova's helper finds what it would find below /.

    Stands for nova.privsep.path as well.
    """

    def __init__(self, root: pathlib.Path) -> None:
        self.root = root

    def last_bytes(self, path: str, num: int) -> tuple[bytes, int]:
        """Read the end of a file, as Nova 29 to 34 do."""
        content = self.path(path).read_bytes()
        rest = max(0, len(content) - num)
        return content[rest:], rest

    def path(self, path: str) -> pathlib.Path:
        """Where a file really is."""
        return self.root / path.removeprefix('/')

    def write(self, path: str, content: bytes) -> None:
        """Put a file there."""
        self.path(path).parent.mkdir(parents=True, exist_ok=True)
        self.path(path).write_bytes(content)

    def daemon(self) -> daemon.Daemon:
        """A libvirt that lives in the tree."""
        return daemon.Daemon(
            program='libvirtd',
            pid=os.getpid(),
            # After everything that is made here.
            started_at=2**40,
            root=str(self.root),
        )


class AdapterTestCase(testtools.TestCase):
    """A host with a faultless certificate, and native TLS on."""

    def setUp(self) -> None:
        super().setUp()
        objects.register_all()
        options.register_opts(CONF)
        CONF([], project='nova', default_config_files=[])
        self.addCleanup(CONF.reset)
        self.configure(host='compute2')
        self.configure(
            'libvirt',
            virt_type='qemu',
            live_migration_with_native_tls=True,
            live_migration_scheme='tls',
        )
        self.files = PrivilegedFiles(
            pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        )
        self.exchange(root_file, nova_path=self.files)
        # In this process, as Nova's own tests do: no helper is started.
        nova.privsep.sys_admin_pctxt.set_client_mode(False)
        self.addCleanup(nova.privsep.sys_admin_pctxt.set_client_mode, True)
        self.exchange(daemon, find=self.files.daemon)
        # As live_migration_scheme has it.
        heard = frozenset({listeners.listener('0.0.0.0', 16514)})
        self.exchange(listening, read=lambda _pid: heard)
        self.files.write(
            '/etc/libvirt/qemu.conf',
            f'migrate_tls_x509_cert_dir = "{DIRECTORY}"\n'.encode(),
        )
        self.write_certificate(HOST)
        self.addCleanup(host_look._loaded.cache_clear)
        # Nova's own lines are not looked at.
        self.useFixture(fixtures.FakeLogger('nova'))
        self.log = self.useFixture(fixtures.FakeLogger('nova_native_tls'))
        self.host = HostConnection()
        #: Of hosts, what their aggregates say.
        self.aggregates: dict[str, str] = {}
        self.exchange(
            objects.AggregateList, get_by_host=self._aggregates_of_host
        )
        self.context = nova_context.RequestContext('user', 'project')

    def exchange(self, target: Any, **attributes: Any) -> None:
        """Exchange attributes until the test ends."""
        for name, value in attributes.items():
            self.useFixture(fixtures.MockPatchObject(target, name, value))

    def configure(self, group: str | None = None, **values: Any) -> None:
        """Set options until the test ends."""
        for name, value in values.items():
            CONF.set_override(name, value, group=group)
            self.addCleanup(CONF.clear_override, name, group=group)

    def write_certificate(self, *names: str) -> None:
        """Give the host another certificate."""
        self.files.write(
            f'{DIRECTORY}/server-cert.pem',
            certificates.pem(certificates.certificate('a host', dns=names)),
        )

    def _aggregates_of_host(
        self, _context: Any, host: str, key: str | None = None
    ) -> objects.AggregateList:
        """Stand for Nova's API database."""
        assert key == policy.KEY
        return objects.AggregateList(
            objects=[
                objects.Aggregate(
                    name=f'of-{host}', hosts=[host], metadata={key: said}
                )
                for name, said in self.aggregates.items()
                if name == host
            ]
        )

    def driver(self, **checks: base.PreCheck) -> driver.NativeTLSDriver:
        """Make the driver.

        :param checks: instead of those that are installed with the project.
        """
        made = driver.NativeTLSDriver(mock.Mock(name='virtapi'))
        made._host = self.host
        made._parse_migration_flags()
        made._native_tls_checks = runner.Runner(
            checks
            or {
                'peer_name': peer_name.PeerNameCheck(),
                'versions': versions_check.VersionsCheck(),
            }
        )
        # The helper loads what nova-compute does.
        host_look._loaded.cache_clear()
        self.exchange(runner, load=lambda: made._native_tls_checks.checks)
        return made

    @contextlib.contextmanager
    def parent(self, method: str, **behaviour: Any) -> Iterator[mock.Mock]:
        """Exchange a method of Nova's own class, with its signature."""
        with mock.patch.object(
            Parent, method, autospec=True, **behaviour
        ) as replaced:
            yield replaced


def instance(
    uuid: str = UUID,
    vm_state: str = 'active',
    *,
    extra_specs: dict[str, str] | None = None,
    system_metadata: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
) -> objects.Instance:
    """Make what Nova reads of an instance on these paths."""
    return objects.Instance(
        id=1,
        uuid=uuid,
        vm_state=vm_state,
        host='compute1',
        memory_mb=512,
        root_gb=1,
        ephemeral_gb=0,
        flavor=objects.Flavor(name='m1', extra_specs=extra_specs or {}),
        system_metadata=system_metadata or {},
        metadata=metadata or {},
        migration_context=None,
        resources=None,
    )


def migrate_data(
    carried: dict[str, str] | None = None, **fields: Any
) -> objects.migrate_data.LibvirtLiveMigrateData:
    """Make what Nova sends around; None: the dictionary is not set."""
    data = objects.migrate_data.LibvirtLiveMigrateData(
        **{
            'block_migration': False,
            'serial_listen_addr': '127.0.0.1',
            **fields,
        }
    )
    if carried is not None:
        data.old_vol_attachment_ids = carried
    return data


def over_rpc(
    data: objects.migrate_data.LibvirtLiveMigrateData,
) -> objects.migrate_data.LibvirtLiveMigrateData:
    """Send it to another host."""
    return objects.base.NovaObject.obj_from_primitive(data.obj_to_primitive())


def sent(
    role: carrier.Role, text: str, **fields: Any
) -> objects.migrate_data.LibvirtLiveMigrateData:
    """What arrives when a peer sends this text."""
    return over_rpc(migrate_data({role.value: text}, **fields))
