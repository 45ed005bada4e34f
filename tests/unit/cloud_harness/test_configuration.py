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

"""The files of the services agree with each other."""

from __future__ import annotations

import configparser
import pathlib

import fixtures
import testtools

from tests.cloud.harness.settings import compute_files
from tests.cloud.harness.settings import controller_files
from tests.cloud.harness.settings import endpoints
from tests.cloud.harness.settings import options
from tests.lab.harness.node import host as lab_host
from tests.lab.harness.node import process

INIT = process.ProcessIdentity(pid=1, start_ticks=0, boot_id='x')


def read(text: str) -> configparser.ConfigParser:
    """Parse a file."""
    parser = configparser.ConfigParser(
        interpolation=None, default_section='none', strict=True
    )
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return parser


def nova_conf(
    name: str = 'host1',
    chosen: options.Options | None = None,
    **changes: dict[str, object],
) -> configparser.ConfigParser:
    """Return the nova.conf of a host."""
    host = lab_host.Host(name, directory=pathlib.Path('/none'), init=INIT)
    text = compute_files.nova_conf(
        host,
        chosen or options.Options(),
        changes,  # type: ignore[arg-type]
    )
    return read(text)


class ComputeTest(testtools.TestCase):
    """The nova.conf of the hosts."""

    def test_layers(self) -> None:
        """Each layer wins over the one before."""
        name = 'live_migration_scheme'
        chosen = options.Options(
            live_migration_scheme='tcp',
            every_compute={'libvirt': {'images_type': 'raw', 'cpu_mode': 'x'}},
            computes={'host2': {'libvirt': {'cpu_mode': 'y'}}},
        )
        first = nova_conf('host1', chosen)['libvirt']
        self.assertEqual('tcp', first[name])
        self.assertEqual('raw', first['images_type'])
        self.assertEqual('x', first['cpu_mode'])
        second = nova_conf('host2', chosen)['libvirt']
        self.assertEqual('y', second['cpu_mode'])
        changed = nova_conf('host2', chosen, libvirt={'cpu_mode': None})
        self.assertNotIn('cpu_mode', changed['libvirt'])
        self.assertEqual('raw', changed['libvirt']['images_type'])

    def test_driver(self) -> None:
        """Stock Nova without native TLS, unless it is chosen."""
        stock = nova_conf()
        self.assertEqual(
            'libvirt.LibvirtDriver', stock['DEFAULT']['compute_driver']
        )
        native_tls = 'live_migration_with_native_tls'
        self.assertEqual('false', stock['libvirt'][native_tls])
        chosen = options.Options(driver='other.Driver', native_tls=True)
        other = nova_conf('host1', chosen)
        self.assertEqual('other.Driver', other['DEFAULT']['compute_driver'])
        self.assertEqual('true', other['libvirt'][native_tls])

    def test_same_paths(self) -> None:
        """Hosts differ in their name and address only."""
        first, second = nova_conf('host1'), nova_conf('host2')
        different = {
            (section, name)
            for section in first.sections()
            for name in first[section]
            if first[section][name] != second[section][name]
        }
        self.assertEqual(
            {('DEFAULT', 'host'), ('DEFAULT', 'my_ip')}, different
        )

    def test_no_database(self) -> None:
        """nova-compute must not reach for a database."""
        for section in ('database', 'api_database'):
            self.assertNotIn(section, nova_conf().sections())


class ControllerTest(testtools.TestCase):
    """The files of the controller."""

    def setUp(self) -> None:
        super().setUp()
        prefix = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        for name in (
            'nova/api-paste.ini',
            'neutron/api-paste.ini',
            'glance/glance-api-paste.ini',
        ):
            path = prefix / 'etc' / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text('[composite:x]\n')
        self.useFixture(fixtures.MonkeyPatch('sys.prefix', str(prefix)))

    def files(self, chosen: options.Options | None = None) -> dict[str, str]:
        """Return all files."""
        return controller_files.all_files(
            chosen or options.Options(), image_directory=pathlib.Path('/i')
        )

    def test_every_database_is_used(self) -> None:
        """What is created is what is connected to."""
        text = '\n'.join(self.files().values())
        for name in controller_files.DATABASES:
            self.assertIn(endpoints.database_url(name), text)
        self.assertEqual(
            len(controller_files.DATABASES) + 1,
            text.count('connection = mysql+pymysql'),
            'nova_api is connected to from two files, all others from one',
        )

    def test_cells_differ_in_their_database_only(self) -> None:
        """The second cell's file is the first's with another database."""
        files = self.files()
        self.assertEqual(
            files[controller_files.NOVA_CONF].replace(
                endpoints.database_url('nova'),
                endpoints.database_url('nova_cell0'),
            ),
            files[controller_files.CELL0_CONF],
        )

    def test_nothing_in_var_lib(self) -> None:
        """No service keeps anything in a directory of the machine."""
        self.assertNotIn('/var/', '\n'.join(self.files().values()))

    def test_choice(self) -> None:
        """An option for the controller reaches Nova there."""
        chosen = options.Options(controller={'scheduler': {'workers': 3}})
        conf = read(self.files(chosen)[controller_files.NOVA_CONF])
        self.assertEqual('3', conf['scheduler']['workers'])

    def test_changes(self) -> None:
        """They count before that, and without them it is the same file."""
        chosen = options.Options(controller={'scheduler': {'workers': 3}})
        changes = {'scheduler': {'workers': 4}}
        conf = read(controller_files.nova_conf(chosen, changes))
        self.assertEqual('4', conf['scheduler']['workers'])
        self.assertEqual(
            self.files(chosen)[controller_files.NOVA_CONF],
            controller_files.nova_conf(chosen),
        )
