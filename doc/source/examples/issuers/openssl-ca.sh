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

# An issuer_command for a CA that is kept with "openssl ca":
#
#   issuer_command = /etc/nova-native-tls/openssl-ca.sh DIRECTORY
#
# A request is read from standard input; the certificate, and then the CA, are
# written to standard output. DIRECTORY holds the CA's configuration
# openssl.cnf, whose paths are relative to it, and its certificate ca.pem.

set -eu
cd "$1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/request.pem"

# The names that nova-native-tls wants, not whatever the request says.
alternatives=
for name in $NOVA_NATIVE_TLS_NAMES; do
    case $name in
        *:*) type=IP ;;
        *[!0-9.]*) type=DNS ;;
        *) type=IP ;;
    esac
    alternatives=${alternatives:+$alternatives,}$type:$name
done
# QEMU wants a CN, though it does not look at what it says; it has 64
# characters at the most.
first=${NOVA_NATIVE_TLS_NAMES%% *}
[ ${#first} -le 64 ] || first=${first%%.*}

# No keyUsage that is critical: before 10.1.3 QEMU would want keyEncipherment.
cat > "$work/extensions" << END
basicConstraints = critical, CA:FALSE
keyUsage = digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = $alternatives
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
END

# One at a time, as "openssl ca" itself does not see to that. It begins an
# hour ago, for clocks that are behind.
flock openssl.cnf openssl ca -config openssl.cnf -batch -notext \
    -in "$work/request.pem" -out "$work/certificate.pem" \
    -extfile "$work/extensions" -subj "/CN=$first" \
    -startdate "$(date --utc --date '1 hour ago' +%Y%m%d%H%M%SZ)"
cat "$work/certificate.pem" ca.pem
