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

"""Is this host's clock right, as far as its kernel knows?"""

from __future__ import annotations

import ctypes
import dataclasses
import os

#: include/uapi/linux/timex.h
_UNSYNCHRONISED = 0x0040
_TIME_ERROR = 5


class _Timex(ctypes.Structure):
    _fields_ = [
        ('modes', ctypes.c_uint),
        ('offset', ctypes.c_long),
        ('frequency', ctypes.c_long),
        ('maximum_error_us', ctypes.c_long),
        ('estimated_error_us', ctypes.c_long),
        ('status', ctypes.c_int),
        # More than the rest of it.
        ('rest', ctypes.c_long * 32),
    ]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What the kernel was told about its clock.

    :ivar synchronised: somebody (chrony, ntpd, timesyncd) keeps it right. It
        does not say how far it is off.
    """

    synchronised: bool
    maximum_error_s: float


def read() -> Clock:
    """Ask the kernel; nothing is adjusted.

    :raises OSError: it does not say.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    timex = _Timex()
    state = libc.adjtimex(ctypes.byref(timex))
    if state < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return Clock(
        synchronised=state != _TIME_ERROR
        and not timex.status & _UNSYNCHRONISED,
        maximum_error_s=timex.maximum_error_us / 1e6,
    )
