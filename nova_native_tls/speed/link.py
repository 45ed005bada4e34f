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

"""What can the interface carry on which this host receives migrations?

What the kernel says of it is the speed of the card, not of the network behind
it. Interfaces that are made of software alone make up a number: they do not
count.
"""

from __future__ import annotations

import array
import fcntl
import ipaddress
import os
import socket
import struct

_NET = '/sys/class/net'
_IPV6 = '/proc/net/if_inet6'

# include/uapi/linux/sockios.h and if.h: part of the kernel's ABI.
_SIOCGIFCONF = 0x8912
_NAME_BYTES = 16
#: struct ifreq, where pointers have 8 bytes.
_ENTRY_BYTES = 40
_ADDRESS_AT = _NAME_BYTES + 4
_ENTRIES_MAX = 1024

#: A VLAN on a bond on a bridge is three.
_DEPTH_MAX = 8

_MBIT_PER_GIB = 8 * 1024**3 / 1e6


def gib_s(address: str, net: str = _NET) -> float | None:
    """Give the speed of the interface that has an address.

    :param address: an IP address of this host.
    :returns: in GiB per second; None if nobody says.
    """
    try:
        name = interface(ipaddress.ip_address(address.partition('%')[0]))
        if name is None:
            return None
        mbit_s = _mbit_s(name, net, _DEPTH_MAX)
    except (OSError, ValueError):
        return None
    return None if mbit_s is None else mbit_s / _MBIT_PER_GIB


def interface(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, ipv6: str = _IPV6
) -> str | None:
    """Find the interface of this host that has an address.

    :raises OSError: the kernel does not say.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return _with_ipv6(address, ipv6)
        address = address.ipv4_mapped
    return _with_ipv4(address)


def _with_ipv4(address: ipaddress.IPv4Address) -> str | None:
    entries = array.array('B', bytes(_ENTRY_BYTES * _ENTRIES_MAX))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        # struct ifconf: how many bytes there is room for, and where.
        answer = fcntl.ioctl(
            asked,
            _SIOCGIFCONF,
            struct.pack('iP', len(entries), entries.buffer_info()[0]),
        )
    used, _where = struct.unpack('iP', answer)
    content = entries.tobytes()[:used]
    for at in range(0, used, _ENTRY_BYTES):
        entry = content[at : at + _ENTRY_BYTES]
        if entry[_ADDRESS_AT : _ADDRESS_AT + 4] == address.packed:
            name = entry[:_NAME_BYTES].partition(b'\0')[0]
            # "eth0:1" is a label of an address of eth0.
            return os.fsdecode(name).partition(':')[0]
    return None


def _with_ipv6(address: ipaddress.IPv6Address, path: str) -> str | None:
    with open(path, encoding='utf-8') as file:
        for line in file:
            packed, *_numbers, name = line.split()
            if bytes.fromhex(packed) == address.packed:
                return name
    return None


def _mbit_s(name: str, net: str, depth: int) -> float | None:
    """Give what an interface carries, or those below it."""
    path = os.path.join(net, name)
    own = _own_mbit_s(path)
    if depth == 0 or os.path.exists(os.path.join(path, 'device')):
        return own
    below = [
        _mbit_s(each.removeprefix('lower_'), net, depth - 1)
        for each in sorted(os.listdir(path))
        if each.startswith('lower_')
    ]
    known = [each for each in below if each is not None]
    if not known:
        return None
    if own is not None and os.path.exists(os.path.join(path, 'bonding')):
        # The kernel adds those up that carry anything.
        return own
    # A bridge has guests on it, too: what they have is software.
    return max(known)


def _own_mbit_s(path: str) -> float | None:
    try:
        with open(os.path.join(path, 'speed'), encoding='ascii') as file:
            found = int(file.read())
    except (OSError, ValueError):
        # EINVAL: it is down, or has no such thing.
        return None
    return found if found > 0 else None
