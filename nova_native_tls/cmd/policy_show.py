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

"""``nova-native-tls policy show``: who must be encrypted, and who says so."""

from __future__ import annotations

import argparse

from oslo_config import cfg

from nova_native_tls._i18n import _
from nova_native_tls.cmd import configuration
from nova_native_tls.cmd import display
from nova_native_tls.cmd import exit_status
from nova_native_tls.cmd import show_result
from nova_native_tls.conf import policy as policy_options
from nova_native_tls.migration import settings as migration_settings
from nova_native_tls import policy

_MEANING = {
    policy.Encryption.REQUIRED: _('with TLS, or it does not migrate'),
    policy.Encryption.OPPORTUNISTIC: _(
        'with TLS if all pre-checks pass; otherwise in clear text, which is '
        'told'
    ),
    policy.Encryption.DISABLED: _('in clear text'),
}


class PolicyShow(show_result.ShowResult):
    """Show what a nova.conf, aggregates and a guest lead to together.

    Nobody is asked: what aggregates, flavor, image and instance say is given
    on the command line, as they hold it under native_tls:migration_encryption
    (of an image: native_tls_migration_encryption). This is what one end of a
    migration decides; the stricter of both ends counts. Something that does
    not count as it was written is named (exit status 1).
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Describe the arguments."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        configuration.add_argument(parser)
        parser.add_argument(
            '--aggregate',
            metavar='VALUE',
            action='append',
            default=[],
            help=_(
                'what an aggregate of the host says; say it again for each'
            ),
        )
        for level in (
            policy.Level.FLAVOR,
            policy.Level.IMAGE,
            policy.Level.INSTANCE,
        ):
            parser.add_argument(
                f'--{level}',
                metavar='VALUE',
                help=_('what the %s says') % level,
            )
        return parser

    def result(self, parsed_args: argparse.Namespace) -> dict[str, object]:
        """Decide, and show it."""
        paths = parsed_args.config_file or cfg.find_config_files(
            project='nova'
        )
        for path in [] if parsed_args.config_file else paths:
            self.tell(_('reading %s') % path)
        conf = configuration.read(paths)
        settings = migration_settings.from_conf(conf)
        decision = policy.decide(
            [*_of_options(conf), *_of_arguments(parsed_args)],
            native_tls=settings.native_tls,
            allow_weaker_instances=conf.native_tls.allow_weaker_instances,
        )
        if decision.notes:
            self.status = exit_status.ExitStatus.WARNING
        return {
            'encryption': decision.encryption.value,
            'meaning': _MEANING[decision.encryption],
            'owner': decision.owner,
            'notes': display.Lines(list(decision.notes)),
        }


def _of_options(conf: cfg.ConfigOpts) -> list[policy.Rule]:
    cloud = conf.native_tls.migration_encryption
    aggregate = conf.native_tls.aggregate_migration_encryption
    rules = []
    if cloud is not None:
        name = '[native_tls] migration_encryption'
        rules.append((policy.Level.CLOUD, name, cloud))
    if aggregate not in (policy_options.DATABASE, policy_options.NOWHERE):
        name = '[native_tls] aggregate_migration_encryption'
        rules.append((policy.Level.AGGREGATE, name, aggregate))
    return [
        policy.Rule(level=level, name=name, value=value)
        for level, name, value in rules
    ]


def _of_arguments(parsed_args: argparse.Namespace) -> list[policy.Rule]:
    said = [
        (policy.Level.FLAVOR, parsed_args.flavor),
        (policy.Level.IMAGE, parsed_args.image),
        (policy.Level.INSTANCE, parsed_args.instance),
        *((policy.Level.AGGREGATE, each) for each in parsed_args.aggregate),
    ]
    return [
        policy.Rule(level=level, value=value)
        for level, value in said
        if value is not None
    ]
