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

"""Where Nova looks for ``compute_driver = native_tls.NativeTLSDriver``.

Nova puts ``nova.virt.`` before the option's value. There is no
``nova/__init__.py`` and no ``nova/virt/__init__.py`` beside this file: those
are Nova's, and this one file is found where Nova is a regular package of the
same site directory. Elsewhere ``nova-compute-native-tls`` serves.
"""

from nova_native_tls.nova.driver import NativeTLSDriver

__all__ = ('NativeTLSDriver',)
