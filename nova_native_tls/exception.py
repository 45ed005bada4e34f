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

"""Every error this project raises.

Each is one sentence that names the input and says what to do; the data in
it stay available as attributes. "Could not look" and "looked, and it is
wrong" are different classes.
"""

from __future__ import annotations

import functools
from typing import Any

from nova_native_tls._i18n import _


class NativeTLSError(Exception):
    """Base of all errors of this project.

    :param kwargs: the values that ``msg_fmt`` names; each becomes an
        attribute of the error.
    """

    msg_fmt = _('nova-native-tls failed')

    def __init__(self, **kwargs: Any) -> None:
        self.details = kwargs
        # One line, whatever a library or a log contributed to it.
        super().__init__(' '.join((self.msg_fmt % kwargs).split()))

    def __reduce__(self) -> tuple[Any, ...]:
        # For copies, also in another process: the arguments are keywords.
        return functools.partial(type(self), **self.details), ()

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__['details'][name]
        except KeyError:
            raise AttributeError(name) from None


class ToolBroken(NativeTLSError):
    msg_fmt = _(
        'the tool itself broke (%(kind)s: %(problem)s): please report it with '
        'the output of --debug'
    )


class ConfigurationUnreadable(NativeTLSError):
    msg_fmt = _('Cannot read the configuration: %(problem)s')


class ExclusiveOptions(NativeTLSError):
    msg_fmt = _(
        '[libvirt] live_migration_with_native_tls and [libvirt] '
        'live_migration_tunnelled exclude each other: keep '
        'live_migration_with_native_tls, which also encrypts the disks and '
        'copies less, and set live_migration_tunnelled to false'
    )


class PlaintextNotAsked(NativeTLSError):
    msg_fmt = _(
        'The configuration asks for a migration in clear text: set [libvirt] '
        'live_migration_with_native_tls to true, or say --plaintext if that '
        'is what you want'
    )


class InvalidURI(NativeTLSError):
    msg_fmt = _('%(uri)r is not a usable %(kind)s: %(problem)s')


class InvalidHost(NativeTLSError):
    msg_fmt = _('%(host)r names no host: %(problem)s')


class InvalidVersion(NativeTLSError):
    msg_fmt = _(
        '%(text)r is not a version: write it as numbers with dots, for '
        'example 10.0.0'
    )


class OutOfRange(NativeTLSError):
    msg_fmt = _('%(name)s is %(value)s: it must be %(low)d to %(high)d')


class UnknownFlag(NativeTLSError):
    msg_fmt = _('There is no migration flag %(flag)s')


class UnknownParameter(NativeTLSError):
    msg_fmt = _('There is no migration parameter %(name)s')


class UnsupportedFlag(NativeTLSError):
    msg_fmt = _(
        'The installed libvirt-python %(version)s has no migration flag '
        '%(flag)s: upgrade it, nothing was migrated'
    )


class MigrationRefused(NativeTLSError):
    msg_fmt = _('Refused, nothing was migrated: %(reasons)s')


class LibvirtMissing(NativeTLSError):
    msg_fmt = _(
        'The Python binding of libvirt is not installed: install python3-'
        'libvirt, or libvirt-python with pip'
    )


class ConnectionFailed(NativeTLSError):
    msg_fmt = _('Cannot connect to %(uri)s: %(problem)s')


class DomainNotFound(NativeTLSError):
    msg_fmt = _('There is no guest %(name)r at %(uri)s')


class DomainNotRunning(NativeTLSError):
    msg_fmt = _(
        'The guest %(name)s at %(uri)s is not running: only a running or '
        'paused guest can be migrated live'
    )


class DiskNotFound(NativeTLSError):
    msg_fmt = _(
        'The guest %(name)s has no disk %(disk)r to copy; it has: %(known)s'
    )


class SameHost(NativeTLSError):
    msg_fmt = _(
        'Source and destination are the same host, %(host)s: name another '
        'destination'
    )


class LibvirtFailed(NativeTLSError):
    """libvirt refused or broke; its own sentence is kept in ``problem``."""

    msg_fmt = _('%(operation)s: %(problem)s')


class MigrationFailed(NativeTLSError):
    msg_fmt = _(
        'The migration of %(name)s failed, the guest is %(state)s on '
        '%(source)s: %(problem)s'
    )


class MigrationCancelled(NativeTLSError):
    msg_fmt = _(
        'The migration of %(name)s was cancelled, the guest is %(state)s on '
        '%(source)s'
    )


class MigrationStuck(NativeTLSError):
    msg_fmt = _(
        'The migration of %(name)s was cancelled %(waited_s)d seconds ago and '
        'has not ended; the guest is %(state)s on %(source)s. If "virsh '
        'domstate %(name)s" on %(destination)s says paused, then "virsh '
        'destroy %(name)s" there ends it. If not, the QEMU on the source '
        'cannot end it any more: the guest goes on, and can be migrated again '
        'once it was destroyed on the source and started again'
    )


class MigrationStateUnknown(NativeTLSError):
    msg_fmt = _(
        'What became of %(name)s is not known (%(problem)s): run "virsh '
        'domstate %(name)s" on %(source)s and on %(destination)s before '
        'anything else'
    )


class CheckUnusable(NativeTLSError):
    msg_fmt = _('The pre-check %(name)s cannot be used: %(problem)s')


class NoChecks(NativeTLSError):
    msg_fmt = _(
        'No pre-check is installed under %(namespace)s: install '
        'nova-native-tls again, nothing was checked'
    )


class FactsUnreadable(NativeTLSError):
    msg_fmt = _(
        'What the other host says about itself is unusable: %(problem)s'
    )


class CertificateUnreadable(NativeTLSError):
    """It could not be looked at; says nothing about what is in it."""

    msg_fmt = _('The certificate cannot be read: %(problem)s')


class QemuConfUnreadable(NativeTLSError):
    msg_fmt = _('qemu.conf cannot be read: %(problem)s')


class WeakKey(NativeTLSError):
    msg_fmt = _(
        'A key of the kind %(kind)s is too weak for a certificate, or not '
        'every QEMU takes it: make one of %(wanted)s'
    )


class RequestRefused(NativeTLSError):
    msg_fmt = _('Refused, nothing was signed: %(reason)s')


class CAUnusable(NativeTLSError):
    """Its state could not be read or changed; it is what it was before."""

    msg_fmt = _('The CA in %(directory)s cannot be used: %(problem)s')


class PassphraseUnusable(NativeTLSError):
    msg_fmt = _('The passphrase of the CA key: %(problem)s')


class NothingToRevoke(NativeTLSError):
    msg_fmt = _(
        'Nothing was revoked: no certificate that is valid and not yet '
        'revoked has %(kind)s %(value)s, see "nova-native-tls ca show"'
    )


class RotationRefused(NativeTLSError):
    msg_fmt = _('The CA stays at the step "%(step)s": %(reason)s')


class ReportUnreadable(NativeTLSError):
    msg_fmt = _(
        '%(file)s is no report of a host: %(problem)s; write one there with '
        '"nova-native-tls host show -f json"'
    )


class IssuerUnusable(NativeTLSError):
    msg_fmt = _('The issuer %(name)s cannot be used: %(problem)s')


class IssueFailed(NativeTLSError):
    msg_fmt = _('The issuer %(name)s issued no certificate: %(problem)s')
