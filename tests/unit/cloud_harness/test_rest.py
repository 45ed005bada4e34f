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

"""Requests and answers go through a process, and errors come through."""

from __future__ import annotations

import pathlib
import sys

import fixtures
import testtools

from tests.cloud.harness.api import rest
from tests.unit.cloud_harness import fake_node

#: Answers with what it was asked for; "die" ends it, "none" says nothing.
HELPER = """\
import json, sys, time
for line in sys.stdin:
    asked = json.loads(line)
    path = asked.get('path')
    if path == '/die':
        sys.exit(0)
    if path == '/none':
        time.sleep(60)
    if path == '/unreachable':
        print(json.dumps({'error': 'ConnectFailure: refused'}), flush=True)
        continue
    status = 400 if path == '/bad' else 200
    body = {'badRequest': {'message': 'No.'}} if status == 400 else asked
    print(json.dumps({'status': status, 'headers': {}, 'body': body}),
          flush=True)
"""


class HelperNode(fake_node.FakeNode):
    """A node in which every command is the small helper above."""

    def popen(self, argv, **rest_):
        """Start the helper."""
        return super().popen([sys.executable, '-c', HELPER], **rest_)


class RestTest(testtools.TestCase):
    """A client whose process is not the real one."""

    def setUp(self) -> None:
        super().setUp()
        directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        (directory / 'log').mkdir()
        self.rest = rest.Rest(HelperNode(directory))  # type: ignore[arg-type]
        self.addCleanup(self.rest.close)

    def test_body(self) -> None:
        """What is posted arrives, and what is answered comes back."""
        body = self.rest.post('image', '/images', {'name': 'x'})
        self.assertEqual({'name': 'x'}, body['json'])
        self.assertEqual('POST', body['method'])
        self.assertIsNone(body['microversion'])

    def test_microversion(self) -> None:
        """The compute API gets a microversion, its own when it is asked."""
        body = self.rest.get('compute', '/servers')
        self.assertEqual(rest.COMPUTE_MICROVERSION, body['microversion'])
        body = self.rest.get('compute', '/servers', microversion='2.1')
        self.assertEqual('2.1', body['microversion'])

    def test_refused(self) -> None:
        """A refusal has its status and the service's own sentence."""
        error = self.assertRaises(
            rest.RestError, self.rest.get, 'compute', '/bad'
        )
        self.assertEqual(400, error.status)
        self.assertEqual('GET compute /bad: 400 No.', str(error))

    def test_unreachable(self) -> None:
        """Without an answer there is no status."""
        error = self.assertRaises(
            rest.RestError, self.rest.get, 'compute', '/unreachable'
        )
        self.assertIsNone(error.status)
        self.assertIn('ConnectFailure', str(error))

    def test_ended(self) -> None:
        """A client that ends is told of, and replaced."""
        error = self.assertRaises(
            rest.RestError, self.rest.get, 'compute', '/die'
        )
        self.assertIn('rest-client.log', str(error))
        self.assertEqual('/x', self.rest.get('compute', '/x')['path'])

    def test_silent(self) -> None:
        """A late answer is not taken for the next request's."""
        self.useFixture(
            fixtures.MonkeyPatch('tests.cloud.harness.api.rest.TIMEOUT_S', 0.2)
        )
        error = self.assertRaises(
            rest.RestError, self.rest.get, 'compute', '/none'
        )
        self.assertIn('no answer', str(error))
        self.useFixture(
            fixtures.MonkeyPatch('tests.cloud.harness.api.rest.TIMEOUT_S', 30)
        )
        self.assertEqual('/x', self.rest.get('compute', '/x')['path'])


class MessageTest(testtools.TestCase):
    """Each service has its own form of an error."""

    def test_forms(self) -> None:
        """The sentence is found in all of them."""
        for body in (
            {'badRequest': {'code': 400, 'message': 'why'}},
            {'error': {'code': 404, 'message': 'why', 'title': 'Not'}},
            {'NeutronError': {'type': 'X', 'message': 'why', 'detail': ''}},
            {'errors': [{'status': 400, 'detail': 'why'}]},
        ):
            self.assertEqual('why', rest.message_of(body))

    def test_other(self) -> None:
        """Anything else is shown as it is."""
        self.assertEqual('<html>', rest.message_of('<html>'))
        self.assertEqual("{'a': 1}", rest.message_of({'a': 1}))
        self.assertEqual('None', rest.message_of(None))


class RequestIdTest(testtools.TestCase):
    """Nova tells under which id it knows a request."""

    def test_found(self) -> None:
        """Whatever the case of the header is."""
        headers = {'X-OpenStack-Request-Id': 'req-7'}
        answer = rest.Answer(status=202, body=None, headers=headers)
        self.assertEqual('req-7', rest.request_id(answer))

    def test_missing(self) -> None:
        """Without one, nothing can be found later."""
        answer = rest.Answer(status=202, body=None, headers={})
        self.assertRaises(rest.RestError, rest.request_id, answer)
