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

"""Entry point of ``nova-native-tls-status``: is this host ready?"""

from __future__ import annotations

from collections.abc import Callable
import logging
import sys
import textwrap

from oslo_config import cfg
from oslo_upgradecheck import upgradecheck

from nova_native_tls._i18n import _
from nova_native_tls.checks import this_host
from nova_native_tls.cmd import configuration
from nova_native_tls.cmd import exit_status
from nova_native_tls import conf as options
from nova_native_tls import exception
from nova_native_tls.upgrade import compute_host
from nova_native_tls.upgrade import driver
from nova_native_tls.upgrade import host
from nova_native_tls.upgrade import options as options_check
from nova_native_tls.upgrade import plug_ins
from nova_native_tls.upgrade import versions

PROGRAM = 'nova-native-tls-status'
Check = Callable[[compute_host.ComputeHost], upgradecheck.Result]
#: What is asked, by the name that is shown.
CHECKS: tuple[tuple[str, Check], ...] = (
    (_('Options'), options_check.check),
    (_('Driver'), driver.check),
    (_('Pre-checks'), plug_ins.check),
    (_('This host'), host.check),
    (_('libvirt and QEMU'), versions.check),
)
OPTIONS = [
    cfg.StrOpt(
        'nova-compute',
        metavar='FILE',
        help=_(
            'The program nova-compute that runs on this host; by default the '
            'one beside this Python, or else on PATH.'
        ),
    ),
    cfg.StrOpt(
        'connect',
        metavar='URI',
        default=this_host.LOCAL,
        help=_("This host's libvirt."),
    ),
]
_WIDTH = 60


class Commands(upgradecheck.UpgradeCommands):
    """Asks everything, whatever goes wrong on the way."""

    display_title = _('Upgrade Check Results')

    def __init__(self, asked: compute_host.ComputeHost) -> None:
        super().__init__()
        self._upgrade_checks = tuple(
            (name, (_answer, {'check': check, 'asked': asked}))
            for name, check in CHECKS
        )

    def _get_details(self, result: upgradecheck.Result) -> str | None:
        # The base class makes one paragraph of everything that was found.
        return '\n'.join(
            textwrap.fill(
                line,
                _WIDTH,
                subsequent_indent='  ',
                # Somebody will copy a path or a command.
                break_on_hyphens=False,
                break_long_words=False,
            )
            for line in (result.details or '').splitlines()
        )


def _answer(
    _commands: Commands, *, check: Check, asked: compute_host.ComputeHost
) -> upgradecheck.Result:
    try:
        return check(asked)
    except exception.NativeTLSError as err:
        return upgradecheck.Result(upgradecheck.Code.FAILURE, str(err))
    except Exception as err:
        # Of the others an operator still wants to know.
        problem = exception.ToolBroken(kind=type(err).__name__, problem=err)
        return upgradecheck.Result(upgradecheck.Code.FAILURE, str(problem))


def main(argv: list[str] | None = None) -> int:
    """Run ``upgrade check`` and return its exit status.

    :param argv: without the program's name; default: the process's own.
    """
    conf = cfg.ConfigOpts()
    options.register_opts(conf)
    conf.register_opt(cfg.StrOpt('compute_driver'))
    conf.register_cli_opts(OPTIONS)
    # Which of Nova's options are deprecated is for nova-compute to say.
    logging.getLogger('oslo_config.cfg').setLevel(logging.ERROR)
    upgradecheck.register_cli_options(
        conf, Commands(compute_host.ComputeHost(conf))
    )
    files, directories = configuration.of_nova_compute()
    try:
        conf(
            args=sys.argv[1:] if argv is None else argv,
            project='nova',
            prog=PROGRAM,
            default_config_files=files,
            default_config_dirs=directories,
        )
    except (cfg.Error, OSError, UnicodeDecodeError) as err:
        problem = exception.ConfigurationUnreadable(problem=err)
        print(f'{PROGRAM}: {problem}', file=sys.stderr)
        return exit_status.ExitStatus.FAILURE
    # Where it looks for --json.
    upgradecheck.CONF = conf
    return int(upgradecheck.run(conf))


if __name__ == '__main__':
    sys.exit(main())
