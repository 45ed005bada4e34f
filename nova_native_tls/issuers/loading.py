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

"""Finds the issuer that the options name."""

from __future__ import annotations

from typing import Any

from oslo_config import cfg
from stevedore import extension

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls.issuers import base


def load(conf: cfg.ConfigOpts, namespace: str = base.NAMESPACE) -> base.Issuer:
    """Make the issuer of ``[native_tls] issuer``.

    :raises IssuerUnusable: there is none of that name, or two, or it cannot
        be loaded, or lacks an option.
    """
    name = conf.native_tls.issuer
    # Only the one that is wanted is loaded: another one may be broken.
    manager: extension.ExtensionManager[Any] = extension.ExtensionManager(
        namespace, invoke_on_load=False, on_load_failure_callback=_ignore
    )
    entries = [
        entry for entry in manager.list_entry_points() if entry.name == name
    ]
    if len(entries) != 1:
        known = sorted({each.name for each in manager.list_entry_points()})
        raise exception.IssuerUnusable(
            name=name,
            problem=_('%(count)d are installed; there are: %(known)s')
            % {'count': len(entries), 'known': ', '.join(known) or '-'},
        )
    try:
        kind = entries[0].load()
    except Exception as err:
        raise exception.IssuerUnusable(
            name=name, problem=f'{type(err).__name__}: {err}'
        ) from err
    if not isinstance(kind, type) or not issubclass(kind, base.Issuer):
        raise exception.IssuerUnusable(
            name=name, problem=_('it is not an Issuer')
        )
    issuer: base.Issuer = kind(conf)
    return issuer


def _ignore(_manager: Any, _entry: Any, _error: BaseException) -> None:
    """It is loaded again, if it is the one that is wanted."""
