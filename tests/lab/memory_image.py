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

"""What the lab's ordinary memory is like: python -m tests.lab.memory_image."""

from __future__ import annotations

import argparse
import pathlib
import tempfile

from nova_native_tls.speed import compressors
from nova_native_tls.speed import sample
from tests.lab.harness.guest import memory_image


def character(image: pathlib.Path) -> sample.MemorySample:
    """Compress all of an image, as one would a guest's memory.

    :raises ValueError: there is no libzstd, or next to nothing in the image.
    """
    zstd = compressors.zstd()
    if zstd is None:
        raise ValueError(f'This machine has no {compressors.LIBRARY}')
    content = image.read_bytes()
    piece = memory_image.RUN_PAGES * memory_image.PAGE_BYTES
    found = sample.measure(
        [
            content[begin : begin + piece]
            for begin in range(0, len(content), piece)
        ],
        zstd,
    )
    if isinstance(found, sample.Unsampled):
        raise ValueError(found.problem)
    return found


def in_words(found: sample.MemorySample) -> str:
    """Say it in a line."""
    return (
        f'{found.pages} pages, {found.zero_pages} of them zero; zstd level 1 '
        f'makes them {found.ratio:.2f} times smaller, at '
        f'{1024 / found.zstd.send_s_per_gib:.0f} MiB/s, and back at '
        f'{1024 / found.zstd.receive_s_per_gib:.0f} MiB/s'
    )


def main() -> None:
    """Make an image and say what it is like."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--mib', type=int, default=memory_image.SIZE_MAX_MIB, dest='size_mib'
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        image = memory_image.build(
            pathlib.Path(directory), size_mib=arguments.size_mib
        )
        print(in_words(character(image)))


if __name__ == '__main__':
    main()
