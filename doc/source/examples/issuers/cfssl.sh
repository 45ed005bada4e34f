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

# An issuer_command for a CA that cfssl keeps:
#
#   issuer_command = /etc/nova-native-tls/cfssl.sh DIRECTORY
#
# A request is read from standard input; the certificate, and then the CA, are
# written to standard output. DIRECTORY holds ca.pem and ca-key.pem, which
# "cfssl gencert -initca" makes, and the profile in cfssl.json. With
# "-remote ADDRESS" instead of "-ca" and "-ca-key" the key of the CA stays on
# another host.

set -eu
cd "$1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cfssl sign -loglevel 4 -ca ca.pem -ca-key ca-key.pem \
    -config cfssl.json -profile migration \
    -hostname "$(echo "$NOVA_NATIVE_TLS_NAMES" | tr ' ' ,)" - \
    > "$work/answer.json"
cfssljson -bare -f "$work/answer.json" "$work/host"
cat "$work/host.pem" ca.pem
