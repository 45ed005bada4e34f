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

"""Base of the commands that show one result."""

from __future__ import annotations

import argparse
from typing import Any

from cliff import show

from nova_native_tls.cmd import one_line_errors


class ShowResult(one_line_errors.OneLineErrors, show.ShowOne):
    """Shows one result: names and values."""

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[Any, Any]:
        """Return the result's column names and values."""
        result = self.result(parsed_args)
        return tuple(result), tuple(result.values())

    def result(self, parsed_args: argparse.Namespace) -> dict[str, object]:
        """Do the work: column names to values."""
        raise NotImplementedError
