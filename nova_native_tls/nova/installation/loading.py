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

"""Which program of this host can load the driver into nova-compute.

Two can: nova-compute itself, where Nova finds ``nova.virt.native_tls``, and
``nova-compute-native-tls``. The Python of each is asked, because only it
knows what it would find; nothing of Nova is imported here.
"""

from __future__ import annotations

import dataclasses
import enum
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
from typing import Any

from nova_native_tls._i18n import _
from nova_native_tls import exception

#: What [DEFAULT] compute_driver has to be.
DRIVER = 'native_tls.NativeTLSDriver'
PROBE = pathlib.Path(__file__).with_name('loading_probe.py')
#: Importing Nova takes seconds, on a busy host many.
PROBE_TIMEOUT_S = 120
OLDEST_PYTHON = (3, 11)
#: Longer than any first line, and the second that pip puts behind it.
BEGINNING_BYTES = 4096


class NotPython(exception.NativeTLSError):
    msg_fmt = _('Which Python runs %(program)s is not known: %(problem)s')


class Program(enum.StrEnum):
    """The programs; the values are their names."""

    NOVA_COMPUTE = 'nova-compute'
    OWN = 'nova-compute-native-tls'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Loader:
    """One of the programs, and what its Python said.

    :ivar path: where it is; None when there is none.
    :ivar is_virtual: its Python is that of a virtual environment.
    :ivar problem: why it cannot load the driver; empty when it can.
    :ivar missing: the module that was not found, if that is the problem.
    """

    program: Program
    path: str | None = None
    python: str | None = None
    python_version: str | None = None
    prefix: str | None = None
    is_virtual: bool | None = None
    nova_version: str | None = None
    nova_path: str | None = None
    native_tls_version: str | None = None
    native_tls_path: str | None = None
    missing: str | None = None
    problem: str = ''

    @property
    def works(self) -> bool:
        """It would load the driver."""
        return not self.problem


def find(program: Program) -> tuple[str, ...]:
    """Look beside the Python that runs this, and on PATH.

    :returns: each place once, the first one first.
    """
    found: list[str] = []
    beside = os.path.dirname(sys.executable)
    for path in (beside, None):
        place = shutil.which(program, path=path)
        if place is not None and not any(
            os.path.samefile(place, known) for known in found
        ):
            found.append(os.path.abspath(place))
    return tuple(found)


def python_of(program: str) -> str:
    """Read which Python runs a program that pip or a distribution wrote.

    :raises NotPython: it cannot be read, or does not say it.
    """
    try:
        with open(program, 'rb') as stream:
            beginning = stream.read(BEGINNING_BYTES)
        lines = os.fsdecode(beginning).splitlines() or ['']
        words = shlex.split(lines[0][2:]) if lines[0][:2] == '#!' else []
        if words and os.path.basename(words[0]) == 'env':
            words = [word for word in words[1:] if word[0] != '-']
        # What pip writes where the path is too long for a first line.
        elif words[:1] == ['/bin/sh'] and lines[1:]:
            words = shlex.split(lines[1].removeprefix("'''exec' "))
    except (OSError, ValueError) as err:
        raise NotPython(program=program, problem=err) from err
    python = shutil.which(words[0]) if words else None
    if python is None or 'python' not in os.path.basename(python):
        raise NotPython(
            program=program,
            problem=_('name the Python program that it starts'),
        )
    return os.path.abspath(python)


def ask(program: Program, path: str, python: str) -> Loader:
    """Let a Python say whether this program would load the driver."""
    asked = Loader(program=program, path=path, python=python)
    try:
        # As a service is run: without what the caller's environment or
        # directory adds, and without leaving files behind.
        done = subprocess.run(
            [python, '-I', '-B', str(PROBE), program.value],
            capture_output=True,
            check=False,
            cwd='/',
            stdin=subprocess.DEVNULL,
            text=True,
            errors='replace',
            timeout=PROBE_TIMEOUT_S,
        )
        answer = json.loads(done.stdout.splitlines()[-1])
        # "No problem" is said; it does not follow from silence.
        problem = answer.pop('problem')
        return _worded(dataclasses.replace(asked, problem=problem, **answer))
    except subprocess.TimeoutExpired:
        problem = _('no answer within %d seconds') % PROBE_TIMEOUT_S
        return dataclasses.replace(asked, problem=problem)
    except OSError as err:
        return dataclasses.replace(asked, problem=str(err))
    except (ValueError, LookupError, AttributeError, TypeError):
        said = (done.stderr.splitlines() or [_('nothing')])[-1]
        problem = _('its Python gave no answer but: %s') % said
        return dataclasses.replace(asked, problem=problem)


def _worded(said: Loader) -> Loader:
    """Put what a Python said about a missing module into words."""
    if not said.problem:
        return said
    version = tuple(
        int(part) for part in re.findall(r'\d+', said.python_version or '')
    )
    sentences = {
        'nova': _('Nova is not installed in %(prefix)s'),
        'nova_native_tls': _('nova-native-tls is not installed in %(prefix)s'),
        'nova.virt.native_tls': _(
            'nova-native-tls is in %(native_tls_path)s and Nova in '
            '%(nova_path)s, which looks for its drivers in its own directory '
            'only'
        ),
        'libvirt': _(
            'the Python binding of libvirt is not installed in %(prefix)s'
        ),
    }
    if version[:2] < OLDEST_PYTHON:
        problem = _('Python %(python_version)s is too old, 3.11 is needed')
    elif said.missing in sentences:
        problem = sentences[said.missing]
    else:
        return said
    return dataclasses.replace(
        said, problem=problem % dataclasses.asdict(said)
    )


def look(program: Program, named: str | None = None) -> Loader:
    """Find a program and ask its Python.

    :param named: its path, where it is not to be looked for.
    """
    found = find(program) if named is None else (os.path.abspath(named),)
    if not found:
        problem = _('there is none beside %s and none on PATH')
        return Loader(program=program, problem=problem % sys.executable)
    try:
        return ask(program, found[0], python_of(found[0]))
    except NotPython as err:
        return Loader(program=program, path=found[0], problem=str(err))


def own(nova_compute: Loader) -> Loader:
    """Look for our own program; it must start the Nova of nova-compute."""
    found = look(Program.OWN)
    theirs = nova_compute.nova_path
    if found.works and theirs is not None and found.nova_path is not None:
        if os.path.realpath(found.nova_path) != os.path.realpath(theirs):
            problem = _('it would start the Nova in %s, which is another one')
            return dataclasses.replace(
                found, problem=problem % found.nova_path
            )
    return found


def as_dict(loader: Loader) -> dict[str, Any]:
    """Give what there is to show of a program."""
    shown = dataclasses.asdict(loader)
    for name in ('program', 'missing', 'prefix', 'is_virtual'):
        del shown[name]
    return {'works': loader.works, **shown}
