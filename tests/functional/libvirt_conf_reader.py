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

"""Reads configuration texts with the parser inside libvirt itself.

A program of its own, because the functions are private to libvirt: nothing
but itself suffers where they behave unexpectedly. It takes a JSON list of
texts on standard input and prints for each an object of all settings, or
null where libvirt refuses the text.
"""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
from typing import Any

LIBRARY = 'libvirt.so.0'

#: virConfType (src/util/virconf.h).
LLONG, ULLONG, STRING, LIST = 1, 2, 3, 4

_Walker = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p
)
_ErrorHandler = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)


def ask(texts: list[str]) -> list[dict[str, Any] | None]:
    """Let libvirt read these texts, in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    answers: list[dict[str, Any] | None] = json.loads(done.stdout)
    return answers


def _read(library: ctypes.CDLL, text: str) -> dict[str, Any] | None:
    library.virConfReadString.restype = ctypes.c_void_p
    conf = library.virConfReadString(text.encode(), 0)
    if not conf:
        return None
    handle = ctypes.c_void_p(conf)
    names: list[bytes] = []

    def note(name: bytes, _value: int, _opaque: int) -> int:
        names.append(name)
        return 0

    library.virConfWalk(handle, _Walker(note), None)
    settings = {name.decode(): _value(library, handle, name) for name in names}
    library.virConfFree(handle)
    return settings


def _value(library: ctypes.CDLL, handle: ctypes.c_void_p, name: bytes) -> Any:
    kind = library.virConfGetValueType(handle, name)
    if kind == LLONG:
        number = ctypes.c_longlong()
        library.virConfGetValueLLong(handle, name, ctypes.byref(number))
        return number.value
    if kind == ULLONG:
        unsigned = ctypes.c_ulonglong()
        library.virConfGetValueULLong(handle, name, ctypes.byref(unsigned))
        return unsigned.value
    if kind == STRING:
        text = ctypes.c_char_p()
        library.virConfGetValueString(handle, name, ctypes.byref(text))
        return (text.value or b'').decode()
    if kind == LIST:
        items = ctypes.POINTER(ctypes.c_char_p)()
        found = library.virConfGetValueStringList(
            handle, name, False, ctypes.byref(items)
        )
        if found < 0:
            return 'a list of something else than strings'
        listed: list[str] = []
        while (item := items[len(listed)]) is not None:
            listed.append(item.decode())
        return listed
    raise ValueError(f'{name!r} is of kind {kind}')


def main() -> None:
    """Answer one request."""
    library = ctypes.CDLL(LIBRARY)
    library.virInitialize()
    # It would print every refusal.
    silent = _ErrorHandler(lambda _opaque, _error: None)
    library.virSetErrorFunc(None, silent)
    json.dump(
        [_read(library, text) for text in json.load(sys.stdin)], sys.stdout
    )


if __name__ == '__main__':
    main()
