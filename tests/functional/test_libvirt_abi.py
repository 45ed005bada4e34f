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

"""The table of flags and parameters is libvirt's."""

from __future__ import annotations

import libvirt
import testtools

from nova_native_tls.migration import libvirt_abi
from nova_native_tls.migration import versions

#: Parameters of libvirt that this project never passes.
OTHER_PARAMETERS = {
    'auto_converge.increment',
    'auto_converge.initial',
    'compression.mt.dthreads',
    'compression.mt.level',
    'compression.mt.threads',
    'compression.xbzrle.cache',
    'destination_name',
    'destination_xml',
    'graphics_uri',
    'persistent_xml',
}


class LibvirtAbiTest(testtools.TestCase):
    """Compares with the binding that is installed."""

    def _theirs(self, prefix: str, kind: type) -> dict[str, object]:
        return {
            name.removeprefix(prefix): value
            for name, value in vars(libvirt).items()
            if name.startswith(prefix) and isinstance(value, kind)
        }

    def _installed(self) -> versions.Version:
        return versions.Version.from_libvirt_number(libvirt.getVersion())

    def test_every_flag_has_libvirts_number(self) -> None:
        """The numbers of all flags up to this release are libvirt's."""
        self.assertEqual(
            self._theirs('VIR_MIGRATE_', int),
            {
                name: flag.bit
                for name, flag in libvirt_abi.FLAGS.items()
                if flag.since <= self._installed()
            },
        )

    def test_jobs(self) -> None:
        """So are those of jobs."""
        self.assertEqual(
            {libvirt.VIR_DOMAIN_JOB_BOUNDED, libvirt.VIR_DOMAIN_JOB_UNBOUNDED},
            libvirt_abi.RUNNING_JOBS,
        )
        self.assertEqual(
            libvirt.VIR_DOMAIN_EVENT_ID_JOB_COMPLETED,
            libvirt_abi.JOB_COMPLETED_EVENT,
        )

    def test_every_parameter_has_libvirts_name(self) -> None:
        """The names of all parameters up to this release are libvirt's."""
        self.assertEqual(
            set(self._theirs('VIR_MIGRATE_PARAM_', str).values())
            - OTHER_PARAMETERS,
            {
                name
                for name, parameter in libvirt_abi.PARAMETERS.items()
                if parameter.since <= self._installed()
            },
        )
