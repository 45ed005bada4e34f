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

"""How do kernels and disks get into glance?"""

from __future__ import annotations

from collections.abc import Mapping
import pathlib

from tests.cloud.harness.api import rest as cloud_rest


class Images:
    """The images of a cloud."""

    def __init__(self, rest: cloud_rest.Rest) -> None:
        self._rest = rest

    def upload(
        self,
        name: str,
        path: pathlib.Path,
        *,
        disk_format: str = 'qcow2',
        properties: Mapping[str, str] | None = None,
    ) -> str:
        """Upload a file as an image and return its id.

        :param properties: what Nova reads, such as ``hw_machine_type``.
        :raises RestError: glance refused it.
        """
        body = {
            'name': name,
            'disk_format': disk_format,
            'container_format': 'bare',
            'visibility': 'public',
            **(properties or {}),
        }
        made = self._rest.post('image', '/images', body)
        image_id = str(made['id'])
        self._rest.request(
            'image',
            'PUT',
            f'/images/{image_id}/file',
            file=path,
            headers={'Content-Type': 'application/octet-stream'},
        )
        return image_id

    def find(self, name: str) -> str | None:
        """Return the id of the newest usable image of a name, if any."""
        params = {'name': name, 'status': 'active'}
        found = self._rest.get('image', '/images', params=params)['images']
        return str(found[0]['id']) if found else None

    def ensure_kernel(self, path: pathlib.Path) -> str:
        """Return the id of a kernel, uploaded when it is not there.

        The name of the file has to say which content it has.
        """
        # "raw" and not "aki": Nova takes any image for a kernel, and glance
        # 33 has deprecated the formats that only Amazon's images had.
        return self.find(path.name) or self.upload(
            path.name, path, disk_format='raw'
        )

    def delete(self, image_id: str) -> None:
        """Delete an image."""
        self._rest.request('image', 'DELETE', f'/images/{image_id}')
