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


"""The option about known issues: ``[native_tls]``."""

from __future__ import annotations

from oslo_config import cfg
from oslo_config import types

from nova_native_tls.migration.known_issues import table

OPTS = [
    cfg.ListOpt(
        'ignored_known_issues',
        default=[],
        item_type=types.String(
            choices=[each.id for each in table.ISSUES if each.may_be_ignored]
        ),
        help="""
Known issues of libvirt, QEMU and GnuTLS that this host does not have.

This project refuses or changes migrations that would meet a defect of the
releases at their two ends. Distributions mend defects without changing the
number of the release. Name here what yours has mended: then nothing is
refused or changed for it any more, and a warning says so each time.

``nova-native-tls known-issues list`` shows all of them with their names.

Security: some of them lose guests. Look into the changelog of the package
before you name one.

Related options:

* ``rekey_crash``: for the issue of that name, which is not among these.
""",
    )
]
