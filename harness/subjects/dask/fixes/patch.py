"""Functions of distributed with a few lines of their source changed, for as long as it is asked for.

The opposite of a mutant: what is planted is a fix. A function keeps its identity, since tables of
transitions and handlers hold it, and gets other code.
"""

import inspect
import linecache
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import CodeType, FunctionType
from typing import Final

from workerfuzz.harness.subjects.protocol import SubjectUnavailable

#: Flag of a compiler that takes annotations as text, as all modules of distributed have it.
_FUTURE: Final = ("annotations",)


@dataclass(frozen=True, slots=True)
class SourceChange:
    """A change of one place in the source of a function.

    Attributes:
        module: of distributed.
        function: its qualified name there.
        before: regular expression for the text that is replaced; it stands there once.
        after: the text instead of it; groups are referred to by number.
    """

    module: str
    function: str
    before: str
    after: str

    @property
    def place(self) -> str:
        return f"{self.module}.{self.function}"

    def found(self) -> FunctionType | None:
        """Return the function as it is installed; None where there is none of that name."""
        owner: object = import_module(f"distributed.{self.module}")
        for name in self.function.split("."):
            owner = inspect.getattr_static(owner, name, None)
        owner = inspect.unwrap(owner) if callable(owner) else getattr(owner, "__func__", None)
        return owner if isinstance(owner, FunctionType) else None

    def applied(self, source: str) -> str | None:
        """The source with the change; None where the text is not there, or not once."""
        changed, count = re.subn(self.before, self.after, source, flags=re.MULTILINE | re.DOTALL)
        return changed if count == 1 else None


@dataclass(frozen=True, slots=True)
class TrialFix:
    """A fix of one defect of distributed.

    Attributes:
        name: in kebab-case, says what is right with it; cases name it behind ``fix:``.
        sentence: the same for people.
        changes: of the source.
    """

    name: str
    sentence: str
    changes: tuple[SourceChange, ...]


@contextmanager
def fixed(fixes: Iterable[TrialFix]) -> Iterator[None]:
    """While this lasts, the distributed of this process has these fixes.

    Raises:
        SubjectUnavailable: one of them is not for the release that is installed.
    """
    codes = patched_codes(fixes)
    with ExitStack() as stack:
        for function, code in codes.items():
            stack.callback(setattr, function, "__code__", function.__code__)
            function.__code__ = code
        yield


def fits(fix: TrialFix) -> bool:
    """The installed release has the text that a fix changes."""
    try:
        patched_codes((fix,))
    except SubjectUnavailable:
        return False
    return True


def patched_codes(fixes: Iterable[TrialFix]) -> Mapping[FunctionType, CodeType]:
    """Return the code of each function that the fixes change together. Raises SubjectUnavailable."""
    sources: dict[FunctionType, str] = {}
    for fix in fixes:
        for change in fix.changes:
            function = change.found()
            source = sources.get(function) if function is not None else None
            if function is not None and source is None:
                source = textwrap.dedent(inspect.getsource(function))
            changed = change.applied(source) if source is not None else None
            if function is None or changed is None:
                raise SubjectUnavailable(
                    f'trial fix "{fix.name}" does not fit this distributed: {change.place} differs'
                )
            sources[function] = changed
    return {function: compiled(function, source) for function, source in sources.items()}


def compiled(function: FunctionType, source: str) -> CodeType:
    """Return the code of a changed function; its lines are shown in tracebacks."""
    name = f"<trial fix of {function.__module__}.{function.__qualname__}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    free = function.__code__.co_freevars
    if free:  # the class of a method that calls super()
        head = "".join(f" {name} = None\n" for name in free)
        source = f"def closure():\n{head}{textwrap.indent(source, ' ')}"
    future = sys.modules["__future__"]
    flags = sum(getattr(future, literal).compiler_flag for literal in _FUTURE)
    return next(codes_of(compile(source, name, "exec", flags, dont_inherit=True), function))


def codes_of(code: CodeType, function: FunctionType) -> Iterator[CodeType]:
    """Yield the code of a function within that of a module."""
    for const in code.co_consts:
        if isinstance(const, CodeType):
            if const.co_name == function.__name__:
                yield const
            yield from codes_of(const, function)
