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

"""What a CA is like, for whoever may read its directory."""

from __future__ import annotations

import datetime
import os

from cryptography import x509

from nova_native_tls.ca import files


class Reading:
    """What a CA is like, without its keys."""

    def __init__(self, directory: str) -> None:
        self.files = files.Files(os.path.abspath(directory))
        self.ledger = self.files.ledger()

    def certificate(self, generation: int) -> x509.Certificate:
        """Give the certificate of a generation."""
        return self.files.certificate(self.ledger.generations[generation - 1])

    def bundle(self, now: datetime.datetime) -> bytes:
        """Give what hosts are to trust, in PEM.

        Never a CA that has expired, for which QEMU up to 10.1 would refuse
        all of them.
        """
        found = (self.certificate(number) for number in self.ledger.trusted)
        return b''.join(
            files.to_pem(one)
            for one in found
            if one.not_valid_after_utc >= now
        )

    def revocation_lists(self) -> bytes:
        """Give the lists that were made last, in PEM."""
        return self.files.read(files.CRL)

    def lists_outdated(self, now: datetime.datetime) -> bool:
        """Tell whether the lists are not what they should be.

        A crash leaves them so, and time.
        """
        try:
            lists = [
                x509.load_pem_x509_crl(block)
                for block in files.blocks(self.revocation_lists())
            ]
            numbers = {
                each.extensions.get_extension_for_class(
                    x509.CRLNumber
                ).value.crl_number
                for each in lists
            }
        except (ValueError, x509.ExtensionNotFound):
            return True
        return (
            self.ledger.unlisted
            or numbers != {self.ledger.crl_number}
            or len(lists) != len(self.ledger.trusted)
            or any(
                each.next_update_utc is None or each.next_update_utc < now
                for each in lists
            )
        )
