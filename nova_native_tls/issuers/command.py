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

"""Any other CA, by a program: request in, certificate out."""

from __future__ import annotations

from collections.abc import Sequence
import os
import shlex
import signal
import subprocess
from typing import NoReturn

from cryptography.hazmat.primitives import serialization
from cryptography import x509
from oslo_config import cfg

from nova_native_tls._i18n import _
from nova_native_tls import exception
from nova_native_tls.issuers import base
from nova_native_tls.pki import pem

#: In the environment of the program: the names, separated by spaces.
VARIABLE = 'NOVA_NATIVE_TLS_NAMES'
#: More than a chain and a bundle of any use.
MAX_BYTES = 256 * 1024
_NAME = 'command'


class CommandIssuer(base.Issuer):
    """Runs ``[native_tls] issuer_command``."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        super().__init__(conf)
        try:
            command = conf.native_tls.issuer_command
            self._command = shlex.split(command or '')
        except (ValueError, cfg.Error) as err:
            raise exception.IssuerUnusable(
                name=_NAME,
                problem=_(
                    '[native_tls] issuer_command: %s (a dollar sign is '
                    'written as two)'
                )
                % err,
            ) from err
        if not self._command:
            raise exception.IssuerUnusable(
                name=_NAME, problem=_('set [native_tls] issuer_command')
            )

    def issue(
        self,
        csr_pem: bytes,
        *,
        names: tuple[str, ...],
        replaces: bytes | None = None,
    ) -> base.Issued:
        """Run the program; whom it gives a certificate to, it decides."""
        # Before a certificate is made that nobody could use.
        given = self._file('issuer_ca_file')
        lists = self._file('issuer_crl_file')
        output = self._run(csr_pem, names)
        leaf, *others = _certificates(output, _('what it wrote'))
        if leaf.public_key() != x509.load_pem_x509_csr(csr_pem).public_key():
            _fail(
                _(
                    'its first certificate is not for the key of the request: '
                    'let it write the certificate of the host first'
                )
            )
        intermediates = [each for each in others if not _is_root(each)]
        roots = (
            [each for each in others if _is_root(each)]
            if given is None
            else _certificates(given, '[native_tls] issuer_ca_file')
        )
        if not roots:
            _fail(
                _(
                    'it wrote no self-signed CA after the certificate: let it '
                    'do so, or set [native_tls] issuer_ca_file'
                )
            )
        # QEMU up to 10.1 looks for intermediates among the CAs only.
        trusted = dict.fromkeys([*roots, *intermediates])
        return base.Issued(
            chain_pem=_to_pem([leaf, *intermediates]),
            ca_pem=_to_pem(list(trusted)),
            crl_pem=lists,
        )

    def _file(self, option: str) -> bytes | None:
        path = getattr(self.conf.native_tls, option)
        if path is None:
            return None
        try:
            with open(path, 'rb') as file:
                return file.read()
        except OSError as err:
            raise exception.IssuerUnusable(
                name=_NAME,
                problem=f'[native_tls] {option} {path}: {err.strerror}',
            ) from err

    def _run(self, csr_pem: bytes, names: Sequence[str]) -> bytes:
        limit_s = self.conf.native_tls.issuer_timeout
        try:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, VARIABLE: ' '.join(names)},
                # Ended together with all that it starts.
                start_new_session=True,
            )
        except (OSError, ValueError) as err:
            raise exception.IssuerUnusable(
                name=_NAME, problem=f'{self._command[0]}: {err}'
            ) from err
        with process:
            try:
                output, errors = process.communicate(csr_pem, limit_s)
            except subprocess.TimeoutExpired as err:
                _end(process)
                _fail(
                    _('%(program)s took longer than %(limit)d seconds')
                    % {'program': self._command[0], 'limit': limit_s},
                    err,
                )
            except BaseException:
                _end(process)
                raise
        if process.returncode:
            _fail(_ended(self._command[0], process.returncode, errors))
        return output


def _end(process: subprocess.Popen[bytes]) -> None:
    # It is not collected yet, so the number is still its own.
    os.killpg(process.pid, signal.SIGKILL)


def _ended(program: str, status: int, errors: bytes) -> str:
    lines = errors.decode(errors='replace').split('\n')
    said = [line.strip() for line in lines if line.strip()]
    return _('%(program)s ended with the status %(status)d: %(said)s') % {
        'program': program,
        'status': status,
        'said': said[-1] if said else _('it said nothing'),
    }


def _certificates(content: bytes, where: str) -> list[x509.Certificate]:
    """Read all certificates, at least one.

    :raises IssueFailed: there is none, or something else as well.
    """
    if len(content) > MAX_BYTES:
        _fail(_('%s is too large') % where)
    if pem.holds_private_key(content):
        _fail(_('there is a private key in %s: it is to keep that') % where)
    count = pem.count(content, 'CERTIFICATE-----')
    if not count:
        _fail(_('there is no certificate in PEM in %s') % where)
    try:
        found = x509.load_pem_x509_certificates(content)
    except Exception as err:
        # Damaged ones make cryptography raise more than ValueError.
        _fail(
            _('%(where)s is damaged (%(problem)s)')
            % {'where': where, 'problem': err},
            err,
        )
    if len(found) != count:
        # A block without an end is no block.
        _fail(_('%s is damaged: a certificate is not whole') % where)
    return found


def _is_root(certificate: x509.Certificate) -> bool:
    return certificate.subject == certificate.issuer


def _to_pem(certificates: Sequence[x509.Certificate]) -> bytes:
    return b''.join(
        each.public_bytes(serialization.Encoding.PEM) for each in certificates
    )


def _fail(problem: str, cause: Exception | None = None) -> NoReturn:
    raise exception.IssueFailed(name=_NAME, problem=problem) from cause
