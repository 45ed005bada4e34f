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

"""A destination of which nothing can be asked from here."""

from __future__ import annotations

from nova_native_tls import exception
from nova_native_tls.migration import libvirt_api


class Unconnected(libvirt_api.Connection):
    """A host that only the source's libvirt connects to.

    A peer-to-peer migration needs no more. Who leads it need not have the
    key or the certificate with which libvirt itself connects.
    """

    def __init__(self, uri: str, host: str) -> None:
        """Name it.

        :param uri: its libvirt's, as the source's libvirt dials it.
        :param host: its name, for people.
        """
        super().__init__(None, uri)
        self._host = host

    def host_name(self) -> str:
        """Give the name that it was given."""
        return self._host

    def guests(self) -> tuple[libvirt_api.Domain, ...]:
        """Give none, since nobody can list them."""
        return ()

    def domain(self, name: str) -> libvirt_api.Domain:
        """Find none, since nobody can look.

        :raises DomainNotFound: always.
        """
        raise exception.DomainNotFound(name=name, uri=self.uri)
