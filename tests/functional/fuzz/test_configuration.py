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

"""qemu.conf and AppArmor's profiles with anything in them."""

from __future__ import annotations

import contextlib
import itertools

import hypothesis
from hypothesis import strategies
import testtools

from nova_native_tls import exception
from nova_native_tls.host import apparmor_rules
from nova_native_tls.host import control_conf
from nova_native_tls.host import migration_conf
from nova_native_tls.host import qemu_user
from nova_native_tls.pki import qemu_conf
from tests.functional.fuzz import grammar
from tests.functional.fuzz import limits
from tests.functional.fuzz import profile

NAMES = (
    'migrate_tls_x509_cert_dir', 'migrate_tls_x509_verify', 'user', 'group',
    'migration_port_min', 'migrate_tls_force', 'migrate_tls_priority', 'a',
)  # fmt: skip
VALUES = (
    '"x"', "'x'", '"""x\n"""', '"+0"', '"libvirt-qemu"', '"a\0b"', '""', '"',
    '0', '1', '+1', '-1', '65535', '9' * 19, '9' * 5000, '\u0663', '',
    '"+' + '9' * 5000 + '"', '["a", "b"]', '[1, "a",]', '[' * 5000, '[1 2]',
)  # fmt: skip
WORDS = (*NAMES, *VALUES, '=', '[', ']', ',', ';', '#', '"""', '+', "'")
APPARMOR = (
    'profile x {\n', '}\n', '/etc/pki/qemu/** r,\n', 'deny ', 'owner ',
    'audit ', 'file ', 'allow ', '/etc/', '"/etc/p k i/*" r,', ' r,\n', ' rw,',
    'r ', '@{A}', '@{B}', '@{A} = ', '@{B} += ', '@{B}=@{A}@{A} ', '@{A}=@{B}',
    '**', '*', '?', '[', ']', '[^a-b]', '[b-a]', '{', ',', '}', '\\', '/',
    '#include <abstractions/base>\n', 'include if exists "/x"\n', '\n', '#',
    'include <x>\n', '#include "', '>', '(?P<', '|', ')', 'r', ',',
)  # fmt: skip
PATH = '/etc/pki/qemu/server-cert.pem'


class QemuConfFuzzTest(testtools.TestCase):
    @hypothesis.given(
        grammar.settings_of(NAMES, VALUES) | grammar.text_of(WORDS)
    )
    @profile.examples(600)
    def test_text(self, text):
        """Its settings are read, or it is told what is wrong with them."""
        with limits.bounded():
            try:
                settings = qemu_conf.parse(text)
            except exception.QemuConfUnreadable as err:
                self.assertIn('line ', str(err))
                return
            control_conf.from_settings('libvirtd.conf', settings)
            with contextlib.suppress(exception.QemuConfUnreadable):
                migration_conf.from_settings(settings)

    @hypothesis.given(
        strategies.one_of(
            grammar.ANYTHING,
            strategies.from_regex(r'\A[+-]?\d{1,25}\Z'),
            strategies.integers(1, 5000).map(lambda n: '9' * n),
        )
    )
    @profile.examples(300)
    def test_user(self, user):
        """Any user that it names is one, or is told to be none."""
        conf = migration_conf.MigrationConf(user=user, group=user)
        with limits.bounded():
            try:
                found = qemu_user.find(None, conf)
            except qemu_user.UserUnknown as err:
                self.assertIn('qemu.conf names', str(err))
            else:
                self.assertGreaterEqual(found.identity.uid, 0)


class AppArmorFuzzTest(testtools.TestCase):
    @hypothesis.given(
        grammar.text_of(APPARMOR),
        strategies.dictionaries(
            strategies.sampled_from(('abstractions/base', 'x', '/x')),
            grammar.text_of(APPARMOR),
        ),
    )
    @profile.examples(500)
    def test_profile(self, text, others):
        """Whatever a profile and what it includes say, there is an answer."""
        with limits.bounded():
            found = apparmor_rules.parse(text, others.get)
            self.assertIn(found.may_read(PATH), (True, False))

    def test_includes_itself(self):
        """A profile that includes itself more than once is read in time."""
        text = '#include <x>\n' * 4 + '/etc/pki/** r,\n'
        with limits.bounded():
            found = apparmor_rules.parse(text, lambda _name: text)
        self.assertTrue(found.may_read(PATH))

    def test_variables_of_variables(self):
        """Variables that double each other grant nothing, at no expense."""
        names = [f'@{{V{number}}}' for number in range(40)]
        text = ''.join(
            f'{one} = {other}{other}\n'
            for one, other in itertools.pairwise(names)
        )
        with limits.bounded():
            found = apparmor_rules.parse(
                f'{text}{names[-1]} = /etc\n{names[0]}/** r,\n', lambda _: None
            )
        self.assertFalse(found.may_read(PATH))

    def test_many_stars(self):
        """Wildcards that match everything in many ways are judged in time."""
        with limits.bounded():
            found = apparmor_rules.parse(
                f'/{"**a" * 20}x r,\n/{"*" * 300}y r,\n', lambda _: None
            )
            self.assertFalse(found.may_read('/' + 'a' * 4000))
