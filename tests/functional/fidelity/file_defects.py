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

"""What can be wrong with files, whatever is in them."""

from __future__ import annotations

import base64
from collections.abc import Callable

from tests.functional.fidelity import defect
from tests.functional.fidelity import world

#: Written only while QEMU looks at them; a prediction may not take longer
#: for it, or more memory.
_LARGE = 24 * 1024 * 1024


def _choose(
    one: world.World, *, optional: bool = False
) -> tuple[world.Host, str]:
    host = one.host()
    names = [name for name in host.files if name != 'dh-params.pem']
    if optional:
        names = [
            *names, 'ca-crl.pem', 'dh-params.pem',
            'server-cert.pem', 'client-cert.pem', 'client-key.pem',
            'server-key.pem', 'server-cert-0.pem', 'client-key-0.pem',
        ]  # fmt: skip
    return host, one.random.choice(names)


def _content(change: Callable[[world.World, bytes], bytes]) -> defect.Change:
    def apply(one: world.World) -> None:
        host, name = _choose(one)
        host.files[name] = change(one, host.files[name])

    return apply


def _cut(one: world.World, content: bytes) -> bytes:
    return content[: one.random.randrange(len(content) or 1)]


def _flip(one: world.World, content: bytes) -> bytes:
    if not content:
        return content
    changed = bytearray(content)
    for _ in range(one.random.choice([1, 1, 3])):
        where = one.random.randrange(len(changed))
        changed[where] ^= 1 << one.random.randrange(8)
    return bytes(changed)


def _flip_inside(one: world.World, content: bytes) -> bytes:
    """Change a bit of the DER, and encode it again."""
    lines = content.split(b'\n')
    body = b''.join(
        line for line in lines if line and not line.startswith(b'-')
    )
    try:
        der = base64.b64decode(body)
    except ValueError:
        return content
    label = lines[0].strip(b'-').removeprefix(b'BEGIN ').decode('latin-1')
    return world.pem(label, _flip(one, der))


def _line_gone(one: world.World, content: bytes) -> bytes:
    lines = content.split(b'\n')
    del lines[one.random.randrange(len(lines))]
    return b'\n'.join(lines)


def _nul(one: world.World, content: bytes) -> bytes:
    where = one.random.choice(
        [0, len(content), one.random.randrange(len(content) + 1)]
    )
    return content[:where] + b'\0' + content[where:]


def _relabelled(one: world.World, content: bytes) -> bytes:
    label = one.random.choice(
        [b'X509 CERTIFICATE', b'TRUSTED CERTIFICATE', b'certificate', b'X']
    )
    return content.replace(b'CERTIFICATE', label)


def _damaged_block(one: world.World, content: bytes) -> bytes:
    """One more PEM block, with nonsense in it."""
    block = one.random.choice(
        [
            world.pem('CERTIFICATE', one.random.randbytes(300)),
            world.pem('CERTIFICATE', b''),
            b'-----BEGIN CERTIFICATE-----\n',
            b'-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n',
            world.pem('X509 CRL', one.random.randbytes(100)),
            world.pem('PRIVATE KEY', one.random.randbytes(100)),
            b'-----END CERTIFICATE-----\n',
        ]
    )
    return block + content if one.random.random() < 0.5 else content + block


defect.enter_all(
    {
        'file.empty': _content(lambda _one, _content: b''),
        'file.truncated': _content(_cut),
        'file.random': _content(lambda one, _: one.random.randbytes(2000)),
        'file.words': _content(lambda _one, _: b'not a certificate\n' * 9),
        'file.flipped': _content(_flip),
        'file.flipped-inside': _content(_flip_inside),
        'file.line-gone': _content(_line_gone),
        'file.nul': _content(_nul),
        'file.relabelled': _content(_relabelled),
        'file.damaged-block': _content(_damaged_block),
        'file.twice': _content(lambda _one, content: content * 2),
        'file.crlf': _content(
            lambda _one, content: content.replace(b'\n', b'\r\n')
        ),
        'file.one-line': _content(
            lambda _one, content: content.replace(b'\n', b'')
        ),
        'file.indented': _content(
            lambda _one, content: content.replace(b'\n', b'\n  ')
        ),
        'file.mark': _content(lambda _one, c: b'\xef\xbb\xbf' + c),
        'file.words-before': _content(
            lambda _one, c: b'Certificate:\n  Data - 1\n' + c + b'# end'
        ),
        'file.no-end': _content(lambda _one, c: c.partition(b'-----END')[0]),
        'file.der': _content(
            lambda _one, c: base64.b64decode(
                b''.join(c.split(b'\n')[1:-2]) + b'==', validate=False
            )
        ),
    },
    on_files=True,
)
defect.enter_all(
    {
        'file.huge-zeros': _content(lambda _one, _: bytes(_LARGE)),
        'file.huge-words': _content(
            lambda _one, _: b'not a certificate\n' * (_LARGE // 18)
        ),
        'file.huge-after': _content(lambda _one, c: c + b'\n' * _LARGE),
        'file.huge-before': _content(
            lambda _one, c: b'# words\n' * (_LARGE // 8) + c
        ),
        'file.huge-begins': _content(
            lambda _one, c: c + b'-----BEGIN ' * 20_000
        ),
        'file.huge-repeated': _content(
            lambda _one, c: c * (6_000_000 // (len(c) or 1))
        ),
    },
    on_files=True,
    weight=0.15,
)


@defect.defect('file.missing', on_files=True, weight=5)
def missing(one: world.World) -> None:
    host, name = _choose(one)
    del host.files[name]


@defect.defect('file.identity-missing', on_files=True, weight=2)
def identity_missing(one: world.World) -> None:
    host = one.host()
    for name in (host.cert_file, host.key_file):
        host.files.pop(name, None)


@defect.defect('file.dh-params-missing', on_files=True, weight=0.1)
def dh_params_missing(one: world.World) -> None:
    one.destination.files.pop('dh-params.pem', None)


@defect.defect('file.dh-params-damaged', on_files=True)
def dh_params_damaged(one: world.World) -> None:
    files = one.destination.files
    files['dh-params.pem'] = one.random.choice([_cut, _flip])(
        one, files.get('dh-params.pem', b'nothing')
    )


@defect.defect('file.crl-damaged', on_files=True, weight=2)
def crl_damaged(one: world.World) -> None:
    files = one.destination.files
    content = files.get('ca-crl.pem', b'')
    files['ca-crl.pem'] = one.random.choice(
        [b'', b'nonsense', _cut(one, content), files.get('ca-cert.pem', b'')]
    )


@defect.defect('file.unneeded', on_files=True, weight=2)
def unneeded(one: world.World) -> None:
    """Something is there that nobody looks at, or only newer QEMU does."""
    host, name = _choose(one, optional=True)
    host.files.setdefault(
        name,
        one.random.choice([b'nonsense', host.files.get('ca-cert.pem', b'')]),
    )


@defect.defect('file.second-identity', on_files=True)
def second_identity(one: world.World) -> None:
    """What QEMU 10.2 looks at, in place of the first one or beside it."""
    host = one.host()
    for kind in ('cert', 'key'):
        name = f'{host.role}-{kind}.pem'
        if name in host.files and one.random.random() < 0.9:
            host.files[f'{host.role}-{kind}-0.pem'] = host.files[name]
    if one.random.random() < 0.5:
        identity_missing(one)


@defect.defect('file.swapped', on_files=True)
def swapped(one: world.World) -> None:
    host = one.host()
    first, second = one.random.sample(sorted(host.files), 2)
    files = host.files
    files[first], files[second] = files[second], files[first]


@defect.defect('file.key-in-bundle', on_files=True, weight=2)
def key_in_bundle(one: world.World) -> None:
    host = one.host()
    key = host.files.get(host.key_file, b'')
    name = one.random.choice(['ca-cert.pem', host.cert_file, host.key_file])
    content = host.files.get(name, b'')
    host.files[name] = (
        key + content if one.random.random() < 0.5 else content + key
    )


@defect.defect('file.certificate-in-key', on_files=True)
def certificate_in_key(one: world.World) -> None:
    host = one.host()
    cert = host.files.get(host.cert_file, b'')
    key = host.files.get(host.key_file, b'')
    host.files[host.key_file] = (
        cert + key if one.random.random() < 0.5 else key + cert
    )


@defect.defect('file.second-key', on_files=True)
def second_key(one: world.World) -> None:
    host = one.host()
    other = world.pem('PRIVATE KEY', one.any_key('p256').pkcs8())
    key = host.files.get(host.key_file, b'')
    host.files[host.key_file] = (
        other + key if one.random.random() < 0.5 else key + other
    )


def _special(kind: str) -> defect.Change:
    def change(one: world.World) -> None:
        host, name = _choose(one, optional=one.random.random() < 0.5)
        host.files.pop(name, None)
        host.special[name] = kind

    return change


defect.enter_all(
    {
        'file.directory': _special('directory'),
        'file.link-to-nowhere': _special('link:nowhere.pem'),
        'file.link-to-itself': _special('link:itself'),
        'file.link-through-file': _special('link:ca-cert.pem/x'),
        'file.link-to-nothing': _special('link:/dev/null'),
        'file.socket': _special('socket'),
    },
    on_files=True,
)


@defect.defect('file.unreadable', on_files=True, weight=2)
def unreadable(one: world.World) -> None:
    """To root it makes no difference."""
    host, name = _choose(one)
    host.special[name] = 'mode:0000'


def _directory(kind: str) -> defect.Change:
    def change(one: world.World) -> None:
        one.host().directory = kind

    return change


defect.enter_all(
    {
        'directory.missing': _directory('missing'),
        'directory.file': _directory('file'),
        'directory.link': _directory('link'),
        'directory.not-traversable': _directory('mode:0600'),
        'directory.not-listable': _directory('mode:0300'),
    },
    on_files=True,
    weight=0.5,
)
defect.enter_all({'file.fifo': _special('fifo')}, on_files=True, weight=1)


@defect.defect('file.link', on_files=True)
def link(one: world.World) -> None:
    """As cert-manager has it."""
    host, name = _choose(one)
    host.files[f'..data-{name}'] = host.files.pop(name)
    host.special[name] = f'link:..data-{name}'
