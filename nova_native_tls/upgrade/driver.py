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

"""Does nova-compute on this host load the driver?"""

from __future__ import annotations

from collections.abc import Iterator
import os
import pathlib

from oslo_upgradecheck import upgradecheck

from nova_native_tls._i18n import _
from nova_native_tls.checks import result
from nova_native_tls.nova.installation import loading
from nova_native_tls.nova.installation import loading_choice
from nova_native_tls.upgrade import answer
from nova_native_tls.upgrade import compute_host

HERE = pathlib.Path(__file__).parents[1]
SUBJECT = 'nova-compute'


def check(host: compute_host.ComputeHost) -> upgradecheck.Result:
    """Ask the Pythons that could; nothing of Nova is imported here."""
    return answer.of_findings(_findings(host))


def _findings(host: compute_host.ComputeHost) -> Iterator[result.Finding]:
    named = host.conf.nova_compute
    nova_compute = loading.look(loading.Program.NOVA_COMPUTE, named)
    own = loading.own(nova_compute)
    choice = loading_choice.choose(nova_compute, own)
    if choice.program is None:
        yield _finding(
            'driver.not-loadable',
            result.Status.FAILURE,
            _('it cannot load the driver'),
            choice.how,
        )
        return
    yield _finding(
        'driver.loadable',
        result.Status.SUCCESS,
        _('Nova %(version)s loads the driver: %(how)s')
        % {'version': choice.nova_version, 'how': choice.how},
    )
    for warning in choice.warnings:
        yield _finding(
            'driver.release-in-doubt',
            result.Status.WARNING,
            warning,
            _('look for a release of nova-native-tls that knows it'),
        )
    if named is None:
        yield from _others()
    loader = own if choice.program is loading.Program.OWN else nova_compute
    yield from _another_installation(loader)
    yield from _compute_driver(host)


def _others() -> Iterator[result.Finding]:
    for place in loading.find(loading.Program.NOVA_COMPUTE)[1:]:
        yield _finding(
            'driver.other-nova-compute',
            result.Status.WARNING,
            _('there is also %s, which was not asked') % place,
            _('name the one that runs with --nova-compute'),
        )


def _another_installation(loader: loading.Loader) -> Iterator[result.Finding]:
    """Say that what is checked here is not what nova-compute would run."""
    theirs = loader.native_tls_path
    if theirs is not None and not os.path.samefile(theirs, HERE):
        yield _finding(
            'driver.other-installation',
            result.Status.WARNING,
            _(
                'it loads nova-native-tls %(version)s from %(theirs)s, and '
                'this is %(here)s'
            )
            % {
                'version': loader.native_tls_version,
                'theirs': theirs,
                'here': HERE,
            },
            _('run the nova-native-tls-status that is installed there'),
        )


def _compute_driver(
    host: compute_host.ComputeHost,
) -> Iterator[result.Finding]:
    value = host.conf.compute_driver
    if value == loading.DRIVER:
        yield _finding(
            'driver.chosen',
            result.Status.SUCCESS,
            _('compute_driver is %s') % value,
        )
    else:
        yield _finding(
            'driver.not-chosen',
            result.Status.WARNING,
            _('[DEFAULT] compute_driver is %s') % (value or _('not set')),
            _('set it to %s, and restart nova-compute') % loading.DRIVER,
        )


def _finding(
    code: str, status: result.Status, detail: str, remedy: str = ''
) -> result.Finding:
    return result.Finding(
        code=code, status=status, subject=SUBJECT, detail=detail, remedy=remedy
    )
