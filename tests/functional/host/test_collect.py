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

"""A whole host, below a directory of its own."""

from __future__ import annotations

import os
from typing import Any

import fixtures

from nova_native_tls import exception
from nova_native_tls.host import collect
from nova_native_tls.host import confinement
from nova_native_tls.host import daemon
from nova_native_tls.host import libvirt_view
from nova_native_tls.host import observation
from nova_native_tls.host import read_as_user
from nova_native_tls.host import unseen
from nova_native_tls.migration import versions
from tests.functional.host import trees

UID, GID = 64101, 64201
CAPABILITIES = f"""<capabilities><host>
<secmodel><model>{{model}}</model><doi>0</doi></secmodel>
<secmodel><model>dac</model><doi>0</doi>
<baselabel type='kvm'>+{UID}:+{GID}</baselabel></secmodel>
</host></capabilities>"""
TEMPLATE = 'profile x {\n#include <abstractions/libvirt-qemu>\n}\n'
SECRET = '2f0c2c6e-0000-4000-8000-000000000000'


def never(*_arguments: object) -> Any:
    """Be a libvirt that is down."""
    raise exception.ConnectionFailed(uri='x', problem='it is down')


class CollectTest(trees.NeedsRoot):
    """Files of a host, seen through libvirt's own root."""

    def setUp(self) -> None:
        super().setUp()
        self.write('etc/libvirt/qemu.conf', '# nothing')
        self.write('etc/pki/qemu/ca-cert.pem', 'a CA')
        self.write('etc/pki/qemu/server-cert.pem', 'a certificate')
        self.write('etc/pki/qemu/server-key.pem', 'a key', 0o600)
        self.daemon = daemon.Daemon(
            program='libvirtd',
            pid=os.getpid(),
            # After everything that is made here.
            started_at=2**40,
            root=str(self.root),
        )

    def write(self, path: str, content: str, mode: int = 0o644) -> None:
        """Write a file below the root."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        file.chmod(mode)

    def look(
        self, model: str = 'none', **sources: Any
    ) -> observation.HostObservation:
        """Look at the host, with a libvirt that answers."""
        view = libvirt_view.LibvirtView(
            host_name='host1.example.org',
            versions=versions.HostVersions(),
            capabilities=CAPABILITIES.format(model=model),
            running=(),
        )
        with fixtures.MockPatchObject(daemon, 'find', lambda: self.daemon):
            return collect.collect(
                collect.Sources(
                    **{
                        'host': 'host1',
                        'libvirt': lambda: view,
                        'secret': never,
                        'reader': read_as_user.read,
                        **sources,
                    }
                )
            )

    def test_credentials(self) -> None:
        """As QEMU's user gets them, below libvirt's root."""
        seen = self.look()
        files = seen.credentials
        assert not isinstance(files, unseen.Unseen)
        self.assertEqual(b'a CA', files.file('ca-cert.pem').content)
        self.assertEqual(13, files.file('server-key.pem').read_error)
        self.assertEqual(2, files.file('client-key.pem').stat_error)
        self.assertEqual(b'a certificate', seen.server_cert)
        self.assertEqual(
            {'', 'ca-cert.pem', 'server-cert.pem', 'server-key.pem'},
            set(seen.walks),
        )

    def test_other_directory(self) -> None:
        """What qemu.conf says, as libvirt's root has it."""
        self.write(
            'etc/libvirt/qemu.conf',
            'migrate_tls_x509_cert_dir = "/srv/certs"\n'
            'migrate_tls_force = 1\n',
        )
        self.write('srv/certs/ca-cert.pem', 'another CA')
        seen = self.look()
        assert not isinstance(seen.directory, unseen.Unseen)
        self.assertEqual('/srv/certs', seen.directory.path)
        assert not isinstance(seen.conf, unseen.Unseen)
        self.assertTrue(seen.conf.force)
        assert not isinstance(seen.credentials, unseen.Unseen)
        self.assertEqual(
            b'another CA', seen.credentials.file('ca-cert.pem').content
        )

    def test_no_qemu_conf(self) -> None:
        """libvirt takes its defaults then."""
        (self.root / 'etc/libvirt/qemu.conf').unlink()
        self.assertNotIsInstance(self.look().conf, unseen.Unseen)

    def test_broken_qemu_conf(self) -> None:
        """Nothing that depends on it is looked at, and why is said."""
        self.write('etc/libvirt/qemu.conf', 'nonsense')
        seen = self.look()
        for name in ('conf', 'directory', 'user', 'credentials', 'guests'):
            found = getattr(seen, name)
            self.assertIsInstance(found, unseen.Unseen, name)
            self.assertIn('line 1', found.problem)
            self.assertIn('qemu.conf', found.remedy)

    def test_changed_qemu_conf(self) -> None:
        """Only what was changed after libvirt had started."""
        self.assertFalse(self.look().conf_changed)
        self.daemon = daemon.Daemon(
            program='libvirtd', pid=1, started_at=0.0, root=str(self.root)
        )
        self.assertTrue(self.look().conf_changed)

    def test_libvirt_is_down(self) -> None:
        """The user is then whom qemu.conf names."""
        self.write('etc/libvirt/qemu.conf', 'user = "root"')
        seen = self.look(libvirt=never)
        for name in ('libvirt', 'guests', 'confinement', 'labels'):
            self.assertIsInstance(getattr(seen, name), unseen.Unseen, name)
        assert not isinstance(seen.user, unseen.Unseen)
        self.assertEqual(
            ('root', 'qemu.conf'), (seen.user.name, seen.user.said_by)
        )

    def test_secret(self) -> None:
        """It is asked for if qemu.conf names one, and only then."""
        self.assertIsNone(self.look().passphrase_unseen)
        setting = f'migrate_tls_x509_secret_uuid = "{SECRET}"'
        self.write('etc/libvirt/qemu.conf', setting)
        self.assertIsNotNone(self.look().passphrase_unseen)
        asked = []

        def answer(uuid: str) -> str:
            asked.append(uuid)
            return 'a passphrase'

        seen = self.look(secret=answer)
        self.assertEqual([SECRET], asked)
        assert not isinstance(seen.credentials, unseen.Unseen)
        self.assertEqual('a passphrase', seen.credentials.passphrase)
        self.assertNotIn('a passphrase', repr(seen))

    def test_control_connection(self) -> None:
        """libvirt's own CA, where libvirtd.conf says."""
        self.assertIsNone(self.look().libvirt_ca)
        self.write('etc/libvirt/libvirtd.conf', 'ca_file = "/srv/ca.pem"')
        self.write('srv/ca.pem', 'whom libvirt trusts')
        self.assertEqual(b'whom libvirt trusts', self.look().libvirt_ca)

    def test_apparmor(self) -> None:
        """The profile that guests get, and what a site adds to it."""
        local = 'etc/apparmor.d/local/abstractions/libvirt-qemu'
        self.assertIsInstance(self.look('apparmor').confinement, unseen.Unseen)
        self.write(
            f'{confinement.APPARMOR[1:]}/libvirt/TEMPLATE.qemu', TEMPLATE
        )
        self.write(
            'etc/apparmor.d/abstractions/libvirt-qemu',
            '/etc/pki/qemu/** r,\n#include <local/abstractions>\n',
        )
        self.write(local, '/etc/pki/libvirt-migrate/** r,\n')
        found = self.look('apparmor').confinement
        assert not isinstance(found, unseen.Unseen)
        assert found.rules is not None
        self.assertEqual((), found.rules.missing)
        for directory, allowed in (
            ('qemu', True),
            ('libvirt-migrate', True),
            ('other', False),
        ):
            path = f'/etc/pki/{directory}/ca-cert.pem'
            self.assertEqual(allowed, found.rules.may_read(path))

    def test_selinux(self) -> None:
        """Labels, where SELinux confines guests."""
        self.assertEqual({}, self.look().labels)
        label = b'system_u:object_r:cert_t:s0\0'
        file = self.root / 'etc/pki/qemu/ca-cert.pem'
        os.setxattr(file, confinement.LABEL, label)
        labels = self.look('selinux').labels
        assert not isinstance(labels, unseen.Unseen)
        self.assertEqual(label[:-1].decode(), labels['ca-cert.pem'])
        self.assertIn('server-key.pem', labels)
