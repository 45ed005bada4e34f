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

"""The host itself and its pre-checks, before an upgrade."""

from __future__ import annotations

from oslo_upgradecheck import upgradecheck

from nova_native_tls.checks import result
from nova_native_tls.checks import runner
from nova_native_tls import exception
from nova_native_tls.upgrade import host
from nova_native_tls.upgrade import plug_ins
from tests.unit.checks import contexts
from tests.unit.host import observations
from tests.unit.upgrade import hosts

Code = upgradecheck.Code
Status = result.Status


class HostTest(hosts.HostTestCase):
    """What ``host check`` says at depth predict."""

    def test_good(self) -> None:
        """All that are installed are asked, and nothing is wrong."""
        found = host.check(self.host(hosts.ON))
        self.assertIs(Code.SUCCESS, found.code)
        self.assertIn('libvirt.answers', found.details)
        self.look.assert_called_once_with('qemu:///system')

    def test_codes(self) -> None:
        """A failure is one, a warning is one, the worst is told first."""
        for status, code in (
            (Status.WARNING, Code.WARNING),
            (Status.FAILURE, Code.FAILURE),
        ):
            check = contexts.Answers(
                contexts.finding(),
                contexts.finding(Status.WARNING, 'c.d'),
                contexts.finding(status, 'e.f'),
            )
            found = host.check(self.host(hosts.ON, one=check))
            self.assertIs(code, found.code)
            self.assertEqual(
                {'c.d: a host: it was seen', 'e.f: a host: it was seen'},
                set(found.details.splitlines()),
            )
        self.assertTrue(found.details.startswith('e.f: '))

    def test_unseen(self) -> None:
        """What could not be looked at is no success."""
        self.look.return_value = observations.good(libvirt=observations.UNSEEN)
        found = host.check(self.host(hosts.ON))
        self.assertIs(Code.FAILURE, found.code)

    def test_told_elsewhere(self) -> None:
        """Options and releases have lines of their own; never an empty one."""
        check = contexts.Answers(
            contexts.finding(Status.FAILURE, 'options.x'),
            contexts.finding(Status.FAILURE, 'versions.x'),
            contexts.finding(Status.FAILURE, 'known-issue.x'),
            contexts.finding(Status.WARNING, 'upgrade.x'),
        )
        found = host.check(self.host(hosts.ON, one=check))
        self.assertIs(Code.FAILURE, found.code)
        self.assertEqual('', found.details)
        check.findings += (contexts.finding(),)
        found = host.check(self.host(hosts.ON, one=check))
        self.assertIs(Code.SUCCESS, found.code)


class PlugInsTest(hosts.HostTestCase):
    """The pre-checks themselves."""

    def test_loaded(self) -> None:
        """They are named."""
        found = plug_ins.check(self.host())
        self.assertIs(Code.SUCCESS, found.code)
        self.assertIn('credentials, ', found.details)

    def test_broken(self) -> None:
        """An error that the command tells."""
        self.patch_object(
            runner, 'load'
        ).side_effect = exception.CheckUnusable(name='mine', problem='none')
        self.assertRaises(exception.CheckUnusable, plug_ins.check, self.host())
