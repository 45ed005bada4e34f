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

"""Options about who issues certificates: ``[native_tls]``."""

from __future__ import annotations

from oslo_config import cfg

CA_DIRECTORY = '/etc/nova-native-tls/ca'

OPTS = [
    cfg.StrOpt(
        'issuer',
        default='local',
        help="""
Who issues the certificates of this host, for ``host renew``.

The name of an entry point in ``nova_native_tls.issuers``. ``local``, the
default, is the CA in ``ca_directory`` on this very host; ``command`` runs
``issuer_command``, which may reach any other CA.

Security: whoever issues these certificates decides which hosts may send
guests to this one and receive them from it. ``local`` puts the key of the CA
on this host, which is right for trying it out and for one admin machine, not
for every compute node.

Related options:

* ``ca_directory``, ``ca_passphrase_file``: for ``local``.
* ``issuer_command``, ``issuer_ca_file``, ``issuer_crl_file``,
  ``issuer_timeout``: for ``command``.
""",
    ),
    cfg.StrOpt(
        'issuer_command',
        help="""
Program that issues a certificate, with its arguments, as a shell would split
them; no shell runs it. A dollar sign is written as two. Unset means that
``issuer = command`` cannot be used.

It is given a certificate request in PEM on standard input, and the names
that are asked for, separated by spaces, in the environment variable
``NOVA_NATIVE_TLS_NAMES``. It writes to standard output, in PEM, the
certificate and then any intermediate CAs, each after what it issued; the
self-signed CA may follow. Any exit status but 0 is a failure, and its last
line on standard error is the reason.

Security: it runs as whoever runs ``nova-native-tls host renew``, mostly as
root. The private key of the host is never given to it.

Related options:

* ``issuer``: ``command`` uses this.
* ``issuer_ca_file``: whom to trust.
""",
    ),
    cfg.StrOpt(
        'issuer_ca_file',
        help="""
File in PEM with the CAs that hosts are to trust, for ``issuer = command``.
Unset means the self-signed CA that the command itself writes after the
certificate.

Security: every certificate that a CA in this file issues, for whatever it
was meant, can be used for migrations. Let it hold a CA for migrations alone.

Related options:

* ``issuer_command``: whose certificates these are to be.
""",
    ),
    cfg.StrOpt(
        'issuer_crl_file',
        help="""
File in PEM with the revocation lists of the CA, for ``issuer = command``.
Unset means that hosts are given none.

Security: without a list a host whose key was stolen goes on being trusted
until its certificate expires.

Related options:

* ``issuer_command``: whose CA's lists these are to be.
""",
    ),
    cfg.IntOpt(
        'issuer_timeout',
        default=60,
        min=1,
        help="""
How long ``issuer_command`` may take, in seconds. What takes longer is ended,
together with what it started.

Related options:

* ``issuer_command``: what is waited for.
""",
    ),
    cfg.StrOpt(
        'ca_directory',
        default=CA_DIRECTORY,
        help="""
Directory with the state of the CA of this project, for ``issuer = local``.
The ``ca`` commands read no nova.conf; they take it with ``--directory``.

Security: it holds the private key of the CA. It belongs to root, with no
permission for anybody else.

Related options:

* ``ca_passphrase_file``: what the key is encrypted with.
""",
    ),
    cfg.StrOpt(
        'ca_passphrase_file',
        help="""
File whose first line is the passphrase of the CA's private key, for ``issuer
= local``. Unset means the environment variable
``NOVA_NATIVE_TLS_CA_PASSPHRASE``, or a key that is not encrypted.

Security: a passphrase in a file beside the key protects backups of the key
alone. Keep it elsewhere.

Related options:

* ``ca_directory``: where the key is.
""",
    ),
]
