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

"""What a user sees of a directory of credentials."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
from typing import Protocol

from nova_native_tls.host import permission
from nova_native_tls.pki import credential_set


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SeenFiles:
    """The files, as that user sees them.

    Private keys are among them: never to be sent, logged or printed.

    :ivar files: by name, what the user would get.
    :ivar unseen: by name, why nobody can say what the user would get.
    """

    files: Mapping[str, credential_set.File] = dataclasses.field(repr=False)
    unseen: Mapping[str, str] = dataclasses.field(default_factory=dict)


class Reader(Protocol):
    """One way of finding out what another user can read."""

    def __call__(
        self, directory: str, identity: permission.Identity, root: str = ''
    ) -> SeenFiles:
        """Look at everything that QEMU may look at in a directory.

        :param root: another process's root, ``/proc/PID/root``; its own
            symbolic links hold there.
        :raises OSError: nothing can be said at all.
        """
