"""The part of a template that a test needs: a definition that nobody uses is left out."""

import ast
import functools
from collections.abc import Iterator
from importlib.resources import files
from typing import Final

#: The class of a template whose methods are left out one by one; elsewhere they override others.
SHAKEN: Final = "Cluster"

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@functools.cache
def template(name: str) -> str:
    return (files("workerfuzz.harness.cases.export") / "templates" / name).read_text(
        encoding="utf-8"
    )


def needed(source: str, body: str) -> str:
    """The definitions and imports of a source that a body needs, directly or not."""
    tree, lines = ast.parse(source), source.splitlines()
    used = names(ast.parse(body))
    while True:
        kept = list(parts(tree, used))
        more = used.union(*(names(part) for part in kept))
        if more == used:
            break
        used = more
    inside = {id(part) for part in kept}
    text: list[str] = []
    for part in tree.body:
        if id(part) not in inside:
            continue
        if isinstance(part, ast.ClassDef) and part.name == SHAKEN:
            methods = [span(lines, stmt) for stmt in part.body if id(stmt) in inside]
            text.append("\n\n".join([f"class {SHAKEN}:", *methods]).replace(":\n\n", ":\n", 1))
        else:
            text.append(span(lines, part))
    return layout(text)


def parts(tree: ast.Module, used: set[str]) -> Iterator[ast.AST]:
    """Return the names that are used, of top-level statements and methods of ``SHAKEN`` alike."""
    for part in tree.body:
        if not used.isdisjoint(bound(part)):
            yield part
            if isinstance(part, ast.ClassDef) and part.name == SHAKEN:
                yield from (stmt for stmt in part.body if used_method(stmt, used))


def used_method(part: ast.stmt, used: set[str]) -> bool:
    if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
        return part.name.startswith("__") or part.name in used
    return True  # its docstring


def bound(part: ast.stmt) -> Iterator[str]:
    """Names that a top-level statement gives a meaning."""
    if isinstance(part, Definition):
        yield part.name
    elif isinstance(part, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in part.names)
    else:
        yield from (
            name
            for inner in ast.walk(part)
            if isinstance(inner, ast.ImportFrom | ast.Import)
            for name in bound(inner)
        )


def names(tree: ast.AST) -> set[str]:
    """Return the names in a tree; of ``SHAKEN`` only its own, since its methods count apart."""
    if isinstance(tree, ast.ClassDef) and tree.name == SHAKEN:
        return set()
    return {
        node.id if isinstance(node, ast.Name) else node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute)
    }


def span(lines: list[str], part: ast.stmt) -> str:
    """A statement as it is written, decorators included."""
    decorators = [decorator.lineno for decorator in getattr(part, "decorator_list", ())]
    first = min([part.lineno, *decorators])
    return "\n".join(lines[first - 1 : part.end_lineno])


def layout(parts: list[str]) -> str:
    """Two empty lines around definitions, none between imports of a kind."""
    imports = [part for part in parts if part.startswith(("import ", "from "))]
    ours = [statement for statement in imports if "distributed" in statement]
    rest = [part for part in parts if part not in imports]
    return (
        "\n".join([*(statement for statement in imports if statement not in ours), "", *ours])
        + "\n\n"
        + "\n\n\n".join(rest)
    )
