"""Properties judge the models by tables: they neither import nor call what decides."""

import ast
import importlib
import inspect
import pkgutil
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter.configuration import configure
from importlinter.contracts.forbidden import ForbiddenContract

from workerfuzz import statemachine
from workerfuzz.statemachine.properties import property as property_module

PACKAGE = statemachine.__name__
PROPERTIES = property_module.__name__.rpartition(".")[0]
CONTRACT = "properties never import what decides"

#: Modules of the models that properties may import: states, records, messages, sizes, and no more.
DATA = {
    "scheduler": {
        "client_requests", "config", "messages", "participants", "scheduler_state", "states", "task",
    },
    "worker": {
        "config", "edges", "errors", "event_record", "events", "instructions", "journal", "queue",
        "states", "task", "worker_state",
    },
}  # fmt: skip

#: Methods of records that properties may call, and why they decide nothing.
READERS = {
    "was": "a field before the event, from the journal of writes",
    "replaced": "a field before its last write, from the journal of writes",
    "lost": "items that a dict lost in the event, from the journal of writes",
    "told": "instructions of the event, by kind",
    "keys_told": "keys that instructions of the event name, by kind",
}

#: Shared with containers, or with the views that subjects offer: the name alone says nothing.
AMBIGUOUS = {
    "add", "append", "copy", "drop", "holders", "keys", "next", "previous", "remove", "residue", "set",
    "state",
}  # fmt: skip


def contract(root: Path) -> dict[str, Any]:
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    contracts = tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    (found,) = [contract for contract in contracts if contract["name"] == CONTRACT]
    return found


def is_kept(root: Path, graph: grimp.ImportGraph) -> bool:
    options = contract(root)
    checked = ForbiddenContract(CONTRACT, {"root_packages": ["workerfuzz"]}, options)
    return checked.check(deepcopy(graph), verbose=False).kept  # a check takes out what it ignores


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    configure()
    return grimp.build_graph("workerfuzz", cache_dir=None)


def modules_of(model: str) -> Iterator[str]:
    package = importlib.import_module(f"{PACKAGE}.{model}")
    for module in pkgutil.iter_modules(package.__path__):
        yield module.name


def deciding() -> list[str]:
    return [
        f"{PACKAGE}.{model}.{name}"
        for model, data in DATA.items()
        for name in modules_of(model)
        if name not in data
    ]


def test_every_module_of_the_models_is_data_or_decides(root: Path) -> None:
    assert contract(root)["forbidden_modules"] == deciding()


def test_data_is_there() -> None:
    for model, data in DATA.items():
        assert data <= set(modules_of(model))


@pytest.mark.parametrize("decides", deciding())
def test_importing_what_decides_breaks_the_contract(
    root: Path, graph: grimp.ImportGraph, decides: str
) -> None:
    importer = f"{PROPERTIES}.records"
    assert is_kept(root, graph)
    graph.add_import(importer=importer, imported=decides)
    try:
        assert not is_kept(root, graph)
    finally:
        graph.remove_import(importer=importer, imported=decides)


# Calls


def property_sources(modules: dict[Path, str]) -> Iterator[tuple[Path, ast.Module]]:
    for path, text in modules.items():
        if path.parts[:2] == ("statemachine", "properties"):
            yield path, ast.parse(text)


def members() -> tuple[set[str], set[str]]:
    """Names of the models' methods, and of computed attributes that are data of none of them."""
    methods: set[str] = set()
    attributes: set[str] = set()
    data: set[str] = set()
    for model, names in DATA.items():
        for name in names:
            module = importlib.import_module(f"{PACKAGE}.{model}.{name}")
            for _, kind in inspect.getmembers(module, inspect.isclass):
                if kind.__module__ != module.__name__:
                    continue
                data |= inspect.get_annotations(kind).keys()
                for member, value in vars(kind).items():
                    if inspect.isfunction(value) and not member.startswith("_"):
                        methods.add(member)
                    elif isinstance(value, property):
                        attributes.add(member)
    return methods, attributes - data


def asked(tree: ast.Module) -> set[str]:
    """Names of methods that a module calls on the models, and of attributes that they compute."""
    methods, attributes = members()
    read = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    called = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    return (read & attributes | called & methods) - READERS.keys() - AMBIGUOUS


def test_properties_call_nothing_of_the_models(modules: dict[Path, str]) -> None:
    found = {f"{path}: {name}" for path, tree in property_sources(modules) for name in asked(tree)}
    assert found == set()


def test_a_property_that_asks_the_model_is_noticed() -> None:
    asks = ast.parse(
        "def check(worker, task):\n    return worker.inputs_are_here(task) or task.role"
    )
    assert asked(asks) == {"inputs_are_here", "role"}


def test_properties_import_no_function_of_the_models(modules: dict[Path, str]) -> None:
    functions = {
        f"{path}: {alias.name}"
        for path, tree in property_sources(modules)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module is not None
        if node.module.startswith((f"{PACKAGE}.worker", f"{PACKAGE}.scheduler"))
        for alias in node.names
        if inspect.isfunction(getattr(importlib.import_module(node.module), alias.name, None))
    }
    assert functions == set()


def test_every_reader_is_used(modules: dict[Path, str]) -> None:
    used = {
        node.attr
        for _, tree in property_sources(modules)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
    }
    assert READERS.keys() <= used
