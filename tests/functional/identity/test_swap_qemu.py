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

"""The real QEMU loads credentials while they are replaced beside it."""

from __future__ import annotations

import concurrent.futures
import itertools
import os
import threading

from nova_native_tls.identity import install
from nova_native_tls.store import swap
from tests.functional import credentials
from tests.functional.identity import world
from tests.functional import qemu_tls

NUMBERS = itertools.count()
SWAPS = 25
#: QEMU opens its files within some 20 ms.
PATIENCE = swap.Patience(quiet_s=0.3, settle_s=0.02, limit_s=60.0)


class QemuBesideSwapTest(world.IdentityTestCase):
    """Each set has a CA and a key of its own: QEMU refuses a mix of two."""

    def replace(self) -> None:
        """Install another set."""
        self.ca = credentials.authority(subject=f'authority {next(NUMBERS)}')
        install.install(self.signed(), self.place, PATIENCE)

    def test_every_load(self) -> None:
        """Every load of both ends succeeds, whichever set it gets."""
        self.replace()
        end = threading.Event()

        def load_always(endpoint: str) -> list[str]:
            said = []
            while not end.wait(0.5):
                said.append(
                    qemu_tls.load(self.directory, endpoint, as_nobody=True)
                )
            return said

        with concurrent.futures.ThreadPoolExecutor() as pool:
            loading = {
                endpoint: pool.submit(load_always, endpoint)
                for endpoint in world.LOADED
            }
            try:
                for _time in range(SWAPS):
                    self.replace()
            finally:
                end.set()
        for endpoint, said in loading.items():
            answers = said.result()
            self.assertNotEqual([], answers)
            self.assertEqual(
                [],
                [
                    each
                    for each in answers
                    if world.LOADED[endpoint] not in each
                ],
            )

    def test_mix_otherwise(self) -> None:
        """With nothing but a rename, again and again, QEMU sees a mix."""
        for _time in range(2):
            self.replace()
        link = self.directory / '.current'
        targets = itertools.cycle(
            [os.readlink(link), os.readlink(self.directory / '.previous')]
        )
        end = threading.Event()

        def rename_always() -> None:
            other = self.directory / '.other'
            while not end.wait(0.0005):
                other.symlink_to(next(targets))
                other.rename(link)

        thread = threading.Thread(target=rename_always)
        thread.start()
        try:
            refused = False
            # As many as it takes; one in three is a mix.
            while not refused:
                said = qemu_tls.load(self.directory, 'client', as_nobody=True)
                refused = world.LOADED['client'] not in said
        finally:
            end.set()
            thread.join()
