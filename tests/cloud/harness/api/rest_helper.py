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

"""A client of the REST APIs, run inside the controller.

It reads one request per line from standard input and writes one answer per
line to standard output, both JSON, until the input ends. See
:mod:`tests.cloud.harness.api.rest` for who asks.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
import sys
from typing import Any

import keystoneauth1.exceptions
import openstack


def _connect() -> openstack.connection.Connection:
    return openstack.connect(load_yaml_config=False, load_envvars=True)


def answer(
    connection: openstack.connection.Connection, asked: dict[str, Any]
) -> dict[str, Any]:
    """Send one request; return status, headers and body, or an error."""
    arguments: dict[str, Any] = {}
    for name in ('headers', 'json', 'microversion', 'params'):
        if asked.get(name) is not None:
            arguments[name] = asked[name]
    with contextlib.ExitStack() as stack:
        if asked.get('file') is not None:
            path = pathlib.Path(asked['file'])
            arguments['data'] = stack.enter_context(path.open('rb'))
        try:
            proxy = getattr(connection, asked['service'])
            response = proxy.request(
                asked['path'], asked['method'], raise_exc=False, **arguments
            )
        except (
            keystoneauth1.exceptions.ClientException,
            openstack.exceptions.SDKException,
        ) as err:
            return {'error': f'{type(err).__name__}: {err}'}
    try:
        body = response.json() if response.content else None
    except ValueError:
        body = response.text
    return {
        'status': response.status_code,
        'headers': dict(response.headers),
        'body': body,
    }


def main() -> None:
    """Answer until the input ends."""
    connection = _connect()
    for line in sys.stdin:
        asked = json.loads(line)
        if asked.get('reconnect'):
            # The catalogue came with the token.
            connection = _connect()
            answered: dict[str, Any] = {'status': 200, 'body': None}
        else:
            answered = answer(connection, asked)
        sys.stdout.write(json.dumps(answered) + '\n')
        sys.stdout.flush()


if __name__ == '__main__':
    main()
