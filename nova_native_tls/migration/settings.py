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

"""What the options ask of every migration of a host."""

from __future__ import annotations

import dataclasses
import re

from oslo_config import cfg

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls import policy

#: Of ``parallel`` and ``compression``: this project chooses.
AUTO = 'auto'

#: Where a value is from that no operator has given.
_NOT_SAID = (cfg.Locations.opt_default, cfg.Locations.set_default)

_LOCATION = re.compile(
    r"""LocationInfo\(location=.*?, detail=(?:'([^']*)'|"([^"]*)")\)"""
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MigrationSettings:
    """The options that decide flags and parameters, read once.

    Names follow ``[libvirt] live_migration_*``; defaults are Nova's. The last
    six are of ``[native_tls]``.

    :ivar auto_parallel: the number of connections may be chosen; no operator
        has decided it.
    :ivar encryption: ``migration_encryption``; None if unset.
    :ivar weaker_allowed: a host aggregate or a flavor may ask for less.
    """

    native_tls: bool = False
    tunnelled: bool = False
    permit_post_copy: bool = False
    permit_auto_converge: bool = False
    parallel_connections: int = 1
    bandwidth_mib_s: int = 0
    completion_timeout_s_per_gib: int = 800
    scheme: str | None = None
    uri: str | None = None
    rekey_crash: str = 'avoid'
    ignored_known_issues: tuple[str, ...] = ()
    auto_parallel: bool = True
    auto_compression: bool = True
    encryption: str | None = None
    weaker_allowed: bool = True

    def __post_init__(self) -> None:
        if self.native_tls and self.tunnelled:
            raise exception.ExclusiveOptions()

    @property
    def encrypts_all(self) -> bool:
        """No guest of this host may ever migrate in clear text."""
        return (
            self.encryption == policy.Encryption.REQUIRED
            and not self.weaker_allowed
        )


def from_conf(conf: cfg.ConfigOpts) -> MigrationSettings:
    """Read the settings from a registry that ``conf.register_opts`` filled.

    :raises ExclusiveOptions: native TLS and tunnelled are both on.
    :raises ConfigurationUnreadable: a value is not of its option's type.
    """
    group = conf.libvirt
    try:
        return MigrationSettings(
            native_tls=group.live_migration_with_native_tls,
            tunnelled=group.live_migration_tunnelled,
            permit_post_copy=group.live_migration_permit_post_copy,
            permit_auto_converge=group.live_migration_permit_auto_converge,
            parallel_connections=group.live_migration_parallel_connections,
            bandwidth_mib_s=group.live_migration_bandwidth,
            completion_timeout_s_per_gib=(
                group.live_migration_completion_timeout
            ),
            scheme=group.live_migration_scheme,
            uri=group.live_migration_uri,
            rekey_crash=conf.native_tls.rekey_crash,
            ignored_known_issues=tuple(conf.native_tls.ignored_known_issues),
            auto_parallel=_auto_parallel(conf),
            auto_compression=conf.native_tls.compression == AUTO,
            encryption=conf.native_tls.migration_encryption,
            weaker_allowed=_weaker_allowed(conf),
        )
    except RecursionError as err:
        raise exception.ConfigurationUnreadable(
            problem=_('a value refers to itself')
        ) from err
    except cfg.Error as err:
        # oslo.config shows its own object in place of the file's name.
        problem = _LOCATION.sub(r'\1\2', str(err))
        raise exception.ConfigurationUnreadable(problem=problem) from err


def _auto_parallel(conf: cfg.ConfigOpts) -> bool:
    """Tell whether the number of connections may be chosen.

    What an operator has said in a file or on a command line stays.
    """
    said = conf.get_location(
        'live_migration_parallel_connections', group='libvirt'
    )
    return conf.native_tls.parallel == AUTO and (
        said is None or said.location in _NOT_SAID
    )


def _weaker_allowed(conf: cfg.ConfigOpts) -> bool:
    strict = ('none', policy.Encryption.REQUIRED)
    return bool(
        conf.native_tls.allow_weaker_instances
        or conf.native_tls.aggregate_migration_encryption not in strict
    )


def with_tls(conf: cfg.ConfigOpts) -> MigrationSettings:
    """Read the settings as they are for a migration that is encrypted.

    Whether ``[libvirt]`` asks for that or a policy. Tunnelling is for others.

    :raises ExclusiveOptions: native TLS and tunnelled are both on.
    :raises ConfigurationUnreadable: a value is not of its option's type.
    """
    return dataclasses.replace(
        from_conf(conf), native_tls=True, tunnelled=False, encryption=None
    )
