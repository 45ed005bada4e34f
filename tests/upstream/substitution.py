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

"""Put a subclass in the place of a class, before tests are imported.

Nova's tests know ``nova.virt.libvirt.driver.LibvirtDriver`` by its name:
they make one, patch its methods and use the constants beside it. So it is
the name that is given to the subclass.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Sequence
import dataclasses
import functools
import importlib
import importlib.abc
import importlib.machinery
import inspect
import sys
import types
from typing import Any


class SubstitutionError(Exception):
    """A class cannot take the place; the message says why."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a class is defined, and which packages offer it as well."""

    module: str
    name: str
    also_in: Sequence[str] = ()


LIBVIRT_DRIVER = Place(
    module='nova.virt.libvirt.driver',
    name='LibvirtDriver',
    also_in=('nova.virt.libvirt',),
)


def dotted_name(cls: type) -> str:
    """The name of a class with that of its module."""
    return f'{cls.__module__}.{cls.__qualname__}'


def load_class(spec: str) -> type:
    """Import what ``MODULE:CLASS`` names.

    :raises SubstitutionError: there is no such class.
    """
    module_name, _colon, name = spec.partition(':')
    try:
        loaded = getattr(importlib.import_module(module_name), name)
    except (ImportError, ValueError, AttributeError) as err:
        raise SubstitutionError(
            f'Cannot load the class {spec!r}, written MODULE:CLASS: {err}'
        ) from err
    if not isinstance(loaded, type):
        raise SubstitutionError(f'{spec} is not a class')
    return loaded


def original(place: Place) -> type:
    """Import the class that is at a place now."""
    return load_class(f'{place.module}:{place.name}')


def expect(place: Place) -> None:
    """Prepare for :func:`substitute`, before the place's module is loaded.

    Its source is changed on the way, see :class:`_PlainSuper`.

    :raises SubstitutionError: the module is loaded already.
    """
    if place.module in sys.modules:
        raise SubstitutionError(
            f'{place.module} was imported too early to be substituted'
        )
    sys.meta_path.insert(0, _Finder(place))


def substitute(place: Place, spec: str) -> type:
    """Give the name of a class to the subclass that ``spec`` names.

    :func:`expect` comes first. Cannot be taken back.

    :param spec: ``MODULE:CLASS`` of the subclass.
    :returns: the subclass.
    :raises SubstitutionError: there is no such class, or it is no subclass.
    """
    base = original(place)
    loader = sys.modules[place.module].__loader__
    if not isinstance(loader, _Loader):
        raise SubstitutionError(f'{place.module} was not expected')
    subclass = load_class(spec)
    if subclass is base or not issubclass(subclass, base):
        raise SubstitutionError(f'{spec} is no subclass of {place.name}')
    _own_static_methods(subclass)
    for module in (place.module, *place.also_in):
        setattr(importlib.import_module(module), place.name, subclass)
    return subclass


def count_instances(base: type, count: Callable[[str], None]) -> None:
    """Report the class of each object that is made of a class or below it.

    :param count: is called with the dotted name of the object's own class.
    """
    initialise = base.__init__  # type: ignore[misc]

    @functools.wraps(initialise)
    def counted(self: Any, *args: Any, **kwargs: Any) -> None:
        count(dotted_name(type(self)))
        initialise(self, *args, **kwargs)

    base.__init__ = counted  # type: ignore[misc]


def _own_static_methods(subclass: type) -> None:
    """Make inherited static methods the subclass's own.

    fixtures.MonkeyPatch, which Nova's tests use, looks for a static method
    in the class itself only and would put back a bound method.
    """
    for name in dir(subclass):
        found = inspect.getattr_static(subclass, name)
        if isinstance(found, staticmethod) and name not in vars(subclass):
            setattr(subclass, name, found)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds one module, to be loaded by :class:`_Loader`."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: types.ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._place.module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin, self._place.name)
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    """Compiles a source in which one class says plain ``super()``."""

    def __init__(self, fullname: str, path: str, class_name: str) -> None:
        super().__init__(fullname, path)
        self._class_name = class_name

    def get_code(self, fullname: str) -> types.CodeType:
        # Not the method of the base class: that one takes the bytecode of
        # the unchanged source, and would leave ours for others.
        tree = ast.parse(self.get_data(self.path), self.path)
        rewrite = _PlainSuper(self._class_name)
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                if node.name == self._class_name:
                    rewrite.visit(node)
        return compile(tree, self.path, 'exec', dont_inherit=True)


class _PlainSuper(ast.NodeTransformer):
    """``super(NAME, self)`` becomes ``super()`` in the class of that name.

    Both mean the same as long as the name is that of the class. When it
    belongs to a subclass, the first calls itself without end (Nova 29 to
    32, ``LibvirtDriver.__init__``).
    """

    def __init__(self, class_name: str) -> None:
        self._class_name = class_name

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.Call(
                func=ast.Name(id='super'),
                args=[ast.Name(id=self._class_name), ast.Name()],
            ):
                node.args = []
        return node
