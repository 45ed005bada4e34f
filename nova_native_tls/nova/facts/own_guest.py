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


"""The traits of a guest of this host, as far as libvirt tells them."""

from __future__ import annotations

import dataclasses
from typing import Any
import xml.etree.ElementTree as ElementTree

from oslo_log import log as logging

from nova_native_tls.migration import guest_traits
from nova_native_tls.migration import libvirt_api
from nova_native_tls.migration import versions
from nova_native_tls.peer import facts
from nova_native_tls.peer import terms as peer_terms
from nova_native_tls.speed import peek
from nova_native_tls.speed import sample

LOG = logging.getLogger(__name__)


def host_versions(
    installed: versions.HostVersions,
    own: facts.HostFacts | None,
    terms: peer_terms.Terms,
) -> versions.HostVersions:
    """Give this host's versions, with the QEMU that the guest runs in.

    Where it is encrypted and nobody has looked, that one is not known. Clear
    text is decided as Nova would: with the QEMU that is installed.

    :param own: what this host has said of the migration.
    """
    if own is not None:
        return dataclasses.replace(installed, qemu=own.guest_qemu)
    if terms.encrypted:
        return dataclasses.replace(installed, qemu=None)
    return installed


def of_domain(domain: Any) -> guest_traits.GuestTraits:
    """Ask libvirt; where it does not say, nothing is known.

    :param domain: a virDomain, or what stands for one.
    """
    try:
        return guest_traits.read(ElementTree.fromstring(domain.XMLDesc(0)))
    except Exception as err:
        # Of libvirt, of Nova's proxy of it, or of the parser.
        LOG.debug('No definition: %s', err)
        return guest_traits.GuestTraits()


def of_instance(host: Any, instance: Any) -> guest_traits.GuestTraits:
    """Ask libvirt by Nova's own object.

    :param host: Nova's connection to the local libvirt.
    """
    try:
        domain = host.get_guest(instance)._domain
    except Exception as err:
        LOG.debug('No guest: %s', err, instance=instance)
        return guest_traits.GuestTraits()
    return of_domain(domain)


def memory_of(domain: Any) -> sample.MemorySample | None:
    """Look at some pages; it raises nothing, and takes some 50 ms at most.

    :param domain: a virDomain, or what stands for one.
    """
    try:
        return peek.memory_of(libvirt_api.Domain(domain))
    except Exception as err:
        # Of libvirt, or of Nova's proxy of it.
        LOG.debug('No domain to look at: %s', err)
        return None
