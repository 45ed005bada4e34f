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

"""In which releases QEMU has the rules that it has changed."""

from __future__ import annotations

from nova_native_tls.migration import releases
from nova_native_tls.migration import versions

V = versions.Version
_QEMU = releases.Component.QEMU

#: The release in which QEMU reads credentials in a new way.
REWRITTEN = V(10, 2)
KEY_ENCIPHERMENT = releases.Releases(
    component=_QEMU,
    before=REWRITTEN,
    mended=(V(7, 2, 22), V(10, 0, 7), V(10, 1, 3)),
)
WHOLE_CHAIN = releases.Releases(component=_QEMU, since=REWRITTEN)
OWN_DH_PARAMETERS = releases.Releases(
    component=_QEMU, end=releases.End.DESTINATION, before=REWRITTEN
)
