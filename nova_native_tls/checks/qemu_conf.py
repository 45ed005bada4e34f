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

"""Does qemu.conf say what a migration with TLS needs?"""

from __future__ import annotations

from collections.abc import Iterator

from nova_native_tls._i18n import _
from nova_native_tls.checks import host_check
from nova_native_tls.checks import result
from nova_native_tls.host import migration_conf
from nova_native_tls.host import observation
from nova_native_tls.host import unseen
from nova_native_tls.migration import versions
from nova_native_tls.pki import qemu_conf
from nova_native_tls import policy

PRIORITY_SINCE = versions.Version(11, 6)


class QemuConfCheck(host_check.HostCheck):
    """Looks at verify, force, the secret and the priority."""

    def judge(self, host: host_check.Host) -> Iterator[host_check.Finding]:
        """Refuse settings with which no migration could work."""
        conf = host.seen.conf
        if isinstance(conf, unseen.Unseen):
            yield host.failure(
                'qemu-conf.unusable',
                conf.problem,
                remedy=_('correct the file, then %s') % host.restart,
                file=qemu_conf.PATH,
            )
            return
        found = [
            *_changed(host),
            *_verify(host, conf),
            *_force(host, conf),
            *_secret(host, conf),
            *_priority(host, conf),
        ]
        yield from found
        if all(one.status is result.Status.SUCCESS for one in found):
            yield host.success(
                'qemu-conf.consistent',
                _('it asks for certificates of both ends'),
                file=qemu_conf.PATH,
            )


def _changed(host: host_check.Host) -> Iterator[host_check.Finding]:
    if host.seen.conf_changed:
        yield host.warning(
            'qemu-conf.changed',
            _('it was changed after libvirt had started, and is not in use'),
            remedy=host.restart,
            file=qemu_conf.PATH,
        )


def _verify(
    host: host_check.Host, conf: migration_conf.MigrationConf
) -> Iterator[host_check.Finding]:
    if not conf.verify:
        yield host.warning(
            'qemu-conf.verify-off',
            _('as a destination it takes guests from anybody who connects'),
            wanted='migrate_tls_x509_verify = 1',
            remedy=_('set it, then %s') % host.restart,
            file=qemu_conf.PATH,
        )


def _force(
    host: host_check.Host, conf: migration_conf.MigrationConf
) -> Iterator[host_check.Finding]:
    """Hold migrate_tls_force against what the options say.

    With it libvirt refuses whatever is asked for without VIR_MIGRATE_TLS, as
    the source when the migration begins and as the destination before it
    prepares anything; tunnelled migrations are exempt
    (src/qemu/qemu_migration.c, libvirt 6.10).
    """
    settings = host.context.settings
    wanted = settings.encryption or (
        policy.Encryption.REQUIRED
        if settings.native_tls
        else policy.Encryption.DISABLED
    )
    if not conf.force:
        if settings.encrypts_all:
            yield host.warning(
                'qemu-conf.not-forced',
                _(
                    'nova.conf lets no guest migrate in clear text, and '
                    'libvirt does, if anybody else asks it to'
                ),
                wanted='migrate_tls_force = 1',
                remedy=_(
                    'run "nova-native-tls host configure --force", then %s'
                )
                % host.restart,
                file=qemu_conf.PATH,
                stricter=True,
            )
    elif wanted == policy.Encryption.DISABLED and not settings.tunnelled:
        yield host.failure(
            'qemu-conf.force-without-tls',
            _(
                'migrate_tls_force lets libvirt refuse every migration that '
                'Nova asks for'
            ),
            remedy=_(
                'set [libvirt] live_migration_with_native_tls to true in '
                'nova.conf'
            )
            if settings.encryption is None
            else _(
                'set migrate_tls_force = 0, or [native_tls] '
                'migration_encryption in nova.conf to required'
            ),
            file=qemu_conf.PATH,
        )
    elif wanted == policy.Encryption.OPPORTUNISTIC:
        yield host.warning(
            'qemu-conf.force-opportunistic',
            _(
                'migrate_tls_force lets libvirt refuse the clear text that '
                'the option migration_encryption = opportunistic falls back to'
            ),
            remedy=_('set migrate_tls_force = 0, then %s') % host.restart,
            file=qemu_conf.PATH,
        )
    elif settings.encrypts_all:
        yield host.success(
            'qemu-conf.forced',
            _('libvirt, too, lets no guest migrate in clear text'),
            file=qemu_conf.PATH,
        )


def _secret(
    host: host_check.Host, conf: migration_conf.MigrationConf
) -> Iterator[host_check.Finding]:
    problem = host.seen.passphrase_unseen
    if problem is not None:
        yield host.failure(
            'qemu-conf.secret-missing',
            _('it names the secret %(uuid)s, and libvirt says: %(problem)s')
            % {'uuid': conf.secret_uuid, 'problem': problem.problem},
            remedy=_(
                'define it ("virsh secret-define", "virsh secret-set-value"), '
                'or remove migrate_tls_x509_secret_uuid'
            ),
            file=qemu_conf.PATH,
        )


def _priority(
    host: host_check.Host, conf: migration_conf.MigrationConf
) -> Iterator[host_check.Finding]:
    if conf.priority is not None and not knows_priority(host.seen):
        yield host.warning(
            'qemu-conf.priority-ignored',
            _('it has a migrate_tls_priority that this libvirt ignores'),
            wanted=_('libvirt 11.6 or newer'),
            remedy=_(
                'upgrade libvirt, or set the priority in the crypto policies '
                'of the system'
            ),
            file=qemu_conf.PATH,
        )


def priority_in_use(seen: observation.HostObservation) -> str:
    """Give the priority that QEMU has here, as libvirt starts it."""
    conf = seen.conf
    if (
        isinstance(conf, unseen.Unseen)
        or conf.priority is None
        or not knows_priority(seen)
    ):
        return seen.tls_priority
    return conf.priority


def knows_priority(seen: observation.HostObservation) -> bool:
    """Tell whether libvirt here passes migrate_tls_priority on."""
    if isinstance(seen.libvirt, unseen.Unseen):
        return False
    version = seen.libvirt.versions.libvirt
    return version is not None and version >= PRIORITY_SINCE
