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


"""What Prometheus is told about a host, in its text format.

For the textfile collector of node_exporter, which adds the instance.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
import datetime

from nova_native_tls.identity import dated
from nova_native_tls.peer import host_stats

_PREFIX = 'nova_native_tls'
_Sample = tuple[Mapping[str, str], float]


def render(
    stats: host_stats.HostStats,
    ends: Sequence[dated.Dated],
    looked_at: datetime.datetime | None,
) -> str:
    """Write everything that is known of a host.

    :param ends: what ends by itself, as it was last seen.
    :param looked_at: when that was; None if it was never seen.
    """
    expiries = (_expiry(each) for each in ends if not each.is_list)
    lists = (_expiry(each) for each in ends if each.is_list)
    looks: list[_Sample] = (
        [] if looked_at is None else [({}, looked_at.timestamp())]
    )
    metrics = (
        _metric(
            'ready',
            'Whether the pre-checks of this host pass, as source and as '
            'destination of migrations with native TLS.',
            [({}, float(stats.ready))],
        ),
        _metric(
            'problem',
            'Why it is not ready: a finding, by its code.',
            [({'code': code}, 1.0) for code in stats.problems],
        ),
        _metric(
            'certificate_expiry_timestamp_seconds',
            'When a certificate expires that QEMU reads here.',
            expiries,
        ),
        _metric(
            'crl_next_update_timestamp_seconds',
            'When a revocation list is to be replaced that QEMU reads here.',
            lists,
        ),
        _metric(
            'last_look_timestamp_seconds',
            'When nova-compute last saw all of this.',
            looks,
        ),
    )
    return ''.join(f'{line}\n' for metric in metrics for line in metric)


def _expiry(what: dated.Dated) -> _Sample:
    labels = {
        'file': what.file,
        'sha256': what.sha256,
        'issuer' if what.is_list else 'subject': what.subject,
    }
    return labels, what.not_after.timestamp()


def _metric(
    name: str, meaning: str, samples: Iterable[_Sample]
) -> Iterator[str]:
    yield f'# HELP {_PREFIX}_{name} {meaning}'
    yield f'# TYPE {_PREFIX}_{name} gauge'
    for labels, value in samples:
        pairs = ','.join(
            f'{label}="{_escaped(text)}"' for label, text in labels.items()
        )
        braces = f'{{{pairs}}}' if pairs else ''
        yield f'{_PREFIX}_{name}{braces} {value:.0f}'


def _escaped(text: str) -> str:
    text = text.replace('\\', r'\\').replace('"', r'\"')
    # One character that no label may have makes the whole file worthless.
    text = text.replace('\n', r'\n').replace('\r', ' ')
    return text.encode(errors='replace').decode()
