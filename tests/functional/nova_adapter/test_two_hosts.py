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

"""Both hosts look at themselves, and at each other, before a migration."""

from __future__ import annotations

import base64
import dataclasses
import json
import pathlib
from typing import Any

import fixtures

from nova_native_tls.checks import runner
from nova_native_tls.nova import carrier
from nova_native_tls.peer import facts
from tests.functional import credentials
from tests.functional.nova_adapter import adapter
from tests.functional.nova_adapter import test_driver_checks
from tests.functional.nova_adapter import trees
from tests.unit.peer import host_facts

DESTINATION = carrier.Role.DESTINATION
SOURCE = carrier.Role.SOURCE
PATH = f'compute2: {adapter.DIRECTORY}'
EVENT_LENGTH = 255
#: What Nova puts before a reason.
PREFIX = 'Migration pre-check error: '


class TwoHosts(test_driver_checks.Legs):
    """compute1, the source, and compute2, the destination."""

    def setUp(self) -> None:
        super().setUp()
        trees.write(self.files)
        there = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.roots = {'compute2': self.files.root, 'compute1': there}
        self.be('compute1')
        trees.write(self.files, **trees.of(trees.issue('host1.example.org')))
        self.made = self.driver(**runner.load())
        self.be('compute2')

    def be(self, name: str) -> None:
        """Let everything that follows happen on this host."""
        self.configure(host=name)
        self.files.root = self.roots[name]
        self.host.host_name = f'host{name[-1]}.example.org'

    def break_host(self, name: str, **files: bytes | None) -> None:
        """Break files of one host."""
        self.be(name)
        trees.change(self.files, **files)

    def migrate(self) -> str:
        """Ask at all legs.

        :returns: the name of the last that was asked.
        """
        self.be('compute2')
        data = adapter.over_rpc(self.destination(self.made))
        self.be('compute1')
        data = adapter.over_rpc(self.source(self.made, data))
        self.be('compute2')
        return str(self.again(self.made, data))

    def refused_by_destination(self) -> str:
        """Assert that nobody else is asked."""
        self.be('compute2')
        return self.assert_refused(self.destination, self.made)

    def refused_by_source(self) -> str:
        """Assert that the destination finds nothing, and the source does."""
        self.be('compute2')
        data = adapter.over_rpc(self.destination(self.made))
        self.be('compute1')
        return self.assert_refused(self.source, self.made, data)

    def refused_in_the_end(self) -> str:
        """Assert that only the destination can know, and only then."""
        self.be('compute2')
        data = adapter.over_rpc(self.destination(self.made))
        self.be('compute1')
        data = adapter.over_rpc(self.source(self.made, data))
        self.be('compute2')
        return self.assert_refused(self.again, self.made, data)

    def assert_told(self, message: str, *words: str, remedy: str) -> None:
        """Assert that an event shows file, host, cause and remedy."""
        self.assertLessEqual(len(message), EVENT_LENGTH, message)
        for word in (*words, remedy):
            self.assertIn(word, message)
        self.assertNotIn('\n', message)


class FaultTest(TwoHosts):
    """One thing is wrong on one host."""

    def assert_refused(self, leg: Any, *arguments: Any) -> str:
        """Also, it begins as Nova's own refusals do."""
        message = super().assert_refused(leg, *arguments)
        self.assertTrue(message.startswith(PREFIX), message)
        return message

    def test_nothing_is_wrong(self) -> None:
        """All legs pass, and the certificates are on their way."""
        self.assertEqual('claimed', self.migrate())

    def test_server_missing(self) -> None:
        """The destination itself knows."""
        self.break_host('compute2', server_cert=None)
        self.assert_told(
            self.refused_by_destination(),
            f'{PATH}/server-cert.pem',
            remedy='install it',
        )

    def test_server_expired(self) -> None:
        """The destination itself knows."""
        old = trees.issue(days=(-9, -2))
        self.break_host('compute2', **trees.of(old, 'server'))
        self.assert_told(
            self.refused_by_destination(),
            f'{PATH}/server-cert.pem',
            'was valid until',
            remedy='issue a new one',
        )

    def test_server_key(self) -> None:
        """The destination itself knows."""
        self.break_host('compute2', server_key=trees.issue().key_pem())
        self.assert_told(
            self.refused_by_destination(),
            f'{PATH}/server-',
            'key',
            remedy='install',
        )

    def test_server_foreign(self) -> None:
        """The destination trusts both CAs, the source only one."""
        stranger = trees.issue(issuer=trees.foreign())
        self.break_host(
            'compute2',
            ca_cert=trees.authority().cert_pem + trees.foreign().cert_pem,
            **trees.of(stranger, 'server'),
        )
        self.assert_told(
            self.refused_by_source(), 'ca-cert.pem', 'compute', remedy='CA'
        )

    def test_server_name(self) -> None:
        """With the option nobody looks at the name but the source."""
        self.configure('native_tls', tls_destination=adapter.HOST)
        other = trees.issue('elsewhere.example.org')
        self.break_host('compute2', **trees.of(other, 'server'))
        self.assert_told(
            self.refused_by_source(),
            'compute2: server-cert.pem',
            adapter.HOST,
            remedy='issue it anew',
        )

    def test_server_revoked_at_the_source(self) -> None:
        """QEMU on a source looks at no list."""
        crl = credentials.revocation_list(trees.authority(), trees.faultless())
        self.break_host('compute1', ca_crl=crl)
        self.assert_told(
            self.refused_by_source(),
            'compute2: server-cert.pem',
            'revocation list',
            remedy='issue and install a new one',
        )

    def test_client_missing(self) -> None:
        """The source's QEMU does not mind; the destination's would."""
        self.break_host('compute1', client_cert=None)
        self.assert_told(
            self.refused_in_the_end(),
            'compute1: client-cert.pem',
            remedy='install client-cert.pem and client-key.pem',
        )

    def test_client_expired(self) -> None:
        """The source itself knows."""
        old = trees.issue('host1.example.org', days=(-9, -2))
        self.break_host('compute1', **trees.of(old, 'client'))
        self.assert_told(
            self.refused_by_source(),
            f'compute1: {adapter.DIRECTORY}/client-cert.pem',
            'was valid until',
            remedy='issue a new one',
        )

    def test_client_foreign(self) -> None:
        """The source trusts both CAs, the destination only one."""
        stranger = trees.issue('host1.example.org', issuer=trees.foreign())
        self.break_host(
            'compute1',
            ca_cert=trees.authority().cert_pem + trees.foreign().cert_pem,
            **trees.of(stranger, 'client'),
        )
        self.assert_told(
            self.refused_in_the_end(),
            'compute1: client-cert.pem',
            'no CA that the destination trusts',
            remedy="from a CA in the destination's ca-cert.pem",
        )

    def test_client_revoked(self) -> None:
        """The list of the destination."""
        revoked = trees.issue('host1.example.org')
        self.break_host('compute1', **trees.of(revoked, 'client'))
        crl = credentials.revocation_list(trees.authority(), revoked)
        self.break_host('compute2', ca_crl=crl)
        self.assert_told(
            self.refused_in_the_end(),
            'compute1: client-cert.pem',
            'revo',
            remedy='issue and install a new one',
        )

    def test_of_the_other_end_only(self) -> None:
        """A source needs no server certificate, and the other way round."""
        self.break_host('compute1', server_cert=None, server_key=None)
        self.break_host('compute2', client_cert=None, client_key=b'x')
        self.assertEqual('claimed', self.migrate())

    def test_no_private_key_leaves(self) -> None:
        """Only certificates are sent, each end its own."""
        self.be('compute2')
        text = self.destination(self.made).old_vol_attachment_ids[
            DESTINATION.value
        ]
        self.assertNotIn('PRIVATE', text)
        sent = json.loads(text)
        self.assertNotIn('client_chain', sent)
        (der,) = sent['server_chain']
        key = trees.faultless().key_pem().split(b'\n')[1]
        self.assertNotIn(key.decode(), text)
        pem = base64.b64encode(base64.b64decode(der)).decode()
        self.assertIn(
            pem[:60], trees.faultless().cert_pem.decode().replace('\n', '')
        )


class PeerTest(TwoHosts):
    """The other host is of another kind."""

    def setUp(self) -> None:
        super().setUp()
        self.be('compute1')

    def _refusal(self, **values: Any) -> str:
        return self.assert_refused(
            self.source,
            self.made,
            adapter.sent(DESTINATION, host_facts.written(**values)),
        )

    def test_stock(self) -> None:
        """Migrations go on as Nova does them, both ways."""
        self.source(self.made, adapter.migrate_data())
        self.be('compute2')
        self.again(self.made, adapter.migrate_data({}))

    def test_older_release(self) -> None:
        """It sends no chain."""
        self.source(self.made, adapter.sent(DESTINATION, host_facts.WRITTEN))
        self.be('compute2')
        self.again(self.made, adapter.sent(SOURCE, host_facts.WRITTEN))

    def test_chain_too_large(self) -> None:
        """Refused as what cannot be read."""
        large = base64.b64encode(bytes(facts.MAX_CERTIFICATE_BYTES + 1))
        self.assertIn(
            'server_chain', self._refusal(server_chain=[large.decode()])
        )
        many = ['AAAA'] * (facts.MAX_CHAIN + 1)
        self.assertIn('server_chain', self._refusal(server_chain=many))

    def test_garbage(self) -> None:
        """What is no certificate is no good one."""
        for garbage in (b'x', bytes(1000), trees.faultless().cert_pem):
            chain = [base64.b64encode(garbage).decode()]
            self.assertIn(
                'compute2: server-cert.pem', self._refusal(server_chain=chain)
            )

    def test_truncated(self) -> None:
        """Half a certificate is none."""
        self.be('compute2')
        data = self.destination(self.made)
        own = carrier.get(data, DESTINATION)
        assert own is not None and own.server_chain
        half = own.server_chain[0][:200]
        carrier.put(
            data, DESTINATION, dataclasses.replace(own, server_chain=(half,))
        )
        self.be('compute1')
        self.assert_refused(self.source, self.made, data)

    def test_no_certificate_at_all(self) -> None:
        """A destination that shows nothing is no TLS server."""
        self._refusal(server_chain=[])


class FindingsTest(TwoHosts):
    """What is told is a finding like any other."""

    def test_all_failures(self) -> None:
        """The causes come first; what follows from them has the log."""
        self.break_host('compute2', server_cert=None)
        message = self.refused_by_destination()
        self.assertTrue(message.removeprefix(PREFIX).startswith(PATH), message)
        self.assertTrue(message.endswith('; 1 more in nova-compute.log'))
        self.assertIn('has no name to offer', self.log.output)
