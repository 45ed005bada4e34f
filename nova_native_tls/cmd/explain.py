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

"""``nova-native-tls explain``: what an error means and what to do."""

from __future__ import annotations

import argparse
import io

from cliff import columns

from nova_native_tls._i18n import _
from nova_native_tls.cmd import display
from nova_native_tls.cmd import show_result
from nova_native_tls import exception
from nova_native_tls.explain import entry
from nova_native_tls.explain import matcher

# A line of a terminal is not limited as an event of Nova is.
_OTHER_LENGTH = 1000


class NotExplained(exception.NativeTLSError):
    msg_fmt = _(
        'There is no known sentence of libvirt, QEMU or GnuTLS in that text: '
        'pass the end of /var/log/libvirt/qemu/GUEST.log of both hosts'
    )


class Time(columns.FormattableColumn[str | None]):
    """A moment as text; a dash for people if it is not known."""

    def human_readable(self) -> str:
        return '-' if self._value is None else self._value


class Explain(show_result.ShowResult):
    """Explain an error message or a log: where it is wrong and what to do.

    Of several known sentences the one that tells most is shown, and among
    equals the last; the rest is under others. What is not known is not
    guessed at (exit status 2).
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            'text',
            metavar='TEXT',
            nargs='*',
            help=_('the message; standard input if it is left out or "-"'),
        )
        parser.add_argument(
            '--seen-on',
            choices=(entry.Host.SOURCE.value, entry.Host.DESTINATION.value),
            help=_("the host whose QEMU's log it is"),
        )
        return parser

    def result(self, parsed_args: argparse.Namespace) -> dict[str, object]:
        """Explain and show."""
        seen_on = parsed_args.seen_on and entry.Host(parsed_args.seen_on)
        text = ' '.join(parsed_args.text)
        if text in ('', '-'):
            found = self._of_standard_input(seen_on)
        else:
            found = matcher.explain(text, seen_on=seen_on)
        if not found:
            raise NotExplained
        best, *others = found
        return {
            'id': best.id,
            'host_to_mend': best.mend.value,
            'cause': best.cause,
            'remedy': best.remedy,
            'seen': display.Lines([seen.value for seen in best.seen]),
            'sentence': best.sentence,
            'when': Time(None if best.when is None else best.when.isoformat()),
            'others': display.Lines(
                [
                    f'{other.id}: {matcher.summary(other, _OTHER_LENGTH)}'
                    for other in others
                ]
            ),
        }

    def _of_standard_input(
        self, seen_on: entry.Host | None
    ) -> tuple[matcher.Explanation, ...]:
        stream = self.app.stdin
        if stream.isatty():
            self.tell(_('reading standard input; Ctrl-D ends it'))
        raw = getattr(stream, 'buffer', None)
        if raw is None:
            return matcher.explain(stream, seen_on=seen_on)
        # A log may hold anything.
        text = io.TextIOWrapper(raw, encoding='utf-8', errors='replace')
        try:
            return matcher.explain(text, seen_on=seen_on)
        finally:
            text.detach()
