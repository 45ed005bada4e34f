#!/bin/sh
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

# Certify a host for the names that are given here, whatever it asks for: the
# only command that the ssh key of the host may run on the machine of the CA.
# The request comes on standard input; the certificate and all CAs to trust go
# to standard output.

set -eu

names=
for name in "$@"; do
    names="$names --name $name"
done
# shellcheck disable=SC2086 # one word each
nova-native-tls ca sign --replace $names
# 1: there is something to do soon, which is not the host's business.
nova-native-tls ca show -f value -c bundle || [ $? -eq 1 ]
