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

"""qemu.conf means here what it means to libvirt."""

from __future__ import annotations

import pathlib
import random
import re
import subprocess
from typing import Any
import xml.etree.ElementTree as ElementTree

import fixtures
import testtools
from testtools import content

from nova_native_tls import exception
from nova_native_tls.pki import qemu_conf
from tests.functional import libvirt_conf_reader

STOCK = pathlib.Path('/etc/libvirt/qemu.conf')
_EXAMPLE = re.compile(r'#[a-z0-9_]+ = (?:"[^"]*"|[0-9]+)')

#: Each is one decision of the parser.
READ = (
    '',
    '#',
    '# c',
    '# c\n',
    '\n# c',
    '  # c\n\n\t \n',
    'a=1',
    'a = 1;b = 2\n',
    'a = 1 ; b = 2',
    'a = 1;',
    'a = 1 ;  \n',
    'a = 1;# c\n',
    'a = 1 # c ; b = 2\n',
    '# c ; a = 1\nb = 2\n',
    'a = 1\na = 2\na = "x"\n',
    'A = 1\na = 2\n',
    '\ta\t=\t1\t\n',
    'a = 1#c\n',
    'a = 1\n   ',
    'a = "x"\n',
    "a = 'x'\n",
    'a = "x\'y"\n',
    "a = 'x\"y'\n",
    'a = "x\\ny"\n',
    'a = ""\n',
    "a = ''",
    'a = "ä"\n',
    '# ä\na = 1',
    'a = """x"""\n',
    'a = """x\ny"""\n',
    'a = """x"" y"""\n',
    'a = """"x"""\n',
    'a = """"""\n',
    'a = []\n',
    'a = [\n]\n',
    'a = ["x"]\n',
    'a = [ "x", \'y\' ]\n',
    'a = ["x",\n "y",\n]\n',
    'a = ["x"\n,"y"]',
    'a = ["x"\t,\t"y" ] # c\n',
    'a = [ "" ]\n',
    "a = [ '' , 'y']\n",
    'a = ["#x"]\n',
    'a = 007\n',
    'a = -5\n',
    'a = -0\n',
    'a = 9223372036854775807\n',
    'a1_ = 1\n',
)
REFUSED = (
    'a = "x\\"y"\n',
    "a = '''x'''\n",
    'a',
    'a =',
    'a = \n',
    'a 1\n',
    'a\n= 1\n',
    'a =\n1\n',
    '= 1\n',
    'a == 1\n',
    'a = yes\n',
    'a = true\n',
    'a = 0x10\n',
    'a = 1.5\n',
    'a = 5b\n',
    'a = -\n',
    'a = - 5\n',
    'a = 1 2\n',
    'a = 1 \\\n',
    'a = "x" "y"\n',
    'a = "x"b = 1\n',
    'a = "x" // c\n',
    'a = "x',
    "a = 'x\n",
    'a = "x\n"\n',
    'a = """',
    'a = """x',
    'a = """x\n',
    'a = ["x"',
    'a.b = 1\n',
    'ä = 1\n',
    '\ufeffa = 1\n',
    '[section]\na = 1\n',
    'include "x"\n',
    '\x0ba = 1\n',
    'a = 1\x0c\n',
)


def _ours(text: str) -> dict[str, Any] | None:
    try:
        settings = qemu_conf.parse(text)
    except exception.QemuConfUnreadable:
        return None
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in settings.items()
    }


def _generated(source: random.Random) -> str:
    """Write a file as people and tools write them."""
    lines = []
    for _line in range(source.randrange(12)):
        name = source.choice(
            (
                'migrate_tls_x509_cert_dir',
                'default_tls_x509_cert_dir',
                'user',
                'cgroup_device_acl',
                'max_core',
            )
        )
        blank = source.choice(('', ' ', '\t', '  '))
        text = source.choice(('', '/etc/pki/qemu', 'a b', '#', ';', '='))
        value = source.choice(
            (
                f'"{text}"',
                f"'{text}'",
                f'"""{text}"""',
                f'"""{text}\n{text}"""',
                str(source.randrange(-10, 10**6)),
                '[' + ',\n'.join(f'"{n}"' for n in range(len(text))) + ']',
            )
        )
        end = source.choice(('', '  ', ' # comment', '#"', ';', ' ; '))
        lines.append(f'{blank}{name}{blank}={blank}{value}{end}')
        lines.append(source.choice(('# a = "b"', '#', '', ' ')))
    return '\n'.join(['#', *lines, ''])


class LibvirtTest(testtools.TestCase):
    """Compares with the parser in libvirt's library."""

    def _compare(self, texts: list[str]) -> list[dict[str, Any] | None]:
        answers = libvirt_conf_reader.ask(texts)
        self.assertEqual(len(texts), len(answers))
        for text, theirs in zip(texts, answers, strict=True):
            self.assertEqual(theirs, _ours(text), text)
        return answers

    def test_every_decision(self) -> None:
        """The same values, and the same files refused."""
        self.assertNotIn(None, self._compare(list(READ)))
        self.assertEqual([None] * len(REFUSED), self._compare(list(REFUSED)))

    def test_generated_files(self) -> None:
        """Files with many settings, from a seed that a failure shows."""
        seed = random.SystemRandom().randrange(2**32)
        self.addDetail('seed', content.text_content(str(seed)))
        source = random.Random(seed)
        answers = self._compare([_generated(source) for _ in range(300)])
        self.assertNotIn(None, answers)

    def test_stock_file(self) -> None:
        """The file of the distribution, and with its examples turned on."""
        text = STOCK.read_text()
        _plain, turned_on = self._compare([text, _turned_on(text)])
        assert turned_on is not None
        self.assertLess(50, len(turned_on))
        self.assertIn('migrate_tls_x509_cert_dir', turned_on)


class LensTest(testtools.TestCase):
    """Compares with libvirt's own lens, with which such files are edited."""

    def _lens(self, text: str) -> dict[str, Any]:
        root = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        path = root / 'etc/libvirt/qemu.conf'
        path.parent.mkdir(parents=True)
        path.write_text(text)
        done = subprocess.run(
            [
                'augtool',
                '--noautoload',
                '--transform=Libvirtd_qemu.lns incl /etc/libvirt/qemu.conf',
                f'--root={root}',
                'dump-xml /files/etc/libvirt/qemu.conf',
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        settings: dict[str, Any] = {}
        for node in ElementTree.fromstring(done.stdout).findall('node/node'):
            if not node.attrib['label'].startswith('#'):
                settings.setdefault(node.attrib['label'], _lens_value(node))
        return settings

    def _assert_equal(self, text: str) -> dict[str, Any]:
        theirs = self._lens(text)
        ours = {
            name: str(value) if isinstance(value, int) else value
            for name, value in qemu_conf.parse(text).items()
        }
        self.assertEqual(theirs, ours)
        return theirs

    def test_stock_file(self) -> None:
        """The file of the distribution, and with its examples turned on."""
        text = STOCK.read_text()
        self.assertEqual({}, self._assert_equal(text))
        self.assertLess(50, len(self._assert_equal(_turned_on(text))))

    def test_edited_files(self) -> None:
        """What stands in files that were edited by hand."""
        for text in (
            'user = "root"\n',
            '  user="root"  \n\n# comment\n\tgroup\t=\t"kvm"\n',
            'user = "first"\nuser = "second"\n',
            'cgroup_device_acl = [\n  "/dev/null",\n  "/dev/full"\n]\n',
            'namespaces = []\nmax_files = 7\nvnc_tls = 1\n',
            'default_tls_x509_cert_dir = ""\n',
        ):
            self.assertNotEqual({}, self._assert_equal(text))


def _turned_on(text: str) -> str:
    """Take the hash from all lines that show a setting."""
    return '\n'.join(
        line.removeprefix('#') if _EXAMPLE.fullmatch(line) else line
        for line in text.splitlines()
    )


def _lens_value(node: ElementTree.Element) -> Any:
    if node.findtext('value') is not None:
        return node.findtext('value')
    return tuple(item.findtext('value') or '' for item in node.findall('node'))


#: Text that is easily read otherwise than libvirt reads it.
READ = (
    # end of line of another system; a lone carriage return too
    'a = "x"\r\nb = 2\r\n',
    'a=1\rb=2\r',
    '# c\r\na = 1\r\n',
    'a = ["x",\r\n"y"]\r\n',
    # a bracket or three quotes in a list
    'a = ["x]y"]\n',
    'a = ["""x""", \'y\']\n',
    'a = ["""x\n]""", \'y\']\n',
    'a = +5\n',
)
REFUSED = (
    # only blank lines (libvirt wants a name there), an empty statement
    '\n',
    '   ',
    '\n ',
    '\r\n',
    ';',
    ';\n',
    'a = 1;;b=2',
    'a=1;\n;',
    # three quotes end at the first three quotes
    'a = """x""""\n',
    'a = """x""" junk\nb = """y"""\n',
    'a = """x"""""""\n',
    'a = """x""""""y"""\n',
    'a = """"""',
    'a = "x\ry"\n',
    # lists of something that is no list
    'a = [,]\n',
    'a = ["x" "y"]\n',
    'a = ["x",,"y"]\n',
    'a = [ foo ]\n',
    'a = ["x", # c\n "y"]\n',
    'a = [ # c\n"x" ]\n',
    # a name begins with a letter and has no hyphen
    'a-b = 1\n',
    '-a = 1\n',
    '_a = 1\n',
    '1a = 1\n',
    'a = \u0663\n',
)


class EdgesTest(testtools.TestCase):
    """Each of these was once read wrongly."""

    def _ours(self, text: str) -> dict[str, Any] | None:
        try:
            settings = qemu_conf.parse(text)
        except exception.QemuConfUnreadable:
            return None
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in settings.items()
        }

    def test_as_libvirt(self) -> None:
        """The same values, and the same refusals."""
        texts = [*READ, *REFUSED]
        for text, theirs in zip(
            texts, libvirt_conf_reader.ask(texts), strict=True
        ):
            self.assertEqual(text in REFUSED, theirs is None, text)
            self.assertEqual(theirs, self._ours(text), text)

    def test_lists_of_numbers(self) -> None:
        """They are read, as what they are."""
        self.assertEqual({'a': (1, -2)}, dict(qemu_conf.parse('a = [1, -2]')))

    def test_a_number_that_is_too_long(self) -> None:
        """It is refused, however long: libvirt would read nonsense."""
        for digits in (20, 5000):
            self.assertRaises(
                exception.QemuConfUnreadable,
                qemu_conf.parse,
                f'a = {"1" * digits}',
            )
