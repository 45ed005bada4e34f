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

"""Certificates with anything in their files, and what is said of them."""

from __future__ import annotations

import errno
from typing import Any

import hypothesis
from hypothesis import strategies
import testtools

from nova_native_tls.migration import versions
from nova_native_tls.pki import credential_set
from nova_native_tls.pki import finding
from nova_native_tls.pki import verdict
from nova_native_tls import severity
from tests.functional.fuzz import damage
from tests.functional.fuzz import good_files
from tests.functional.fuzz import limits
from tests.functional.fuzz import profile

#: One of each way in which QEMU loads credentials, and one with an old rule.
VERSIONS = tuple(
    versions.Version.parse(text) for text in ('7.2.22', '8.2.2', '10.2.0')
)
#: What stands in place of a file.
NO_FILES = (
    credential_set.MISSING,
    credential_set.File(stat_error=errno.ENOTDIR),
    credential_set.File(read_error=errno.EACCES),
    credential_set.File(read_error=errno.EISDIR),
    credential_set.File(waits=True),
    credential_set.File(too_large=True),
)
#: What may be asked for; other hosts' facts are checked for that already.
WORDS = strategies.text(max_size=300).filter(str.isprintable)


@strategies.composite
def damaged_hosts(draw: Any) -> tuple[credential_set.CredentialSet, ...]:
    """Two hosts, with one to three files of theirs damaged."""
    ends = [dict(files) for files in good_files.hosts()]
    for _ in range(draw(strategies.integers(1, 3))):
        files: dict[str, Any] = draw(strategies.sampled_from(ends))
        name = draw(strategies.sampled_from(sorted(files)))
        good = files[name]
        # Not what is damaged already.
        if isinstance(good, bytes) and damage.is_pem(good):
            others = [f for f in files.values() if isinstance(f, bytes)]
            files[name] = draw(
                strategies.one_of(
                    *[damage.file_content(good, others)] * 6,
                    strategies.sampled_from(NO_FILES),
                )
            )
    passphrase = draw(strategies.none() | WORDS)
    return tuple(
        good_files.as_read(files, directory=where, passphrase=passphrase)
        for files, where in zip(ends, ('/source', '/dest'), strict=True)
    )


class VerdictFuzzTest(testtools.TestCase):
    def _check(self, found: verdict.Verdict) -> None:
        """It is an answer, with all that a reader needs."""
        self.assertIsInstance(found.qemu_verdict, finding.QemuVerdict)
        self.assertNotEqual((), found.findings)
        for one in found.findings:
            self.assertRegex(one.code, r'^[a-z0-9-]+(\.[a-z0-9-]+)+$')
            self.assertTrue(one.seen, one)
            self.assertTrue(one.seen.isprintable(), one)
            self.assertNotIn('memory allocation', one.seen)
            if one.status is severity.Status.FAILURE:
                self.assertTrue(one.wanted and one.remedy, one)

    @hypothesis.given(
        damaged_hosts(),
        strategies.sampled_from(VERSIONS),
        strategies.sampled_from((good_files.NAME, '203.0.113.2')) | WORDS,
        strategies.just('NORMAL') | WORDS,
        strategies.booleans(),
    )
    @profile.examples(300)
    def test_pair(self, hosts, version, name, priority, verify):
        """Whatever is in the files of two hosts, the verdict is clear."""
        with limits.bounded():
            found = verdict.of_pair(
                *hosts,
                name=name,
                qemu_version=version,
                priority=priority,
                verify=verify,
            )
        self._check(found)

    @hypothesis.given(
        damaged_hosts(),
        strategies.sampled_from(VERSIONS),
        strategies.sampled_from(tuple(credential_set.Endpoint)),
    )
    @profile.examples(200)
    def test_host(self, hosts, version, end):
        """So it is of one host alone, which shows sound DER or nothing."""
        own = hosts[end is credential_set.Endpoint.SERVER]
        with limits.bounded():
            found = verdict.of_host(own, end, qemu_version=version)
        self._check(found)
        if found.qemu_verdict is finding.QemuVerdict.NO:
            self.assertEqual((), found.shown)

    @hypothesis.given(strategies.data(), strategies.sampled_from(VERSIONS))
    @profile.examples(200)
    def test_peer(self, data, version):
        """So it is of what another host shows over the network."""
        source, destination = good_files.hosts()
        chain = data.draw(
            strategies.lists(
                strategies.one_of(
                    damage.edited(_der(destination['server-cert.pem'])),
                    damage.edited(_der(source['ca-cert.pem'])),
                    strategies.just(_der(destination['server-cert.pem'])),
                    strategies.binary(min_size=1, max_size=200),
                ),
                max_size=10,
            )
        )
        own = good_files.as_read(source, directory='/source')
        with limits.bounded():
            found = verdict.of_peer(
                own,
                credential_set.Endpoint.CLIENT,
                chain,
                name=good_files.NAME,
                qemu_version=version,
            )
        self._check(found)


def _der(pem: bytes) -> bytes:
    return damage.inside(pem)[1]
