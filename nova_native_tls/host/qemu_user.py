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

"""As which user QEMU runs, and so reads its certificates."""

from __future__ import annotations

import dataclasses
import grp
import os
import pwd
import re
import xml.etree.ElementTree as ElementTree

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls.host import migration_conf
from nova_native_tls.host import permission

#: What distributions build libvirt with: Debian and Ubuntu, Fedora and SUSE.
DISTRIBUTION_USERS = ('libvirt-qemu', 'qemu')
#: What the kernel has for users and groups; one more stands for nobody.
_ID_MAX = 2**32 - 2
_LABEL = re.compile(r'\+(\d+):\+(\d+)')


class UserUnknown(exception.NativeTLSError):
    msg_fmt = _("QEMU's user is not known: %(problem)s")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class QemuUser:
    """The user, and who says so.

    :ivar name: a number, where it has no name.
    """

    identity: permission.Identity
    name: str
    group: str
    said_by: str


def find(
    capabilities: str | None, conf: migration_conf.MigrationConf
) -> QemuUser:
    """Find it: libvirt says it, or qemu.conf, or the distribution.

    :param capabilities: libvirt's own XML, if libvirt could be asked.
    :raises UserUnknown: there is no such user.
    """
    if capabilities is not None:
        labelled = from_capabilities(capabilities)
        if labelled is not None:
            return described(*labelled, said_by=_('libvirt'))
    user = conf.user
    said_by = 'qemu.conf'
    if user is None:
        user = next((u for u in DISTRIBUTION_USERS if _has_user(u)), None)
        said_by = _('the distribution')
        if user is None:
            raise UserUnknown(
                problem=_('libvirt does not say it, and there is no user %s')
                % _(' or ').join(DISTRIBUTION_USERS)
            )
    uid, gid = from_name(user)
    if conf.group is not None:
        gid = _group(conf.group)
    return described(uid, gid, said_by=said_by)


def from_capabilities(xml: str) -> tuple[int, int] | None:
    """Take uid and gid from <secmodel>; None if they are not there."""
    for model in ElementTree.fromstring(xml).iterfind('host/secmodel'):
        if model.findtext('model') == 'dac':
            label = _LABEL.fullmatch(model.findtext('baselabel') or '')
            if label is not None:
                return int(label[1]), int(label[2])
    return None


def security_models(xml: str) -> frozenset[str]:
    """List what libvirt confines guests with: dac, apparmor, selinux."""
    found = ElementTree.fromstring(xml).iterfind('host/secmodel/model')
    return frozenset(model.text or '' for model in found)


def described(uid: int, gid: int, *, said_by: str) -> QemuUser:
    """Look up names, and what other groups there are."""
    try:
        name = pwd.getpwuid(uid).pw_name
        # As virGetGroupList; of a user without a name there is but one.
        groups = frozenset(os.getgrouplist(name, gid))
    except KeyError:
        name, groups = str(uid), frozenset({gid})
    try:
        group = grp.getgrgid(gid).gr_name
    except KeyError:
        group = str(gid)
    return QemuUser(
        identity=permission.Identity(uid=uid, gid=gid, groups=groups),
        name=name,
        group=group,
        said_by=said_by,
    )


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def from_name(written: str) -> tuple[int, int]:
    """Read a user as virGetUserID does: a name first, then a number.

    :returns: uid and the group that goes with it.
    :raises UserUnknown: there is none.
    """
    if not written.startswith('+'):
        try:
            entry = pwd.getpwnam(written)
        except (KeyError, ValueError):
            # ValueError: text that the C library does not take.
            pass
        else:
            return entry.pw_uid, entry.pw_gid
    uid = _number(written)
    try:
        return uid, pwd.getpwuid(uid).pw_gid
    except KeyError:
        return uid, uid


def _group(written: str) -> int:
    if not written.startswith('+'):
        try:
            return grp.getgrnam(written).gr_gid
        except (KeyError, ValueError):
            pass
    return _number(written)


def _number(written: str) -> int:
    digits = written.removeprefix('+')
    # Not converted before it is known to be short.
    if (
        not (digits.isascii() and digits.isdigit())
        or len(digits) > len(str(_ID_MAX))
        or int(digits) > _ID_MAX
    ):
        raise UserUnknown(
            problem=_('qemu.conf names %s, which is not here') % written
        )
    return int(digits)
