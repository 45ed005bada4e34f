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

"""Options about the evidence of migrations: ``[native_tls]``."""

from __future__ import annotations

from oslo_config import cfg

OPTS = [
    cfg.StrOpt(
        'evidence_file',
        help="""
File to which nova-compute adds a record of every live migration that this
host was the source of. Unset means that there is none; a line in the log, a
notification and the instance action event there are in any case.

One JSON object stands in each line, and names the one before by its hash, so
that ``nova-native-tls evidence verify`` finds a line that was changed, moved
or removed. nova-compute must be able to write into the file's directory.

Security: there is nothing secret in it, but which instance moved where and
when. Only its owner and its group may read it. Who can write it can write
all of it anew: send the log, which has the hash of each record, to another
host.

Related options:

* ``evidence_max_size_mib``, ``evidence_keep_files``: how much is kept.
""",
    ),
    cfg.IntOpt(
        'evidence_max_size_mib',
        default=10,
        min=1,
        max=1024,
        help="""
Size that ``evidence_file`` may have, in MiB; 10 hold some 4,000 records.
When it is full it is put aside under its name and a number, and a new one
begins.

Do not let logrotate do it: entries that it removes are reported as missing.

Related options:

* ``evidence_keep_files``: how many full files stay.
""",
    ),
    cfg.IntOpt(
        'evidence_keep_files',
        default=10,
        min=1,
        max=1000,
        help="""
How many full files are kept beside ``evidence_file``. The oldest are
removed, and the evidence says so.

Related options:

* ``evidence_max_size_mib``: how large each of them is.
""",
    ),
]
