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

"""The door to libaugeas: settings in and out of a text, no file is written.

By ctypes: the binding on the package index has to be compiled against the
library's headers, and its ABI has been one since 2008.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import ctypes

from nova_native_tls._i18n import _
from nova_native_tls import exception

LIBRARY = 'libaugeas.so.0'
#: enum aug_flags (augeas.h): load no lens but the one that is named, and no
#: file at all.
_NO_LOAD, _NO_MODL_AUTOLOAD = 1 << 5, 1 << 6
_TEXT, _FILE, _NEW_TEXT = '/text', '/file', '/new'
#: Where it notes what is wrong with a text.
_ERROR = f'/augeas/text{_FILE}/error'


class LibraryMissing(exception.NativeTLSError):
    msg_fmt = _(
        'qemu.conf is edited through augeas, which is not installed '
        '(%(problem)s): install libaugeas0 on Debian and Ubuntu, augeas-libs '
        'on Fedora and its relatives'
    )


class LensFailed(exception.NativeTLSError):
    """The text is not what the lens describes, or there is no such lens."""

    msg_fmt = _('The lens %(lens)s does not do it: %(problem)s')


class Tree:
    """A text as a tree of settings; names are labels below its root."""

    def __init__(self, library: ctypes.CDLL, handle: int, lens: str) -> None:
        self._library = library
        self._handle = ctypes.c_void_p(handle)
        self._lens = lens

    def parse(self, text: str) -> None:
        """Make the tree of a text.

        :raises LensFailed: the lens does not know what is in it.
        """
        self._call('aug_set', _TEXT, text)
        self._call('aug_text_store', self._lens, _TEXT, _FILE)

    def set(self, name: str, value: str, *, after_comment: str) -> None:
        """Change a setting, all of that name if it is there repeatedly.

        A new one comes behind the first comment that begins so, as
        distributions ship defaults, or else to the end.
        """
        where = f'{_FILE}/{name}'
        if self._count(where):
            self._call('aug_setm', where, None, value)
            return
        place = f'{_FILE}/#comment[. =~ regexp("{after_comment}.*")][1]'
        if self._count(place):
            self._call('aug_insert', place, name, 0)
        self._call('aug_set', where, value)

    def text(self) -> str:
        """Write the text; what was not changed is as it was.

        :raises LensFailed: the lens does not know a setting, or its value.
        """
        self._call('aug_text_retrieve', self._lens, _TEXT, _FILE, _NEW_TEXT)
        return self._get(_NEW_TEXT) or ''

    def _count(self, path: str) -> int:
        found: int = self._library.aug_match(self._handle, path.encode(), None)
        return max(found, 0)

    def _get(self, path: str) -> str | None:
        value = ctypes.c_char_p()
        found = self._library.aug_get(
            self._handle, path.encode(), ctypes.byref(value)
        )
        if found < 1 or value.value is None:
            return None
        return value.value.decode(errors='surrogateescape')

    def _call(self, function: str, *arguments: str | int | None) -> None:
        encoded = [
            each.encode(errors='surrogateescape')
            if isinstance(each, str)
            else each
            for each in arguments
        ]
        if getattr(self._library, function)(self._handle, *encoded) < 0:
            raise LensFailed(lens=self._lens, problem=self._problem())

    def _problem(self) -> str:
        """Say what is wrong, with the line of the text if that is known."""
        # First, as the next call makes it forget.
        words = [
            said.decode(errors='replace')
            for said in (
                self._library.aug_error_message(self._handle),
                self._library.aug_error_minor_message(self._handle),
                self._library.aug_error_details(self._handle),
            )
            if said
        ]
        message = self._get(f'{_ERROR}/message') or self._get(_ERROR)
        line = self._get(f'{_ERROR}/line')
        if line is not None:
            return _('line %(line)s: %(message)s') % {
                'line': line,
                'message': message,
            }
        # A tree that does not fit is told with the whole lens.
        return (message or '; '.join(words)).partition(' with pattern')[0]


@contextlib.contextmanager
def tree(lens: str) -> Iterator[Tree]:
    """Open the library for one text.

    :param lens: such as ``Libvirtd_qemu.lns``.
    :raises LibraryMissing: libaugeas is not there.
    """
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError as err:
        raise LibraryMissing(problem=err) from err
    library.aug_init.restype = ctypes.c_void_p
    for name in (
        'aug_error_message',
        'aug_error_minor_message',
        'aug_error_details',
    ):
        getattr(library, name).restype = ctypes.c_char_p
    handle = library.aug_init(None, None, _NO_LOAD | _NO_MODL_AUTOLOAD)
    if not handle:
        raise LensFailed(lens=lens, problem=_('augeas does not start'))
    try:
        yield Tree(library, handle, lens)
    finally:
        library.aug_close(ctypes.c_void_p(handle))
