"""Only ``harness/subjects`` knows subjects by their names: elsewhere they declare what they can do."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

#: Names of our own subjects.
NAMES = {"reference", "dask"}


def named(node: ast.AST) -> bool:
    """The expression is the name of a subject, or a display of several things that has one."""
    if isinstance(node, ast.Constant):
        return node.value in NAMES if isinstance(node.value, str) else False
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(map(named, node.elts))
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "frozenset":
        return any(map(named, node.args))
    return False


def constants(tree: ast.AST) -> Iterator[str]:
    """Constants of a module, in upper case, that are names of subjects."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value and named(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (
                expr.id for expr in targets if isinstance(expr, ast.Name) and expr.id.isupper()
            )


def comparisons(tree: ast.AST, known: set[str]) -> Iterator[int]:
    """Lines that compare something with the name of a subject, or with a constant that is one."""

    def is_name(node: ast.AST) -> bool:
        return named(node) or any(
            (isinstance(child, ast.Name) and child.id in known)
            or (isinstance(child, ast.Attribute) and child.attr in known)
            for child in ast.walk(node)
        )

    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            if any(map(is_name, [node.left, *node.comparators])):
                yield node.lineno
        elif isinstance(node, ast.match_case):
            yield from (
                child.value.lineno
                for child in ast.walk(node.pattern)
                if isinstance(child, ast.MatchValue) and is_name(child.value)
            )
        elif isinstance(node, ast.Dict):
            yield from (key.lineno for key in node.keys if key is not None and named(key))


def compared(modules: dict[Path, str]) -> list[str]:
    """Such lines of the package, outside of the folder that may have them."""
    package = {
        path: ast.parse(text)
        for path, text in modules.items()
        if path.parts[0] in {"harness", "strategies", "statemachine"}
        and path.parts[:2] != ("harness", "subjects")
    }
    known = {name for tree in package.values() for name in constants(tree)} - {"DEFAULT"}
    return [f"{path}:{line}" for path, tree in package.items() for line in comparisons(tree, known)]


def test_no_module_compares_with_the_name_of_a_subject(modules: dict[Path, str]) -> None:
    assert compared(modules) == []


@pytest.mark.parametrize(
    "text",
    [
        'if subject.name == "dask": pass',
        'if name not in ("reference", "x"): pass',
        'DASK: str = "dask"\nif name != DASK: pass',
        'from other import constants\nOURS = frozenset({"dask"})\nname in constants.OURS',
        'match name:\n    case "dask" | "x": pass',
        'WAYS = {"dask": 1}',
    ],
)
def test_comparisons_of_all_kinds_are_found(text: str) -> None:
    assert len(compared({Path("harness/cli/some.py"): text})) == 1
    assert compared({Path("harness/subjects/some.py"): text}) == []
