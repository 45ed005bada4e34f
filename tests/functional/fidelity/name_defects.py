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

"""Names that are looked for, and names that are in certificates."""

from __future__ import annotations

from tests.functional.fidelity import asn1
from tests.functional.fidelity import certificates
from tests.functional.fidelity import defect
from tests.functional.fidelity import world

_HOST = world.HOST
_ADDRESS = world.ADDRESS
_SIX = '2001:db8:2::2'

#: What the source looks for -> what is in the certificate.
_CASES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    'other': ('host3.example.org', [('dns', _HOST)]),
    'second': (_HOST, [('dns', 'x.example.org'), ('dns', _HOST)]),
    'short': ('host2', [('dns', _HOST)]),
    'short-in-certificate': (_HOST, [('dns', 'host2')]),
    'one-label': ('host2', [('dns', 'host2')]),
    'wildcard': (_HOST, [('dns', '*.example.org')]),
    'wildcard-too-deep': (f'a.{_HOST}', [('dns', '*.example.org')]),
    'wildcard-too-wide': (_HOST, [('dns', '*.org')]),
    'wildcard-in-label': (_HOST, [('dns', 'host*.example.org')]),
    'wildcard-before-label': (_HOST, [('dns', '*2.example.org')]),
    'wildcard-inside': (_HOST, [('dns', 'host2.*.org')]),
    'wildcard-twice': (_HOST, [('dns', '*.*.org')]),
    'wildcard-alone': (_HOST, [('dns', '*')]),
    'wildcard-looked-for': ('*.example.org', [('dns', '*.example.org')]),
    'wildcard-bare-domain': ('example.org', [('dns', '*.example.org')]),
    'dot-looked-for': (f'{_HOST}.', [('dns', _HOST)]),
    'dot-in-certificate': (_HOST, [('dns', f'{_HOST}.')]),
    'dot-in-both': (f'{_HOST}.', [('dns', f'{_HOST}.')]),
    'upper-case': (_HOST.upper(), [('dns', _HOST)]),
    'upper-case-in-certificate': (_HOST, [('dns', _HOST.upper())]),
    'address': (_ADDRESS, [('ip', _ADDRESS)]),
    'address-other': ('203.0.113.3', [('ip', _ADDRESS)]),
    'address-as-dns': (_ADDRESS, [('dns', _ADDRESS)]),
    'address-not-in-certificate': (_ADDRESS, [('dns', _HOST)]),
    'address-short': ('203.0.28930', [('ip', _ADDRESS)]),
    'address-with-zeros': ('203.0.113.002', [('ip', _ADDRESS)]),
    'address-six': (_SIX, [('ip', _SIX)]),
    'address-six-long': ('2001:0DB8:2:0:0:0:0:2', [('ip', _SIX)]),
    'address-six-zone': ('fe80::1%eth0', [('ip', 'fe80::1')]),
    'address-six-brackets': (f'[{_SIX}]', [('ip', _SIX)]),
    'address-six-as-dns': (_SIX, [('dns', _SIX)]),
    'address-mapped': (f'::ffff:{_ADDRESS}', [('ip', _ADDRESS)]),
    'name-but-only-address': (_HOST, [('ip', _ADDRESS)]),
    'email-only': (_HOST, [('email', f'root@{_HOST}')]),
    'uri-only': (_HOST, [('uri', f'https://{_HOST}/')]),
    'directory-name-only': (_HOST, [('directory', _HOST)]),
    'registered-id-only': (_HOST, [('rid', '1.2.3.4')]),
    'other-name-only': (_HOST, [('other', _HOST)]),
    'underscore': ('host_2.example.org', [('dns', 'host_2.example.org')]),
    'empty-label': ('host2..org', [('dns', 'host2..org')]),
    'spaces': (' host2.example.org', [('dns', ' host2.example.org')]),
    'nul': (_HOST, [('dns', f'{_HOST}\0.evil.example')]),
    'idn': ('höst.example.org', [('dns', 'xn--hst-sna.example.org')]),
    'idn-looked-for-encoded': (
        'xn--hst-sna.example.org',
        [('dns', 'xn--hst-sna.example.org')],
    ),
    'idn-raw-in-certificate': (
        'höst.example.org',
        [('dns', 'höst.example.org')],
    ),
    'idn-encoded-for-raw': (
        'xn--hst-sna.example.org',
        [('dns', 'höst.example.org')],
    ),
    'idn-upper-case': (
        'HÖST.example.org',
        [('dns', 'xn--hst-sna.example.org')],
    ),
    'long': ('a' * 63 + '.example.org', [('dns', 'a' * 63 + '.example.org')]),
    'too-long': ('a.' * 200 + 'org', [('dns', 'a.' * 200 + 'org')]),
    'many': (
        _HOST,
        [('dns', f'x{number}.example.org') for number in range(300)]
        + [('dns', _HOST)],
    ),
    'empty-in-certificate': (_HOST, [('dns', '')]),
}  # fmt: skip


def _case(name: str, names: list[tuple[str, str]]) -> defect.Change:
    def change(one: world.World) -> None:
        one.name = name
        one.destination.leaf.names = list(names)

    return change


for _name, (_wanted, _names) in _CASES.items():
    defect.enter_all({f'name.{_name}': _case(_wanted, _names)})


def _common_name(one: world.World, *values: str) -> None:
    one.destination.leaf.names = []
    one.destination.leaf.subject = [
        (certificates.COMMON_NAME, value) for value in values
    ]


@defect.defect('name.cn-only', weight=2)
def cn_only(one: world.World) -> None:
    one.name = _HOST
    _common_name(one, one.random.choice([_HOST, _HOST.upper()]))


@defect.defect('name.cn-two')
def cn_two(one: world.World) -> None:
    one.name = _HOST
    _common_name(one, _HOST, 'x.example.org')


@defect.defect('name.cn-wildcard')
def cn_wildcard(one: world.World) -> None:
    one.name = _HOST
    _common_name(one, '*.example.org')


@defect.defect('name.cn-address')
def cn_address(one: world.World) -> None:
    one.name = _ADDRESS
    _common_name(one, _ADDRESS)


@defect.defect('name.cn-beside-other')
def cn_beside_other(one: world.World) -> None:
    one.name = _HOST
    _common_name(one, _HOST)
    one.destination.leaf.names = [
        one.random.choice(
            [
                ('dns', 'x.example.org'),
                ('ip', _ADDRESS),
                ('email', 'root@example.org'),
                ('uri', 'https://example.org'),
            ]
        )
    ]


@defect.defect('name.empty-list')
def empty_list(one: world.World) -> None:
    """A subjectAltName without names, beside a CN."""
    one.name = _HOST
    _common_name(one, _HOST)
    one.destination.leaf.extra.append(
        (certificates.SAN, False, asn1.sequence())
    )


@defect.defect('name.critical')
def critical(one: world.World) -> None:
    one.name = _HOST
    one.destination.leaf.names = []
    one.destination.leaf.extra.append(
        (certificates.SAN, True, certificates.general_names([('dns', _HOST)]))
    )
