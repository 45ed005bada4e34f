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


"""Options about how nova-compute watches its host: ``[native_tls]``."""

from __future__ import annotations

from oslo_config import cfg
from oslo_config import types

OPTS = [
    cfg.ListOpt(
        'expiry_warning_days',
        item_type=types.Integer(min=1, max=3650),
        default=[30, 14, 7, 1],
        help="""
How many days before a certificate expires nova-compute warns of it: once for
each of these numbers, and again after nova-compute was restarted.

It looks about once a minute at the server and the client certificate, at
every CA in ``ca-cert.pem``, and at the date by which each revocation list in
``ca-crl.pem`` is to be replaced. A warning is a line in the log and, where
Nova's versioned notifications are on, a notification
``native_tls.certificate``. What has expired is an error, at once and then
every day.

A number that is more than a third of the lifetime does not count, as 30 days
for a certificate that was issued for 60. If none counts, the warning comes
when a third of the lifetime is left. An empty list means no warnings before
the end.

Related options:

* ``[libvirt] live_migration_with_native_tls``, ``migration_encryption``:
  without either nothing is looked at.
* ``[DEFAULT] update_resources_interval``: how often Nova looks at the
  resources of its host, and this project with it. Its default is a minute.
""",
    ),
    cfg.StrOpt(
        'metrics_file',
        help="""
File that nova-compute writes for Prometheus about once a minute, for the
textfile collector of its node_exporter. Unset, which is the default, means
none.

It says whether this host is ready for migrations with native TLS, and if not
why, when each certificate expires, and when that was last looked at. The
collector reads files only whose names end in ``.prom``, and the user that
nova-compute runs as has to be able to make files in that directory. The file
is replaced in one step. Everybody may read it; nothing in it is secret.

Related options:

* ``[libvirt] live_migration_with_native_tls``, ``migration_encryption``:
  without either nothing is written.
""",
    ),
]
