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

"""The one door to libvirt.

Everything else of this project speaks in flag names, versions and its own
errors; nothing else imports the binding.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import json
import threading
import types
from typing import Any
import xml.etree.ElementTree as ElementTree

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls.migration import call as migration_call
from nova_native_tls.migration import cancelling
from nova_native_tls.migration import guest_state
from nova_native_tls.migration import progress
from nova_native_tls.migration import time_limit
from nova_native_tls.migration import versions

try:
    import libvirt
    import libvirt_qemu
except ImportError:
    libvirt = None
BINDING: types.ModuleType | None = libvirt

GuestState = guest_state.GuestState

KEEPALIVE_INTERVAL_S = 5
KEEPALIVE_COUNT = 3


def _binding() -> Any:
    if libvirt is None:
        raise exception.LibvirtMissing()
    return libvirt


def to_bitmask(
    flags: frozenset[str], binding: types.ModuleType | None = None
) -> int:
    """Translate flag names with the installed binding's own constants.

    :raises UnsupportedFlag: the binding lacks one; dropping it instead could
        mean a migration in clear text.
    """
    module: Any = binding if binding is not None else _binding()
    mask = 0
    for name in sorted(flags):
        try:
            mask |= getattr(module, f'VIR_MIGRATE_{name}')
        except AttributeError:
            number = module.getVersion()
            raise exception.UnsupportedFlag(
                flag=name, version=versions.Version.from_libvirt_number(number)
            ) from None
    return mask


def could_not_connect(error: Exception) -> bool:
    """Tell whether the source's daemon did not even reach the destination's.

    Then nothing was migrated: authentication is over before a migration
    begins (qemuMigrationSrcPerformPeer2Peer in src/qemu/qemu_migration.c;
    libvirt 9.0 raises the error of the connection as it is).

    :param error: what a peer-to-peer migration raised.
    """
    return (
        libvirt is not None
        and isinstance(error, libvirt.libvirtError)
        and (
            error.get_error_code() == libvirt.VIR_ERR_AUTH_FAILED
            or 'Failed to connect to remote libvirt URI' in str(error)
        )
    )


def refusal(reason: str) -> Exception:
    """Make an error as libvirt raises it, for callers that expect no other."""
    error: Exception = libvirt.libvirtError(reason)
    return error


@contextlib.contextmanager
def _translated(operation: str) -> Iterator[None]:
    try:
        yield
    except libvirt.libvirtError as err:
        raise exception.LibvirtFailed(
            operation=operation,
            problem=err.get_error_message() or str(err),
            code=err.get_error_code(),
        ) from err


_event_loop_lock = threading.Lock()
_event_loop_started = False


def _ensure_event_loop() -> None:
    """Run libvirt's event loop once per process: keepalive needs it."""
    global _event_loop_started
    with _event_loop_lock:
        if _event_loop_started:
            return
        # They come back as exceptions, and need not be printed as well.
        libvirt.registerErrorHandler(lambda _context, _error: None, None)
        libvirt.virEventRegisterDefaultImpl()

        def run() -> None:
            while True:
                libvirt.virEventRunDefaultImpl()

        threading.Thread(target=run, name='libvirt-loop', daemon=True).start()
        _event_loop_started = True


class Domain:
    """One guest on one host."""

    def __init__(self, domain: Any) -> None:
        self._domain = domain
        self.name: str = domain.name()
        self.uuid: str = domain.UUIDString()

    def state(self) -> GuestState:
        """Ask for the state now.

        :raises LibvirtFailed: nobody could say.
        """
        known = {
            libvirt.VIR_DOMAIN_RUNNING: GuestState.RUNNING,
            libvirt.VIR_DOMAIN_BLOCKED: GuestState.RUNNING,
            libvirt.VIR_DOMAIN_PAUSED: GuestState.PAUSED,
            libvirt.VIR_DOMAIN_SHUTOFF: GuestState.SHUT_OFF,
            libvirt.VIR_DOMAIN_CRASHED: GuestState.CRASHED,
        }
        try:
            with _translated(_('Asking for the state of %s') % self.name):
                state, reason = self._domain.state()
        except exception.LibvirtFailed as err:
            if err.code == libvirt.VIR_ERR_NO_DOMAIN:
                return GuestState.ABSENT
            raise
        if state == libvirt.VIR_DOMAIN_PAUSED and reason in (
            libvirt.VIR_DOMAIN_PAUSED_POSTCOPY,
            libvirt.VIR_DOMAIN_PAUSED_POSTCOPY_FAILED,
        ):
            return GuestState.POST_COPY
        return known.get(state, GuestState.OTHER)

    def disk_targets(self) -> tuple[str, ...]:
        """List the target names of its disks, for example ``vda``."""
        targets = self.definition().iterfind('devices/disk/target[@dev]')
        return tuple(target.attrib['dev'] for target in targets)

    def definition(self) -> ElementTree.Element:
        """Read how it is defined at this moment: libvirt's domain XML."""
        with _translated(_('Reading the definition of %s') % self.name):
            return ElementTree.fromstring(self._domain.XMLDesc())

    def destroy(self) -> None:
        """End it at once, without asking it; nothing happens if it has gone.

        A transient guest is forgotten then.

        :raises LibvirtFailed: it may still be there.
        """
        gone = (libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_OPERATION_INVALID)
        try:
            with _translated(_('Destroying %s') % self.name):
                self._domain.destroy()
        except exception.LibvirtFailed as err:
            if err.code not in gone:
                raise

    def migrate(
        self, destination: Connection, call: migration_call.MigrateCall
    ) -> None:
        """Migrate the guest; returns when it has moved.

        Peer-to-peer, the source's daemon connects to the destination's by
        itself; otherwise this process leads both over its two connections.

        :raises LibvirtFailed: it did not move, or nobody knows.
        :raises UnsupportedFlag: nothing was migrated.
        """
        mask = to_bitmask(call.flags)
        params = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in call.params.items()
        }
        with _translated(_('libvirt')):
            if 'PEER2PEER' in call.flags:
                self._domain.migrateToURI3(
                    destination.uri, params=params, flags=mask
                )
            else:
                self._domain.migrate3(
                    destination.handle, params=params, flags=mask
                )

    def running_job(self) -> progress.Progress | None:
        """Look at the running job; None when there is none."""
        with _translated(_('Asking how far %s is') % self.name):
            stats = self._domain.jobStats()
        if stats.get('type') in (None, libvirt.VIR_DOMAIN_JOB_NONE):
            return None
        return progress.from_job_stats(stats)

    def completed_job(self) -> progress.Progress | None:
        """Look at the last finished job; None when libvirt kept none."""
        with _translated(_('Asking for the statistics of %s') % self.name):
            # Kept, so that "virsh domjobinfo --completed" still tells.
            stats = self._domain.jobStats(
                libvirt.VIR_DOMAIN_JOB_STATS_COMPLETED
                | libvirt.VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED
            )
        if stats.get('type') != libvirt.VIR_DOMAIN_JOB_COMPLETED:
            return None
        return progress.from_job_stats(stats)

    def read_memory(self, address: int, size: int) -> bytes:
        """Read guest-physical memory, at most 4 MiB: see ``speed.peek``."""
        with _translated(_('Reading the memory of %s') % self.name):
            physical = libvirt.VIR_MEMORY_PHYSICAL
            return bytes(self._domain.memoryPeek(address, size, physical))

    def qemu_migration_error(self) -> str | None:
        """Ask the source's QEMU why its last migration failed.

        libvirt may report the destination's consequence in place of the
        source's reason (qemuMigrationSrcPerformPeer2Peer3, libvirt 9.0), and
        keeps the reason nowhere else. This is a question to QEMU's monitor
        behind libvirt's back: harmless, but libvirt notes it in the guest's
        log, so it is for failures only.

        :returns: QEMU's own sentence; None if it has none, or cannot say.
        """
        try:
            with _translated(_('Asking the QEMU of %s') % self.name):
                answer = libvirt_qemu.qemuMonitorCommand(
                    self._domain, '{"execute": "query-migrate"}', 0
                )
            return json.loads(answer)['return'].get('error-desc') or None
        except (exception.LibvirtFailed, ValueError, LookupError):
            return None

    def cancel_job(self) -> None:
        """Cancel the running migration; nothing happens without one."""
        try:
            with _translated(_('Cancelling the migration')):
                cancelling.cancel(self._domain)
        except exception.LibvirtFailed as err:
            if err.code != libvirt.VIR_ERR_OPERATION_INVALID:
                raise

    def start_post_copy(self) -> None:
        """Let the guest run on the destination from now on."""
        with _translated(_('Switching to post-copy')):
            self._domain.migrateStartPostCopy()


class Connection:
    """A connection to one host's libvirt daemon."""

    def __init__(self, conn: Any, uri: str) -> None:
        self._conn = conn
        self.uri = uri

    @property
    def handle(self) -> Any:
        """The binding's own object, for this module only."""
        return self._conn

    @classmethod
    @contextlib.contextmanager
    def open(
        cls,
        uri: str,
        *,
        timeout_s: float = 15,
        cancel: threading.Event | None = None,
    ) -> Iterator[Connection]:
        """Connect, and close at the end.

        :param cancel: set it to stop waiting for an answer.
        :raises ConnectionFailed: refused, unreachable, or no answer in time.
        :raises LibvirtMissing: there is no Python binding.
        """
        _binding()
        _ensure_event_loop()
        try:
            conn = time_limit.within(
                timeout_s, lambda: libvirt.open(uri), cancel
            )
        except libvirt.libvirtError as err:
            raise exception.ConnectionFailed(
                uri=uri, problem=err.get_error_message()
            ) from err
        except TimeoutError as err:
            raise exception.ConnectionFailed(uri=uri, problem=err) from err
        with contextlib.suppress(libvirt.libvirtError):
            # Refused for connections without a network, which need none.
            conn.setKeepAlive(KEEPALIVE_INTERVAL_S, KEEPALIVE_COUNT)
        try:
            yield cls(conn, uri)
        finally:
            with contextlib.suppress(libvirt.libvirtError):
                conn.close()

    def ask(self, about: str, question: Callable[[Any], Any]) -> Any:
        """Let another module read over the binding's own connection.

        :raises LibvirtFailed: libvirt did not answer.
        """
        with _translated(about):
            return question(self._conn)

    def host_name(self) -> str:
        """Give the name that this host's libvirt has for itself."""
        with _translated(_('Asking %s for its name') % self.uri):
            return str(self._conn.getHostname())

    def host_uuid(self) -> str | None:
        """Give the identity by which libvirt tells hosts apart."""
        with _translated(_('Asking %s who it is') % self.uri):
            capabilities = self._conn.getCapabilities()
        return ElementTree.fromstring(capabilities).findtext('host/uuid')

    def host_versions(self) -> versions.HostVersions:
        """Ask for the versions of libvirt and of the installed QEMU."""
        with _translated(_('Asking %s for its versions') % self.uri):
            return versions.HostVersions.of(self._conn)

    def domain(self, name: str) -> Domain:
        """Look a guest up by name or UUID.

        :raises DomainNotFound: there is none of that name.
        """
        # A name that is no UUID is an invalid argument to the second look-up.
        not_this = (libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_INVALID_ARG)
        for lookup in (self._conn.lookupByName, self._conn.lookupByUUIDString):
            try:
                with _translated(_('Looking for %s') % name):
                    return Domain(lookup(name))
            except exception.LibvirtFailed as err:
                if err.code not in not_this:
                    raise
        raise exception.DomainNotFound(name=name, uri=self.uri)

    def guests(self) -> tuple[Domain, ...]:
        """List every guest that this libvirt knows, running or not."""
        with _translated(_('Listing the guests at %s') % self.uri):
            return tuple(Domain(each) for each in self._conn.listAllDomains())

    def start_transient(self, definition: str) -> Domain:
        """Start a guest that libvirt forgets as soon as it ends.

        :param definition: libvirt's domain XML.
        :raises LibvirtFailed: it was not started.
        """
        with _translated(_('Starting a guest at %s') % self.uri):
            return Domain(self._conn.createXML(definition))

    def guest_capabilities(
        self, *, machine: str | None, virt_type: str
    ) -> ElementTree.Element:
        """Ask what guests of this kind may have: libvirt's own XML.

        :param machine: a machine type of QEMU; None for its default.
        :param virt_type: ``kvm`` or ``qemu``.
        :raises LibvirtFailed: there are no such guests.
        """
        with _translated(_('Asking %s for its guests') % self.uri):
            answer = self._conn.getDomainCapabilities(
                machine=machine, virttype=virt_type
            )
        return ElementTree.fromstring(answer)
