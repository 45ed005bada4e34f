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

"""Can the libvirt of other hosts reach the one here?"""

from __future__ import annotations

from collections.abc import Iterator
import socket
from urllib import parse

from nova_native_tls._i18n import _
from nova_native_tls.checks import host_check
from nova_native_tls import exception
from nova_native_tls.host import control_conf
from nova_native_tls.host import unseen
from nova_native_tls.migration import uris

SSH_PORT = 22
_DIRECT = ('tcp', 'tls')


class ControlConnectionCheck(host_check.HostCheck):
    """Looks for a listener of the kind that live_migration_scheme names."""

    stages = host_check.AS_DESTINATION

    def judge(self, host: host_check.Host) -> Iterator[host_check.Finding]:
        """Refuse a host that nobody can connect to."""
        listeners, control = host.seen.listeners, host.seen.control
        for looked in (listeners, control):
            if isinstance(looked, unseen.Unseen):
                yield host.unseen(
                    'control.not-looked-at', looked, matters=False
                )
                return
        assert not isinstance(listeners, unseen.Unseen)
        assert not isinstance(control, unseen.Unseen)
        try:
            uri = uris.daemon_uri(host.context.settings, 'HOST')
            transport = uris.parse_daemon_uri(uri).transport or 'tls'
        except exception.InvalidURI as err:
            yield host.failure(
                'control.uri-invalid',
                str(err),
                remedy=_('correct [libvirt] live_migration_uri'),
            )
            return
        port = parse.urlsplit(uri).port or _port(transport, control)
        found = [each for each in listeners if each.port == port]
        if any(each.is_reachable for each in found):
            yield host.success(
                'control.listening',
                _('somebody listens for %(transport)s on port %(port)s')
                % {'transport': transport, 'port': port},
            )
        elif transport not in _DIRECT:
            yield host.warning(
                'control.ssh-not-seen',
                _('nobody listens on port %s, which ssh would use') % port,
                remedy=_('see that other hosts can log in here by ssh'),
            )
        else:
            yield host.failure(
                'control.not-listening',
                (
                    _('only this host itself can reach port %s')
                    if found
                    else _('nobody listens on port %s')
                )
                % port,
                wanted=_('libvirt listening for %s') % transport,
                remedy=_listen(transport, control),
            )


def _port(transport: str, control: control_conf.ControlConf) -> int | None:
    if transport not in _DIRECT:
        return SSH_PORT
    written = control.tcp_port if transport == 'tcp' else control.tls_port
    try:
        return (
            int(written)
            if written.isdigit()
            else socket.getservbyname(written)
        )
    except OSError:
        return None


def _listen(transport: str, control: control_conf.ControlConf) -> str:
    """Say how libvirt is made to listen; the ways exclude each other."""
    program = control.file.removesuffix('.conf')
    return _(
        'run "systemctl enable --now %(program)s-%(transport)s.socket" (stop '
        '%(program)s before, start it after); where %(program)s is run with '
        '--listen set listen_%(transport)s = 1 in /etc/libvirt/%(file)s'
    ) % {'program': program, 'transport': transport, 'file': control.file}
