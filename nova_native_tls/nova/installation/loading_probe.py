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

"""Asks the Python that runs it whether nova-compute could load the driver.

A program of its own: ``loading`` gives it to the Python of nova-compute,
which may be another one than ours, so it uses nothing of this package but
what nova-compute would use. It writes one JSON object as its last line, and
runs on any Python that Nova ran on.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import platform
import sys
from typing import Any

DRIVER = 'NativeTLSDriver'
MODULE = 'nova.virt.native_tls'


def _location(name: str) -> str:
    module = importlib.import_module(name)
    if module.__file__ is None:
        # A folder without a package in it: our own one file for Nova is
        # such a "nova" where there is no Nova.
        raise ModuleNotFoundError(f"No module named '{name}'", name=name)
    return os.path.dirname(os.path.abspath(module.__file__))


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _load(way: str) -> None:
    # In nova-compute's own order: its module patches the standard library
    # before anything else is imported.
    importlib.import_module('nova.cmd.compute')
    if way == 'nova-compute-native-tls':
        name = 'nova_native_tls.nova.compute_service'
        importlib.import_module(name).make_driver_known()
    getattr(importlib.import_module(MODULE), DRIVER)
    # Nova does not need the binding until it connects.
    if importlib.import_module('nova.virt.libvirt.host').libvirt is None:
        raise ModuleNotFoundError("No module named 'libvirt'", name='libvirt')


def _attempt(answer: dict[str, Any], way: str) -> None:
    """Add what is found to the answer, as far as one gets."""
    answer['nova_path'] = _location('nova')
    answer['nova_version'] = _version('nova')
    answer['native_tls_path'] = _location('nova_native_tls')
    answer['native_tls_version'] = _version('nova-native-tls')
    _load(way)


def main(way: str) -> None:
    """Say what this Python has, and whether the driver could be loaded.

    :param way: the program that would load it.
    """
    answer: dict[str, Any] = {
        'python_version': platform.python_version(),
        'prefix': sys.prefix,
        'is_virtual': sys.prefix != sys.base_prefix,
    }
    try:
        _attempt(answer, way)
        answer['problem'] = ''
    # Whatever goes wrong here goes wrong in nova-compute.
    except (Exception, SystemExit) as err:
        answer['problem'] = f'{type(err).__name__}: {err}'
        if isinstance(err, ModuleNotFoundError):
            answer['missing'] = err.name
    print()
    print(json.dumps(answer))


if __name__ == '__main__':
    main(sys.argv[1])
