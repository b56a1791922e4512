"""Plants a generated mutant: the changed module is compiled in memory in place of the original.

Standard library only: this runs in a process that has not imported what it changes. Nothing is
written to the disk, and no compiled file of the original is read.
"""

import ast
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

from workerfuzz.harness.campaigns.mutation_testing.mutant import (
    CodeUnderTest,
    modules_of,
    mutants_in,
)


class NoSuchMutant(Exception):
    """The code has no mutant of that id: it changed since the id was noted."""


class MutantFinder(MetaPathFinder):
    """Finds one module, and gives it the changed code."""

    def __init__(self, name: str, code: CodeType) -> None:
        self.name = name
        self.code = code

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of the module as it is found elsewhere, with a loader of our own."""
        if name != self.name:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = MutantLoader(name, spec.origin, self.code)
        return spec


class MutantLoader(SourceFileLoader):
    """Loads the changed code; its source, which tracebacks show, is that of the original."""

    def __init__(self, name: str, path: str, code: CodeType) -> None:
        super().__init__(name, path)
        self.changed = code

    def get_code(self, fullname: str) -> CodeType:
        return self.changed


def plant(target: CodeUnderTest, module: str, wanted: str) -> None:
    """Have a mutant in place of its module, in this process, for ever.

    Raises:
        NoSuchMutant: there is none with that id.
        NoSource: the code that is to be changed is not there.
    """
    code = compiled(target, module, wanted)
    assert module not in sys.modules, f"{module} was imported before its mutant was planted"
    sys.meta_path.insert(0, MutantFinder(module, code))


def compiled(target: CodeUnderTest, module: str, wanted: str) -> CodeType:
    """Code of a module with one of its mutants. Raises NoSuchMutant, NoSource."""
    for name, path in modules_of(target):
        if name != module:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for mutant, change in mutants_in(target, module, path, tree):
            if mutant.id == wanted:
                change.make()
                return compile(tree, str(path), "exec", dont_inherit=True)
    raise NoSuchMutant(f"{module} has no mutant {wanted}; its code may have changed")
