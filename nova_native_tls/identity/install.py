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

"""Replaces this host's identity: checked before, in one step, or not at all.

Interrupted anywhere, the host has what it had, or what it is to have.
"""

from __future__ import annotations

from collections.abc import Mapping
import contextlib
import dataclasses
import os

from nova_native_tls._i18n import _
from nova_native_tls.checks import permission_remedy
from nova_native_tls import exception
from nova_native_tls.host import path_walk
from nova_native_tls.host import seen_files
from nova_native_tls.host import which_reader
from nova_native_tls.identity import access
from nova_native_tls.identity import candidate
from nova_native_tls.identity import future_check
from nova_native_tls.identity import pending
from nova_native_tls.identity import place as identity_place
from nova_native_tls.pki import credential_set
from nova_native_tls.store import directory_lock
from nova_native_tls.store import durable
from nova_native_tls.store import set_directory
from nova_native_tls.store import swap

#: Plain files under these names become links, and stay what they are.
_EVERY_NAME = credential_set.NAMES
_KEYS = tuple(end.key() for end in credential_set.Endpoint)


class QemuCannotRead(exception.NativeTLSError):
    msg_fmt = _(
        "Refused, nothing was replaced: QEMU's user %(user)s cannot read "
        '%(path)s (%(problem)s)%(remedy)s'
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """How it went.

    :ivar changed: False: everything was there already.
    :ivar attempts: how often readers came in between, and once more.
    """

    changed: bool
    warnings: tuple[str, ...] = ()
    attempts: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What is to be installed, and may be.

    :ivar before: what is installed now, as far as it is to stay the same.
    """

    files: candidate.Candidate
    checked: future_check.Checked
    before: set_directory.Files = dataclasses.field(repr=False)


def prepare(given: candidate.Given, where: identity_place.Place) -> Prepared:
    """Put the future files together and judge them; nothing is changed.

    :raises InstallRefused: it must not be installed.
    """
    sets = set_directory.SetDirectory(where.directory)
    before = sets.seen(_EVERY_NAME)
    asked = pending.read(where.directory) if given.cert is not None else None
    files = candidate.build(
        given,
        {name: content for name, (content, _access) in before.items()},
        pending_key=asked.request.key_pem if asked else None,
        earlier_keys=[
            content for content, _access in sets.previous(_KEYS).values()
        ],
        passphrase=where.passphrase,
    )
    checked = future_check.check(
        files, where, asked_names=_asked_names(given, files, asked)
    )
    return Prepared(files=files, checked=checked, before=before)


def install(
    given: candidate.Given,
    where: identity_place.Place,
    patience: swap.Patience | None = None,
    reader: seen_files.Reader | None = None,
) -> Installed:
    """Check, and replace.

    :param reader: finds out what QEMU's user can read.
    :raises InstallRefused: it must not be installed.
    :raises QemuCannotRead: QEMU's user could not read it.
    :raises NativeTLSError: the system did not let us; nothing was replaced.
    """
    make_directory(where)
    with directory_lock.hold(where.directory):
        sets = set_directory.SetDirectory(where.directory)
        sets.clean()
        prepared = prepare(given, where)
        done = _replace(
            sets,
            prepared,
            where,
            patience or swap.Patience(),
            reader or which_reader.choose(),
        )
        if prepared.files.uses_pending:
            pending.remove(where.directory)
        return done


def _asked_names(
    given: candidate.Given,
    files: candidate.Candidate,
    asked: pending.Pending | None,
) -> tuple[str, ...] | None:
    if given.cert is None:
        return None
    return asked.request.names if asked and files.uses_pending else ()


def make_directory(where: identity_place.Place) -> None:
    """Make the directory, if it is not there.

    :raises WriteFailed: it cannot be made.
    """
    durable.make_directory(
        where.directory, access.for_user(where.user).directory
    )


def _replace(
    sets: set_directory.SetDirectory,
    prepared: Prepared,
    where: identity_place.Place,
    patience: swap.Patience,
    reader: seen_files.Reader,
) -> Installed:
    rights = access.for_user(where.user)
    files = {
        name: (content, _rights(name, rights, prepared.before))
        for name, content in prepared.files.files.items()
    }
    warnings = prepared.checked.warnings
    if sets.current() is not None and files == prepared.before:
        return Installed(changed=False, warnings=warnings)
    directories = rights.of_sets(where.directory)
    name = sets.add(files, directories)
    try:
        _check_readable(
            os.path.join(sets.path, name), prepared.files.files, where, reader
        )
        swapped = sets.activate(
            name,
            dict.fromkeys([*candidate.NAMES, *prepared.before]),
            directories,
            patience,
        )
    except BaseException:
        if sets.current() != name:
            # What cannot be removed now is removed by the next install.
            with contextlib.suppress(durable.WriteFailed):
                durable.remove(os.path.join(sets.path, name))
        raise
    return Installed(
        changed=True, warnings=warnings, attempts=swapped.attempts
    )


def _rights(
    name: str, rights: access.IdentityAccess, before: set_directory.Files
) -> durable.Access:
    """Permissions of a new file; its SELinux label is that of the old one."""
    wanted = rights.key if '-key' in name else rights.public
    if name not in before:
        return wanted
    kept = {
        attribute: value
        for attribute, value in before[name][1].attributes.items()
        if attribute == 'security.selinux'
    }
    return dataclasses.replace(wanted, attributes=kept)


def _check_readable(
    directory: str,
    wanted: Mapping[str, bytes],
    where: identity_place.Place,
    reader: seen_files.Reader,
) -> None:
    """Let QEMU's user try, before its files are replaced by these."""
    try:
        seen = reader(directory, where.user.identity)
    except OSError as err:
        raise QemuCannotRead(
            user=where.user.name,
            path=directory,
            problem=err.strerror,
            remedy='',
        ) from err
    for name, content in wanted.items():
        path = os.path.join(directory, name)
        file = seen.files.get(name, credential_set.MISSING)
        if file.content == content:
            continue
        walk = path_walk.Walker('').walk(path)
        node = permission_remedy.obstacle(walk, where.user)
        remedy = (
            ''
            if node is None
            else _(': run "%s"') % permission_remedy.command(node, where.user)
        )
        raise QemuCannotRead(
            user=where.user.name,
            path=path if node is None else node.path,
            problem=seen.unseen.get(name) or file.problem(),
            remedy=remedy,
        )
