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

"""Do the options of this host fit each other?"""

from __future__ import annotations

from collections.abc import Iterator

from oslo_upgradecheck import upgradecheck

from nova_native_tls._i18n import _
from nova_native_tls.checks import options as options_check
from nova_native_tls.checks import result
from nova_native_tls import exception
from nova_native_tls.upgrade import answer
from nova_native_tls.upgrade import compute_host


def check(host: compute_host.ComputeHost) -> upgradecheck.Result:
    """Refuse what nova-compute would refuse when it starts."""
    return answer.of_findings(_findings(host))


def _findings(host: compute_host.ComputeHost) -> Iterator[result.Finding]:
    if not host.conf.config_file and not host.conf.config_dir:
        yield result.Finding(
            code='options.no-file',
            status=result.Status.WARNING,
            subject=options_check.SUBJECT,
            detail=_('none was found, so these are the defaults'),
            remedy=_('name it with --config-file'),
        )
    try:
        settings = host.options.settings
    except exception.NativeTLSError as err:
        yield result.Finding(
            code='options.unusable',
            status=result.Status.FAILURE,
            subject=options_check.SUBJECT,
            detail=str(err),
            remedy=_('correct it: nova-compute would not start'),
        )
        return
    yield from options_check.findings(settings)
    if not settings.native_tls:
        yield result.Finding(
            code='options.native-tls-off',
            status=result.Status.SUCCESS,
            subject=options_check.SUBJECT,
            detail=_(
                '[libvirt] live_migration_with_native_tls is off: migrations '
                'are those of stock Nova, and nothing is checked before them'
            ),
        )
