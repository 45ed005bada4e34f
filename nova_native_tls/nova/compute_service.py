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

"""``nova-compute-native-tls``: nova-compute, with this driver in its reach.

For hosts where Nova lives in another site directory, so that the module
``nova.virt.native_tls`` cannot be found where Nova looks for it.
"""

from __future__ import annotations

import importlib
import os
import sys


def main() -> None:
    """Run nova-compute; its options and arguments are its own."""
    # First of all, because it patches the standard library where Nova runs
    # on green threads (nova/cmd/__init__.py, nova/monkey_patch.py).
    compute = importlib.import_module('nova.cmd.compute')
    make_driver_known()
    # oslo.config and oslo.log name files after the program: those of this
    # service are nova-compute.conf and nova-compute.log.
    sys.argv[0] = os.path.join(os.path.dirname(sys.argv[0]), 'nova-compute')
    compute.main()


def make_driver_known() -> None:
    """Put our driver where Nova's ``compute_driver`` option looks.

    Nothing is changed where Nova finds it by itself.
    """
    try:
        importlib.import_module('nova.virt.native_tls')
    except ModuleNotFoundError:
        driver = importlib.import_module('nova_native_tls.nova.driver')
        virt = importlib.import_module('nova.virt')
        sys.modules['nova.virt.native_tls'] = driver
        virt.native_tls = driver  # type: ignore[attr-defined]
