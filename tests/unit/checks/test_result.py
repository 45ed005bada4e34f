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

"""What findings say one by one and together."""

from __future__ import annotations

import dataclasses
import itertools

import testtools

from nova_native_tls.checks import result
from tests.unit.checks import contexts

Status = result.Status


def _report(*statuses: Status) -> result.CheckReport:
    return result.CheckReport(
        findings=tuple(
            contexts.finding(status, code=f'a.{number}')
            for number, status in enumerate(statuses)
        )
    )


class StatusTest(testtools.TestCase):
    """The worst finding decides."""

    def test_nothing_was_checked(self) -> None:
        """No finding is a failure."""
        self.assertIs(Status.FAILURE, _report().status)

    def test_the_worst_wins(self) -> None:
        """In whatever order and number they come."""
        for statuses in itertools.product(Status, repeat=3):
            self.assertIs(max(statuses), _report(*statuses).status)

    def test_order_and_numbers(self) -> None:
        """The numbers are exit statuses that scripts know."""
        self.assertEqual(
            [('SUCCESS', 0), ('WARNING', 1), ('FAILURE', 2)],
            [(status.name, status.value) for status in sorted(Status)],
        )


class SentencesTest(testtools.TestCase):
    """Findings for people."""

    def test_with_a_remedy(self) -> None:
        """What was looked at, what was seen, what to do."""
        self.assertEqual(
            'host2: it is late: wait',
            result.Finding(
                code='a.late',
                status=Status.FAILURE,
                subject='host2',
                detail='it is late',
                remedy='wait',
            ).sentence(),
        )

    def test_with_what_is_wanted(self) -> None:
        """Between what was seen and what to do."""
        finding = contexts.finding(Status.FAILURE)
        self.assertEqual(
            'a host: it was seen; wanted: another: wait',
            dataclasses.replace(
                finding, wanted='another', remedy='wait'
            ).sentence(),
        )

    def test_without_a_remedy(self) -> None:
        """Nothing hangs on at the end."""
        self.assertEqual('a host: it was seen', contexts.finding().sentence())

    def test_one_kind_only(self) -> None:
        """The findings of one kind, in their order, in one line."""
        report = _report(
            Status.FAILURE, Status.WARNING, Status.FAILURE, Status.SUCCESS
        )
        self.assertEqual(
            ['a.0', 'a.2'],
            [f.code for f in report.with_status(Status.FAILURE)],
        )
        self.assertEqual(
            'a host: it was seen; a host: it was seen',
            report.sentences(Status.FAILURE),
        )
        self.assertEqual('', _report().sentences(Status.WARNING))
