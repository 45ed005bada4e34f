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

"""Which of a certificate's names others are told to verify."""

from __future__ import annotations

import testtools

from nova_native_tls.pki import server_name
from tests.unit.pki import certificates

HOST = 'host2.example.org'


def _choose(*dns: str, host_name: str = HOST) -> server_name.ServerName:
    return server_name.choose(certificates.info(dns=dns), host_name)


class WholeNameTest(testtools.TestCase):
    """The certificate bears the whole host name."""

    def test_among_others(self) -> None:
        """It is chosen wherever it stands."""
        for names in (
            (HOST,),
            ('other.example.org', HOST),
            (HOST, 'host2.example.net', 'host2'),
            ('host2', HOST),
        ):
            chosen = _choose(*names)
            self.assertEqual((HOST, ''), (chosen.name, chosen.problem))
            self.assertEqual(names, chosen.found)

    def test_case_and_trailing_dot(self) -> None:
        """Neither case nor the root's dot in the host name matters."""
        for certified, host_name in (
            ('HOST2.Example.ORG', HOST),
            (HOST, 'Host2.EXAMPLE.org'),
            (HOST, 'host2.example.org.'),
            ('HOST2.EXAMPLE.ORG', 'host2.example.org.'),
        ):
            self.assertEqual(
                HOST, _choose(certified, host_name=host_name).name
            )

    def test_names_are_found_as_written(self) -> None:
        """What is shown to people is what stands in the certificate."""
        self.assertEqual(
            ('HOST2.Example.ORG',), _choose('HOST2.Example.ORG').found
        )

    def test_wildcard(self) -> None:
        """A wildcard for the domain covers it; the whole name is verified."""
        for name in ('*.example.org', '*.EXAMPLE.org'):
            chosen = _choose(name)
            self.assertEqual((HOST, (name,)), (chosen.name, chosen.found))

    def test_trailing_dot_under_a_wildcard(self) -> None:
        """The root's dot is no label of its own, and is not verified."""
        chosen = _choose('*.example.org', host_name='host2.example.org.')
        self.assertEqual(HOST, chosen.name)

    def test_wildcard_of_a_top_level_domain(self) -> None:
        """It covers nothing, though one label would be left for it."""
        self.assertIsNone(_choose('*.org', host_name='host2.org').name)

    def test_wildcards_that_do_not_cover_it(self) -> None:
        """One label, at the beginning, before at least two others."""
        for name in (
            '*',
            '*.',
            '*.org',
            '*.example',
            '*.example.org.',
            '*example.org',
            '*.host2.example.org',
            '*.*.org',
            '*.a.example.org',
            'h*.example.org',
            '*2.example.org',
        ):
            chosen = _choose(name)
            self.assertIsNone(chosen.name, name)
            self.assertIn(HOST, chosen.problem)

    def test_wildcard_is_one_label(self) -> None:
        """It covers no deeper name, and not the domain itself."""
        for host_name in ('a.host2.example.org', 'example.org', 'org'):
            self.assertIsNone(
                _choose('*.example.org', host_name=host_name).name
            )


class FirstLabelTest(testtools.TestCase):
    """The certificate bears another form of the host's name."""

    def test_short_host_name(self) -> None:
        """libvirt may know the host without its domain."""
        self.assertEqual(
            HOST, _choose('other.example.org', HOST, host_name='host2').name
        )

    def test_another_domain(self) -> None:
        """The certificate may be for the migration network's domain."""
        self.assertEqual(
            'host2.migration.example',
            _choose('host2.migration.example', 'host3.example.org').name,
        )

    def test_short_name_in_the_certificate(self) -> None:
        """The certificate may have no domain."""
        self.assertEqual('host2', _choose('HOST2').name)

    def test_several(self) -> None:
        """Of several that could be meant none is taken."""
        chosen = _choose('host2.a.example', 'host2.b.example')
        self.assertIsNone(chosen.name)
        self.assertIn('several', chosen.problem)
        self.assertIn(HOST, chosen.problem)
        self.assertEqual(('host2.a.example', 'host2.b.example'), chosen.found)

    def test_the_same_twice(self) -> None:
        """One name in two spellings is one name."""
        self.assertEqual(
            'host2.a.example',
            _choose('host2.a.example', 'HOST2.A.example').name,
        )

    def test_the_whole_name_decides(self) -> None:
        """Where the whole name is there the others do not matter."""
        self.assertEqual(HOST, _choose('host2', 'host2.a.example', HOST).name)

    def test_similar_names(self) -> None:
        """Beginning alike is not enough."""
        chosen = _choose('host22.example.org', 'host.example.org', 'host2x')
        self.assertIsNone(chosen.name)
        self.assertIn('none of the names', chosen.problem)

    def test_short_host_name_under_a_wildcard(self) -> None:
        """The domain is not guessed."""
        self.assertIsNone(_choose('*.example.org', host_name='host2').name)


class NoNameTest(testtools.TestCase):
    """The certificate has no host name."""

    def test_addresses_only(self) -> None:
        """A common name beside addresses does not count."""
        chosen = server_name.choose(
            certificates.info(HOST, ip=('203.0.113.2',)), HOST
        )
        self.assertEqual((None, ()), (chosen.name, chosen.found))
        self.assertIn(HOST, chosen.problem)

    def test_common_name_alone(self) -> None:
        """It counts where there is no subjectAltName."""
        self.assertEqual(
            HOST, server_name.choose(certificates.info(HOST), HOST).name
        )

    def test_several_common_names(self) -> None:
        """They do not count, though one is the host's."""
        chosen = server_name.choose(certificates.info(HOST, 'a'), HOST)
        self.assertEqual((None, ()), (chosen.name, chosen.found))

    def test_common_name_beside_another_name(self) -> None:
        """The subjectAltName counts alone."""
        chosen = server_name.choose(
            certificates.info(HOST, dns=('other.example.org',)), HOST
        )
        self.assertEqual(
            (None, ('other.example.org',)), (chosen.name, chosen.found)
        )

    def test_common_name_that_is_no_host_name(self) -> None:
        """A subject may be called anything."""
        chosen = server_name.choose(certificates.info('QEMU on host2'), HOST)
        self.assertEqual(
            (None, ('QEMU on host2',)), (chosen.name, chosen.found)
        )
