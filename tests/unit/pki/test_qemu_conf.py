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

"""What qemu.conf says, and which directory follows from it."""

from __future__ import annotations


import testtools

from nova_native_tls import exception
from nova_native_tls.pki import qemu_conf

#: As the package of a distribution has it, all but the section in between.
STOCK = """# Master configuration file for the QEMU driver.
# All settings described here are optional.

# Use of TLS requires that x509 certificates be issued.
#
# default_tls_x509_cert_dir = "/etc/pki/qemu"

#default_tls_x509_verify = 1

#cgroup_device_acl = [
#    "/dev/null", "/dev/full", "/dev/zero",
#    "/dev/random", "/dev/urandom"
#]
"""


class ParseTest(testtools.TestCase):
    """Settings that libvirt reads, and their values."""

    def _assert_value(self, expected: qemu_conf.Value, text: str) -> None:
        self.assertEqual({'a': expected}, dict(qemu_conf.parse(text)), text)

    def test_empty(self) -> None:
        """Nothing is set in an empty file, or one of comments."""
        for text in ('', '#', '# a = 1', '# a = 1\n\n\t \n', STOCK):
            self.assertEqual({}, dict(qemu_conf.parse(text)))

    def test_strings(self) -> None:
        """Quotes of either kind; nothing is escaped."""
        for text, expected in (
            ('a = "x y"', 'x y'),
            ("a = 'x y'\n", 'x y'),
            ('a=""\n', ''),
            ("a = ''\n", ''),
            ('a = "it\'s"\n', "it's"),
            ("a = '\"x\"'\n", '"x"'),
            ('a = "x\\n\\\\"\n', 'x\\n\\\\'),
            ('a = "#x;y"\n', '#x;y'),
            ('a = "[x]"\n', '[x]'),
            ('a = "ä"\n', 'ä'),
        ):
            self._assert_value(expected, text)

    def test_long_strings(self) -> None:
        """Three quotes go over lines, and hold single ones."""
        for text, expected in (
            ('a = """x"""\n', 'x'),
            ('a = """x\ny"""\n', 'x\ny'),
            ('a = """x"" y"""\n', 'x"" y'),
            ('a = """"x"""\n', '"x'),
            ('a = """"""\n', ''),
        ):
            self._assert_value(expected, text)

    def test_numbers(self) -> None:
        """Decimal, whatever they begin with."""
        for text, expected in (
            ('a = 1', 1),
            ('a = 0\n', 0),
            ('a = 007\n', 7),
            ('a = -5\n', -5),
            ('a = 61215\n', 61215),
        ):
            self._assert_value(expected, text)

    def test_lists(self) -> None:
        """Of strings, over as many lines as there are."""
        for text, expected in (
            ('a = []\n', ()),
            ('a = [\n]\n', ()),
            ('a = ["x"]\n', ('x',)),
            ('a = [ "x", \'y\' ]\n', ('x', 'y')),
            ('a = [\n  "x",\n\t"y"\n]\n', ('x', 'y')),
            ('a = ["x",]\n', ('x',)),
            ('a = [ "" ]\n', ('',)),
            ("a = ['', 'y']\n", ('', 'y')),
            ('a = ["x"\n,"y"]', ('x', 'y')),
        ):
            self._assert_value(expected, text)

    def test_blanks_and_comments(self) -> None:
        """Between all parts there may be blanks, at the end a comment."""
        for text in (
            'a="x"',
            '  a = "x"\n',
            '\ta\t=\t"x"\t\n',
            '\n\n\na = "x"\n\n \n',
            'a = "x"#comment\n',
            'a = "x" # a = "y"; b = 2\n',
            '# a = "y"\na = "x"',
            'a = "x";',
            'a = "x" ; \n',
        ):
            self._assert_value('x', text)

    def test_several_settings(self) -> None:
        """Each stands on a line of its own, or behind a semicolon."""
        expected = {'a': 1, 'B_2': 'x', 'c': ('y',)}
        for text in (
            'a = 1\nB_2 = "x"\nc = ["y"]\n',
            'a = 1;B_2 = "x" ; c = ["y"]',
            'a = 1 # one\n# two\n\nB_2 = "x"\n  c = ["y"] # three',
        ):
            self.assertEqual(expected, dict(qemu_conf.parse(text)))

    def test_set_twice(self) -> None:
        """The first counts, as for libvirt; case makes another name."""
        self.assertEqual(
            {'a': 1, 'A': 3},
            dict(qemu_conf.parse('a = 1\na = 2\nA = 3\na = "x"\n')),
        )


class RefusedTest(testtools.TestCase):
    """Files with which libvirt's daemon does not start."""

    def test_no_settings(self) -> None:
        """Not one of these is read as something else, or left out."""
        for text in (
            'a',
            'a\n= 1\n',
            'a =\n1\n',
            'a =',
            'a 1',
            '= 1',
            'a == 1',
            'a = yes\n',
            'a = true\n',
            'a = 0x10\n',
            'a = 1.5\n',
            'a = - 5\n',
            'a = -\n',
            'a = 1 2\n',
            'a = 5b\n',
            'a = "x" "y"\n',
            'a = "x"b = 1\n',
            'a = "x" // comment\n',
            'a = 1 \\\n',
            'a.b = 1\n',
            'ä = 1\n',
            '\ufeffa = 1\n',
            '[section]\na = 1\n',
            'include "x"\n',
            '\x0ba = 1\n',
        ):
            self.assertRaises(
                exception.QemuConfUnreadable, qemu_conf.parse, text
            )

    def test_unterminated(self) -> None:
        """A quote or bracket that is not closed."""
        for text in (
            'a = "x',
            'a = "x\n',
            'a = "x\n"\n',
            "a = 'x\n",
            'a = "x\'\n',
            'a = """x\n',
            'a = """x""\n',
            'a = """',
            'a = ["x"',
            'a = ["x",\nb = 1\n',
        ):
            self.assertRaises(
                exception.QemuConfUnreadable, qemu_conf.parse, text
            )

    def test_the_line_is_named(self) -> None:
        """Comments, and strings over lines, are counted."""
        for text, line in (
            ('no', 1),
            ('# x\n\na = 1\nno\n', 4),
            ('a = """\n\n"""\nno\n', 4),
            ('a = [\n"x"\n]\n\n\nno\n', 6),
        ):
            err = self.assertRaises(
                exception.QemuConfUnreadable, qemu_conf.parse, text
            )
            self.assertIn(f'line {line}:', str(err))
