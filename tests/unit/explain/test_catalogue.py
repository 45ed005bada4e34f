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

"""The catalogue, as a whole and entry by entry."""

from __future__ import annotations

import collections
import io
import pathlib
import re

import testtools

from nova_native_tls.explain import catalogue
from nova_native_tls.explain import entry
from nova_native_tls.explain import matcher
from nova_native_tls.explain import scanner
from nova_native_tls.explain import sentence

#: What usual values look like, for each name in a sentence.
USUAL = {
    'address': '203.0.113.12:49152',
    'ca': '/etc/pki/qemu/ca-cert.pem',
    'detail': 'Input/output error',
    'dn': 'CN=host1.example.org,O=Example',
    'file': '/etc/pki/qemu/server-cert.pem',
    'flag': 'VIR_MIGRATE_TUNNELLED',
    'ip': '203.0.113.12',
    'key': '/etc/pki/qemu/server-key.pem',
    'name': 'compute2.example.org',
    'number': '1',
    'other_dn': 'CN=Example CA,O=Example',
    'other_flag': 'VIR_MIGRATE_PARALLEL',
    'priority': 'NORMAL:-VERS-TLS1.3',
    'reason': 'The request is invalid',
    'word': 'server',
}
GIVEN = {'destination', 'here', 'log', 'peer', 'reader', 'reload', 'source'}


def _upstream() -> list[list[str]]:
    """Id, host to mend and words of each line of the file beside this one."""
    path = pathlib.Path(__file__).with_name('upstream_sentences.txt')
    return [
        line.split(' | ', 2)
        for line in path.read_text(encoding='utf-8').splitlines()
        if line and not line.startswith('#')
    ]


def _named(template: str) -> set[str]:
    return set(re.findall(r'%\((\w+)\)s', template))


class TestUpstreamSentences(testtools.TestCase):
    """What upstream says is explained."""

    def test_each(self):
        """By the right id, with the right host."""
        wrong = []
        for line in _upstream():
            found = matcher.explain(line[2])
            best = [found[0].id, str(found[0].mend)] if found else []
            if best != line[:2]:
                wrong.append((line, best))
        self.assertEqual([], wrong)

    def test_every_entry_is_among_them(self):
        """Nothing in the catalogue is without an example, but for rarities."""
        text = '\n'.join(line[2] for line in _upstream())
        shown = {hit.known.id for hit in scanner.scan(io.StringIO(text))}

        self.assertEqual(
            {
                '{file}.malformed',
                'dh-params.failed',
                'flags.required',
                'gnutls.failed',
                'handshake.failed',
                'libvirtd.client-refused',
                'peer.unusable',
            },
            {each.id for each in catalogue.CATALOGUE} - shown,
        )


class TestEntries(testtools.TestCase):
    """Rules for every entry."""

    def _instances(self):
        for each in catalogue.CATALOGUE:
            for text in each.sentences:
                yield (
                    each,
                    re.sub(r'\{(\w+)\}', lambda found: USUAL[found[1]], text),
                )

    def test_found(self):
        """Every sentence is found, and by its own entry."""
        for each, words in self._instances():
            found = matcher.explain(words)
            rule = re.escape(each.id).replace(r'\{file\}', r'[\w-]+')
            rule = rule.replace(r'\{key\}', r'[\w-]+')
            self.assertEqual(1, len(found), words)
            self.assertThat(
                found[0].id, testtools.matchers.MatchesRegex(f'{rule}$')
            )

    def test_ids(self):
        """Each is there once, and of a form that programs can rely on."""
        ids = [each.id for each in catalogue.CATALOGUE]
        self.assertEqual(
            [],
            [k for k, count in collections.Counter(ids).items() if count > 1],
        )
        for each in ids:
            self.assertThat(
                each,
                testtools.matchers.MatchesRegex(
                    r'(\{(file|key)\}|[a-z][a-z-]+)\.[a-z][a-z-]+$'
                ),
            )

    def test_sentences(self):
        """Each belongs to one entry only."""
        texts = [t for each in catalogue.CATALOGUE for t in each.sentences]
        self.assertEqual(len(texts), len(set(texts)))

    def test_needles(self):
        """What is common to all instances is long enough to be rare."""
        for each in catalogue.CATALOGUE:
            for text in each.sentences:
                needle = sentence.compile_sentence(text).needle
                self.assertGreater(len(needle), 10, text)

    def test_templates(self):
        """They name only what every one of their sentences holds."""
        for each in catalogue.CATALOGUE:
            named = _named(each.cause) | _named(each.remedy)
            named |= set(re.findall(r'\{(\w+)\}', each.id))
            for text in each.sentences:
                held = sentence.compile_sentence(text).names() | GIVEN
                self.assertEqual(set(), named - held, (each.id, text))

    def test_short_enough(self):
        """With usual names both cause and remedy fit into an event."""
        names = matcher.Names(
            source='cmp1', destination='cmp2', guest='instance-00000001'
        )
        long = {}
        for _each, words in self._instances():
            for seen_on in (None, entry.Host.SOURCE, entry.Host.DESTINATION):
                (found,) = matcher.explain(words, seen_on=seen_on, names=names)
                whole = f'{found.cause}: {found.remedy}'
                if len(whole) > matcher.DETAILS_LENGTH:
                    long[found.id] = len(whole)
        self.assertEqual({}, long)

    def test_style(self):
        """A cause and a remedy make one sentence, to which a stop is put."""
        for _each, words in self._instances():
            for seen_on in (None, entry.Host.SOURCE, entry.Host.DESTINATION):
                (found,) = matcher.explain(words, seen_on=seen_on)
                self.assertNotIn(found.cause[-1], '.:;')
                self.assertNotIn(found.remedy[-1], '.:;')
                self.assertTrue(
                    not found.cause[0].islower()
                    or found.cause.startswith('libvirtd'),
                    found.cause,
                )
                self.assertTrue(
                    found.remedy[0].islower()
                    or found.remedy.startswith('QEMU'),
                    found.remedy,
                )

    def test_consequences_say_where_to_look(self):
        """What is no reason sends to a host or to its log."""
        for each, words in self._instances():
            if each.rank is entry.Rank.REASON:
                continue
            (found,) = matcher.explain(words, seen_on=entry.Host.SOURCE)
            self.assertThat(
                found.remedy,
                testtools.matchers.MatchesRegex(
                    r'.*(log|journalctl|resume|libvirtd\.conf)'
                ),
            )
