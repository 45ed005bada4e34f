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

"""Reads qemu.conf to be edited, and writes it in one step."""

from __future__ import annotations

import dataclasses
import os
import stat

from nova_native_tls._i18n import _
from nova_native_tls.pki import qemu_conf
from nova_native_tls.qemu_conf_edit import settings
from nova_native_tls.store import durable


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EditedFile:
    """A file, and what is to be in it.

    :ivar path: where it really is, links followed.
    :ivar access: who may read it, as before.
    """

    path: str
    text: settings.Edited
    access: durable.Access

    def write(self) -> None:
        """Write it, if anything has changed.

        :raises WriteFailed: it is as it was.
        """
        if self.text.changed:
            durable.write(
                self.path,
                self.text.after.encode(errors='surrogateescape'),
                self.access,
            )


def edit(path: str, wanted: settings.Wanted) -> EditedFile:
    """Read a file and work out what is to be in it; nothing is written.

    :param path: none there is as good as an empty one, as for libvirt.
    :raises NotEdited: it cannot be read, or cannot say what is wanted.
    :raises QemuConfUnreadable: libvirt could not read it.
    :raises LibraryMissing: there is no augeas.
    """
    real = os.path.realpath(path)
    content, access = b'', durable.PRIVATE
    try:
        if not stat.S_ISREG(os.stat(real).st_mode):
            raise settings.NotEdited(path=path, problem=_('it is no file'))
        with open(real, 'rb') as file:
            content = file.read(qemu_conf.MAX_BYTES + 1)
            access = durable.Access.of(file.fileno())
    except FileNotFoundError:
        # libvirt takes its defaults.
        pass
    except OSError as err:
        raise settings.NotEdited(path=path, problem=err.strerror) from err
    if len(content) > qemu_conf.MAX_BYTES:
        raise settings.NotEdited(path=path, problem=_('it is too large'))
    return EditedFile(
        path=real,
        text=settings.edit(
            path, content.decode(errors='surrogateescape'), wanted
        ),
        access=access,
    )
