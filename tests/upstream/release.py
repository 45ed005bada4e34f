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

"""Which Nova is installed here, and which of its tests concern the class?"""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
import importlib.metadata
import importlib.util
import pathlib


class NovaError(Exception):
    """The installed Nova cannot be used; the message says why."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Tests of one module.

    :ivar pattern: only tests whose id this regular expression finds.
    :ivar is_optional: not every release that is supported has the module.
    """

    module: str
    pattern: str = ''
    is_optional: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """Selections that run in one process, as unit or functional tests do.

    :ivar package: is imported first of all; it decides about eventlet.
    :ivar passed_min: how many tests must pass with the stock class, in the
        release that has the fewest.
    :ivar processes_per_core: more than one where tests mostly wait.
    :ivar native_threads_from: the first release that runs them on native
        threads here; None is eventlet, always.
    """

    name: str
    package: str
    selections: tuple[Selection, ...]
    passed_min: int
    processes_per_core: int = 1
    native_threads_from: int | None = None


def _functional(
    name: str, pattern: str = '', *, is_optional: bool = False
) -> Selection:
    return Selection(
        module=f'nova.tests.functional.{name}',
        pattern=pattern,
        is_optional=is_optional,
    )


UNIT = Suite(
    name='unit',
    package='nova.tests.unit',
    selections=(Selection(module='nova.tests.unit.virt.libvirt.test_driver'),),
    passed_min=700,
    native_threads_from=34,
)
FUNCTIONAL = Suite(
    name='functional',
    package='nova.tests.functional',
    selections=(
        _functional('libvirt.test_live_migration'),
        _functional('libvirt.test_numa_live_migration'),
        _functional('regressions.test_bug_1944619'),
    ),
    passed_min=15,
    processes_per_core=2,
)
#: Live migrations of guests with devices, and what once went wrong.
MORE = Suite(
    name='more',
    package='nova.tests.functional',
    selections=(
        _functional('libvirt.test_pci_sriov_servers', 'live_migrat'),
        _functional('libvirt.test_vtpm', 'live_migrat'),
        _functional('regressions.test_bug_1888395'),
        _functional('regressions.test_bug_1899835'),
        _functional('regressions.test_bug_2044235', is_optional=True),
        _functional('regressions.test_bug_2139351', is_optional=True),
        _functional('regressions.test_bug_2143972', is_optional=True),
        _functional('regressions.test_bug_2152697', is_optional=True),
        _functional('regressions.test_bug_2153425', is_optional=True),
    ),
    passed_min=10,
    processes_per_core=2,
)
#: What a class that asks for no TLS must fail.
CONTROL = Suite(
    name='control',
    package='nova.tests.unit',
    selections=(
        Selection(
            module='nova.tests.unit.virt.libvirt.test_driver',
            pattern=r'\.test_live_migration_with_native_tls$',
        ),
    ),
    passed_min=1,
    native_threads_from=34,
)


def version() -> str:
    """The version of the installed Nova.

    :raises NovaError: none is installed.
    """
    try:
        return importlib.metadata.version('nova')
    except importlib.metadata.PackageNotFoundError as err:
        raise NovaError(
            'No Nova is installed here: run this by "tox -e upstream"'
        ) from err


def major(of_version: str) -> int:
    """The number that a release is called by."""
    return int(of_version.partition('.')[0])


def package_dir() -> pathlib.Path:
    """Where the installed Nova is; it is not imported.

    :raises NovaError: it cannot be found.
    """
    spec = importlib.util.find_spec('nova')
    if spec is None or spec.origin is None:
        raise NovaError(
            'No Nova can be imported: run this by "tox -e upstream"'
        )
    return pathlib.Path(spec.origin).parent


def present(suite: Suite) -> Iterator[Selection]:
    """The selections of a suite whose module this Nova has.

    :raises NovaError: a module is missing that every release has.
    """
    root = package_dir().parent
    for selection in suite.selections:
        path = root.joinpath(*selection.module.split('.')).with_suffix('.py')
        if path.is_file():
            yield selection
        elif not selection.is_optional:
            raise NovaError(f'This Nova has no tests: {path} is missing')


def api_paste_path() -> pathlib.Path:
    """The ``api-paste.ini`` that came with Nova.

    The functional tests look for it next to the package, where it is in a
    source tree only; a wheel puts it under the prefix.

    :raises NovaError: it is in neither place.
    """
    candidates = [package_dir().parent / 'etc' / 'nova' / 'api-paste.ini']
    for file in importlib.metadata.files('nova') or ():
        if file.name == 'api-paste.ini':
            candidates.append(pathlib.Path(str(file.locate())))
    for candidate in candidates:
        if candidate.is_file():
            return candidate.resolve()
    raise NovaError(
        'This Nova has no etc/nova/api-paste.ini: install it from the '
        'package index'
    )


def environment(suite: Suite) -> dict[str, str]:
    """The environment variables with which Nova runs its tests.

    They are those of Nova's own tox.ini. From Nova 34 on nova-compute has
    native threads by default, and so have the unit tests; the functional
    tests stay with eventlet, as in Nova's environment "functional".
    """
    first = suite.native_threads_from
    native_threads = first is not None and major(version()) >= first
    return {
        'NOVA_RAISE_ON_GREENLET_LEAK': 'True',
        'OS_NOVA_DISABLE_EVENTLET_PATCHING': str(native_threads),
        'OS_STDERR_CAPTURE': '1',
        'OS_STDOUT_CAPTURE': '1',
        'OS_TEST_TIMEOUT': '600',
        'OS_WSGI__API_PASTE_CONFIG': str(api_paste_path()),
        'PYTHONDONTWRITEBYTECODE': '1',
        # Both runs see sets and dictionaries in the same order.
        'PYTHONHASHSEED': '0',
    }
