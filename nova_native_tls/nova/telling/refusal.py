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

"""What is told of a refusal where there is room for 255 characters only?"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence

from nova_native_tls._i18n import _
from nova_native_tls.checks import result

#: Stands for what is left out.
_CUT = '...'
#: Between two sentences, and between the parts of a remedy.
_NEXT = '; '


def text(failures: Sequence[result.Finding], room: int) -> str:
    """Say what fits: above all the first cause, and what to do about it.

    The rest is left to the log.

    :param failures: at least one; causes first.
    :param room: how many characters may be said.
    """
    everything = _NEXT.join(failure.sentence() for failure in failures)
    if len(everything) <= room:
        return everything
    said = _fit(failures[0], room)
    for number, failure in enumerate(failures[1:], 1):
        longer = next(
            (
                longer
                for form in _forms(failure)
                if len(longer := f'{said}{_NEXT}{form}') <= room
            ),
            None,
        )
        if longer is None:
            rest = _('; %d more in nova-compute.log') % (
                len(failures) - number
            )
            return said + rest if len(said + rest) <= room else said
        said = longer
    return said


def _forms(failure: result.Finding) -> Iterator[str]:
    """Say it at length, and then with ever less that one can do without."""
    yield failure.sentence()
    if failure.remedy:
        yield f'{failure.subject}: {failure.detail}: {failure.remedy}'
        yield f'{failure.subject}: {failure.detail}: {_main(failure)}'


def _main(failure: result.Finding) -> str:
    """Give what is to be done, without what is to be known about it."""
    return failure.remedy.partition(_NEXT)[0]


def _fit(failure: result.Finding, room: int) -> str:
    """Say it so that the remedy is whole, if that can be."""
    for form in _forms(failure):
        if len(form) <= room:
            return form
    begin, end = f'{failure.subject}: ', f' {_CUT}: {_main(failure)}'
    left = room - len(begin) - len(end)
    if failure.remedy and left > 0:
        # One more: it may end with a word.
        whole_words = failure.detail[: left + 1].rpartition(' ')[0]
        return f'{begin}{whole_words}{end}'
    return failure.sentence()[: max(0, room - len(_CUT))] + _CUT
