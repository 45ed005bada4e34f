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

"""Which commands are there?"""

from __future__ import annotations

from cliff import command
from cliff import commandmanager
import stevedore


class Commands(commandmanager.CommandManager):
    """All commands by their entry points; loaded is only the one that runs.

    cliff's own (4.15) loads them all, and with them most of this project.
    """

    def load_commands(self, namespace: str) -> None:
        """Find the commands of one namespace."""
        self.group_list.append(namespace)
        none_loaded: stevedore.NamedExtensionManager[command.Command]
        none_loaded = stevedore.NamedExtensionManager(namespace, names=[])
        for entry in none_loaded.list_entry_points():
            self.commands[entry.name.replace('_', ' ')] = entry
