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

"""How the driver is loaded on this host, and what is left to do for it."""

from __future__ import annotations

import dataclasses
import re
import sys

from nova_native_tls._i18n import _
from nova_native_tls.nova.installation import loading

#: The driver's methods have the same signature in all of them.
OLDEST_NOVA = 29
NEWEST_NOVA = 34


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What to start.

    :ivar program: what loads the driver; None when nothing does.
    :ivar how: one sentence: what to start, or what to mend first.
    :ivar nova_version: as Nova's distribution says it; None if it does not.
    :ivar supported: this Nova is one that the driver was made for.
    :ivar warnings: what should be looked at although the driver loads.
    """

    program: loading.Program | None
    how: str
    nova_version: str | None
    supported: bool
    warnings: tuple[str, ...] = ()


def choose(nova_compute: loading.Loader, own: loading.Loader) -> Choice:
    """Take nova-compute itself if that works, else our own program."""
    working = [found for found in (nova_compute, own) if found.works]
    nova = (working or [one for one in (nova_compute, own) if one.nova_path])[
        :1
    ]
    version = nova[0].nova_version if nova else None
    major = _major(version)
    program, warnings = None, []
    if not working:
        how = _how_to_mend(nova_compute, own)
    elif major is not None and major < OLDEST_NOVA:
        how = _('Nova %(found)s is too old: %(oldest)d is the oldest') % {
            'found': version,
            'oldest': OLDEST_NOVA,
        }
    else:
        program = working[0].program
        how = _how_to_start(working[0], nova_compute)
        if major is None:
            warnings.append(
                _('the release of the Nova in %s is not known')
                % working[0].nova_path
            )
        elif major > NEWEST_NOVA:
            warnings.append(
                _('Nova %(found)s is newer than what was tried: %(newest)d')
                % {'found': version, 'newest': NEWEST_NOVA}
            )
    return Choice(
        program=program,
        how=how,
        nova_version=version,
        supported=major is not None and OLDEST_NOVA <= major <= NEWEST_NOVA,
        warnings=tuple(warnings),
    )


def _major(version: str | None) -> int | None:
    match = re.match(r'\d+', version or '')
    return None if match is None else int(match.group())


def _how_to_start(best: loading.Loader, nova_compute: loading.Loader) -> str:
    if best.program is loading.Program.NOVA_COMPUTE:
        return _('start %s') % best.path
    return _('start %(own)s in place of %(theirs)s') % {
        'own': best.path,
        'theirs': nova_compute.path or nova_compute.program,
    }


def _how_to_mend(nova_compute: loading.Loader, own: loading.Loader) -> str:
    if not nova_compute.nova_path and not own.nova_path:
        if nova_compute.path is not None:
            return _mend(nova_compute)
        return _(
            'there is no nova-compute here, and Nova is not installed in %s: '
            'run this where nova-compute runs, or name its program with '
            '--nova-compute'
        ) % (own.prefix or sys.prefix)
    if nova_compute.missing in ('nova_native_tls', 'nova.virt.native_tls'):
        return _how_to_install(nova_compute)
    return _mend(nova_compute if nova_compute.nova_path else own)


def _how_to_install(nova_compute: loading.Loader) -> str:
    sentence = _('install nova-native-tls where Nova is, with "%s -m pip"')
    sentence %= nova_compute.python
    # A virtual environment on top of another one would not see its Nova.
    if nova_compute.is_virtual:
        return sentence
    other = _(
        'or in a virtual environment made with "%s -m venv '
        '--system-site-packages", and start nova-compute-native-tls there'
    )
    return f'{sentence}; {other % nova_compute.python}'


def _mend(broken: loading.Loader) -> str:
    return _('mend what is wrong with %(program)s: %(problem)s') % {
        'program': broken.path or broken.program,
        'problem': broken.problem,
    }
