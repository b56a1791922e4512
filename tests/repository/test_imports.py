"""Imports that each folder may have, where import-linter would need every name spelled out."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

#: Beside the standard library and ourselves.
MAY_IMPORT = {
    "statemachine": set(),
    "strategies": {"hypothesis"},
    "setup.py": {"setuptools"},
}


def imported(tree: ast.AST) -> Iterator[str]:
    """The first word of every absolute import, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module.partition(".")[0]


def test_models_and_steps_need_next_to_nothing(modules: dict[Path, str]) -> None:
    foreign = {
        str(path): strangers
        for path, text in modules.items()
        if path.parts[0] in MAY_IMPORT
        if (
            strangers := set(imported(ast.parse(text)))
            - sys.stdlib_module_names
            - MAY_IMPORT[path.parts[0]]
            - {"workerfuzz"}
        )
    }
    assert foreign == {}


def test_cases_are_data(files: list[Path]) -> None:
    assert [path for path in files if path.parts[0] == "regressions" and path.suffix == ".py"] == []


def test_tests_and_benchmarks_import_the_installed_name(modules: dict[Path, str]) -> None:
    folders = {"harness", "regressions", "statemachine", "strategies"}
    wrong = {str(path) for path, text in modules.items() if folders & {*imported(ast.parse(text))}}
    assert wrong == set()


def test_only_its_own_modules_know_dask(modules: dict[Path, str]) -> None:
    others = {
        str(path)
        for path, text in modules.items()
        if path.parts[:2] == ("harness", "subjects") and path.parts[2] != "dask"
        if {"dask", "distributed"} & {*imported(ast.parse(text))}
    }
    assert others == set()
