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


"""The text that Prometheus reads."""

from __future__ import annotations

import datetime

import testtools

from nova_native_tls.identity import dated
from nova_native_tls.identity import metrics
from nova_native_tls.peer import host_stats

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def made(
    file: str = 'server-cert.pem', subject: str = 'CN=host'
) -> dated.Dated:
    """What ends now."""
    return dated.Dated(
        file=file, subject=subject, sha256='ab', not_before=NOW, not_after=NOW
    )


class MetricsTest(testtools.TestCase):
    """Rendered for node_exporter."""

    def render(self, *ends, looked_at=NOW, **stats) -> list[str]:
        text = metrics.render(
            host_stats.HostStats(**{'ready': True, **stats}), ends, looked_at
        )
        self.assertEqual('\n', text[-1])
        return text.splitlines()

    def samples(self, *ends, **stats) -> list[str]:
        return [line for line in self.render(*ends, **stats) if line[0] != '#']

    def test_everything(self):
        """Whole numbers, with what tells one certificate from another."""
        self.assertEqual(
            [
                'nova_native_tls_ready 1',
                'nova_native_tls_certificate_expiry_timestamp_seconds'
                '{file="server-cert.pem",sha256="ab",subject="CN=host"} '
                '1767225600',
                'nova_native_tls_crl_next_update_timestamp_seconds'
                '{file="ca-crl.pem",sha256="ab",issuer="CN=CA"} 1767225600',
                'nova_native_tls_last_look_timestamp_seconds 1767225600',
            ],
            self.samples(made(), made('ca-crl.pem', 'CN=CA')),
        )

    def test_not_ready(self):
        """The reasons, each by its code; nothing of a look that never was."""
        self.assertEqual(
            [
                'nova_native_tls_ready 0',
                'nova_native_tls_problem{code="a.b"} 1',
                'nova_native_tls_problem{code="c.d"} 1',
            ],
            self.samples(ready=False, problems=('a.b', 'c.d'), looked_at=None),
        )

    def test_every_metric_is_explained(self):
        """Its meaning and its type come right before its first sample."""
        lines = self.render(
            made(), made('ca-crl.pem'), ready=False, problems=('a.b',)
        )
        for number, line in enumerate(lines):
            if line[0] != '#':
                name = line.partition('{')[0].partition(' ')[0]
                self.assertEqual(
                    ['# HELP', '# TYPE'],
                    [each[:6] for each in lines[number - 2 : number]],
                )
                self.assertIn(f'{name} gauge', lines[number - 1])

    def test_any_subject(self):
        """Whatever a certificate has for a name, the file stays readable."""
        for subject, label in (
            ('CN="a\\,b"', r'CN=\"a\\,b\"'),
            ('CN=a\nb\rc', r'CN=a\nb c'),
            ('CN=\udcff', 'CN=?'),
            ('CN=größe', 'CN=größe'),
        ):
            _ready, sample, _look = self.samples(made(subject=subject))
            self.assertIn(f'subject="{label}"', sample)
