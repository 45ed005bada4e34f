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

"""What holds of every choice, whatever the hosts and the guest are like."""

from __future__ import annotations

import dataclasses
from typing import Any

import hypothesis
from hypothesis import strategies
import testtools

from nova_native_tls.speed import choice
from nova_native_tls.speed import costs
from nova_native_tls.speed import sample

Compression = choice.Compression

_seconds = strategies.floats(min_value=1e-3, max_value=50)
_some_cost = strategies.builds(
    costs.Cost, send_s_per_gib=_seconds, receive_s_per_gib=_seconds
)
_hosts = strategies.builds(
    costs.HostSpeed,
    costs=strategies.builds(
        costs.StreamCosts,
        page_records=_some_cost,
        full_records=_some_cost,
        packing=_some_cost,
    ),
    cores=strategies.just(256),
    free_cores=strategies.floats(min_value=0, max_value=256),
    link_gib_s=strategies.none()
    | strategies.floats(min_value=1e-3, max_value=100),
    zstd=strategies.booleans(),
)
_memories = strategies.none() | strategies.builds(
    sample.MemorySample,
    pages=strategies.just(256),
    zero_pages=strategies.integers(min_value=0, max_value=256),
    ratio=strategies.floats(min_value=0.9, max_value=1000),
    zstd=_some_cost,
)
_permitted = strategies.builds(
    choice.Possible,
    fewest=strategies.just(2),
    packed=strategies.booleans(),
    zstd=strategies.booleans(),
    fills_records=strategies.booleans(),
    waits_busily=strategies.booleans(),
)


#: What a choice is made from.
_questions = strategies.fixed_dictionaries(
    {
        'source': _hosts,
        'destination': _hosts,
        'memory': _memories,
        'possible': _permitted,
    }
)


def _rate(question: dict[str, Any]) -> float:
    rate = choice.choose(**question).rate_gib_s
    assert rate is not None
    return rate


#: How long it takes is not what this is about.
_untimed = hypothesis.settings(
    deadline=None,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)


class PropertiesTest(testtools.TestCase):
    """What holds whatever the hosts are like."""

    @_untimed
    @hypothesis.given(_questions)
    def test_bounds(self, question: dict[str, Any]) -> None:
        """From two to eight connections, and only what is possible."""
        chosen, possible = choice.choose(**question), question['possible']

        self.assertIn(chosen.connections, range(2, 9))
        if not possible.packed:
            self.assertIsNot(Compression.PACKED, chosen.compression)
        if not possible.zstd or question['memory'] is None:
            self.assertIsNot(Compression.ZSTD, chosen.compression)

    @_untimed
    @hypothesis.given(_questions)
    def test_never_slower_than_one(self, question: dict[str, Any]) -> None:
        """Nor is a change for less than its worth."""
        chosen, possible = choice.choose(**question), question['possible']
        usual = 4 if possible.waits_busily else 2
        one, several = (
            _rate(
                {
                    **question,
                    'memory': None,
                    'possible': choice.Possible(
                        fewest=count,
                        most=count,
                        fills_records=possible.fills_records,
                        waits_busily=possible.waits_busily and count > 1,
                    ),
                }
            )
            for count in (1, usual)
        )

        assert chosen.rate_gib_s is not None
        self.assertLessEqual(one, chosen.rate_gib_s)
        if (chosen.compression, chosen.connections) != (
            Compression.NONE,
            usual,
        ):
            self.assertLessEqual(several * 1.05, chosen.rate_gib_s)

    @_untimed
    @hypothesis.given(_questions, strategies.floats(min_value=1, max_value=10))
    def test_more_is_not_slower(
        self, question: dict[str, Any], times: float
    ) -> None:
        """Processors and links: within what counts as equal."""
        before, source = _rate(question), question['source']
        for more in (
            {'free_cores': source.free_cores * times},
            {'link_gib_s': source.link_gib_s and source.link_gib_s * times},
            {'link_gib_s': None},
        ):
            better = dataclasses.replace(source, **more)
            after = _rate({**question, 'source': better})
            self.assertLessEqual(before, after * 1.0501)
