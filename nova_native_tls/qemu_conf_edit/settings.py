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

"""What qemu.conf has to say for migrations, and the text that says it."""

from __future__ import annotations

import dataclasses
import difflib

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls.pki import qemu_conf
from nova_native_tls.qemu_conf_edit import augeas

#: libvirt's own, so it knows what that libvirt knows.
LENS = 'Libvirtd_qemu.lns'


class NotEdited(exception.NativeTLSError):
    msg_fmt = _('%(path)s was not changed: %(problem)s')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Settings; None leaves what is there.

    :ivar force: let nothing migrate without TLS.
    :ivar priority: for GnuTLS; the libvirt has to know it (11.6).
    """

    directory: str
    verify: bool = True
    force: bool | None = None
    priority: str | None = None

    def values(self) -> dict[str, str | int]:
        """As qemu.conf has them."""
        every: dict[str, str | int | None] = {
            'migrate_tls_x509_cert_dir': self.directory,
            'migrate_tls_x509_verify': int(self.verify),
            'migrate_tls_force': None
            if self.force is None
            else int(self.force),
            'migrate_tls_priority': self.priority,
        }
        return {
            name: value for name, value in every.items() if value is not None
        }


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """The text before and after."""

    path: str
    before: str
    after: str

    @property
    def changed(self) -> bool:
        """Tell whether there is anything to write."""
        return self.before != self.after

    def diff(self) -> str:
        """Show what changes, as ``diff -u``; empty if nothing does."""
        return '\n'.join(
            line.rstrip('\n')
            for line in difflib.unified_diff(
                self.before.splitlines(keepends=True),
                self.after.splitlines(keepends=True),
                fromfile=self.path,
                tofile=self.path,
            )
        )


def edit(path: str, text: str, wanted: Wanted) -> Edited:
    """Work out the new text; comments and the order of lines stay.

    :param path: only to be named.
    :raises QemuConfUnreadable: libvirt could not read the text.
    :raises NotEdited: it cannot be said with this text, or this libvirt.
    :raises LibraryMissing: there is no augeas.
    """
    before = dict(qemu_conf.parse(text))
    changes = {
        name: value
        for name, value in wanted.values().items()
        if before.get(name) != value
    }
    if not changes:
        return Edited(path=path, before=text, after=text)
    try:
        after = _rewritten(text, changes)
    except augeas.LensFailed as err:
        raise NotEdited(path=path, problem=err) from err
    if dict(qemu_conf.parse(after)) != before | changes:
        raise NotEdited(
            path=path,
            problem=_(
                'augeas and libvirt do not read it alike; change these by '
                'hand: %s'
            )
            % ', '.join(f'{n} = {_written(v)}' for n, v in changes.items()),
        )
    return Edited(path=path, before=text, after=after)


def _rewritten(text: str, changes: dict[str, str | int]) -> str:
    # The lens wants the end of the last line, libvirt does not.
    if text and not text.endswith('\n'):
        text += '\n'
    with augeas.tree(LENS) as tree:
        tree.parse(text)
        for name, value in changes.items():
            tree.set(name, str(value), after_comment=f'{name} *=')
        return tree.text()


def _written(value: str | int) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
