"""The folders at the top, the symlinks that name them, and what pyproject.toml says of both."""

import ast
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

LINKED = ("harness", "regressions", "statemachine", "strategies")


@pytest.fixture(scope="session")
def pyproject(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_links_lead_to_the_folders(root: Path) -> None:
    for name in LINKED:
        link = root / "src" / "workerfuzz" / name
        assert link.is_dir(), (
            f"{link.relative_to(root)} is not a folder: this checkout has no symlinks; clone again "
            "on Linux or macOS with `git clone -c core.symlinks=true`"
        )


def test_the_links_are_committed_as_links(root: Path, files: list[Path]) -> None:
    names = [f"src/workerfuzz/{name}" for name in LINKED]
    assert {Path(name) for name in names} <= set(files)
    staged = subprocess.run(
        ["git", "ls-files", "--stage", "--", *names],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    modes = {line.split("\t")[1]: line.split()[0] for line in staged.stdout.splitlines()}
    assert {name: mode for name, mode in modes.items() if mode != "120000"} == {}


def test_src_holds_links_and_nothing_else_of_weight(files: list[Path]) -> None:
    inside = {str(path) for path in files if path.parts[0] == "src"}
    assert inside == {
        "src/workerfuzz/__init__.py",
        "src/workerfuzz/py.typed",
        *(f"src/workerfuzz/{name}" for name in LINKED),
    }


def test_the_listed_packages_are_those_of_the_tree(
    files: list[Path], pyproject: dict[str, Any]
) -> None:
    folders = {path.parent for path in files if path.suffix == ".py" and path.parts[0] in LINKED}
    folders.add(Path("regressions"))
    tree = {"workerfuzz", *(".".join(("workerfuzz", *folder.parts)) for folder in folders)}
    listed = pyproject["tool"]["setuptools"]["packages"]
    assert set(listed) == tree
    assert listed == sorted(listed)


def test_every_package_has_an_init(root: Path, pyproject: dict[str, Any]) -> None:
    for package in pyproject["tool"]["setuptools"]["packages"]:
        if package != "workerfuzz.regressions":  # no Python: cases are data
            assert (root / "src" / package.replace(".", "/") / "__init__.py").is_file()


def test_every_file_that_is_not_python_is_package_data(
    files: list[Path], pyproject: dict[str, Any]
) -> None:
    data = pyproject["tool"]["setuptools"]["package-data"]
    for path in files:
        if path.parts[0] in LINKED and path.suffix != ".py":
            patterns = {
                ".".join(("workerfuzz", *path.parts[:depth])): Path(*path.parts[depth:])
                for depth in range(1, len(path.parts))
            }
            assert any(
                fnmatch(str(rest), pattern)
                for package, rest in patterns.items()
                for pattern in data.get(package, ())
            ), f"{path} is in no pattern of [tool.setuptools.package-data]"


def test_entry_points_name_modules_that_exist(root: Path, pyproject: dict[str, Any]) -> None:
    project = pyproject["project"]
    groups = [project["scripts"], *project["entry-points"].values()]
    for target in (target for group in groups for target in group.values()):
        module, _, name = target.partition(":")
        path = root / "src" / module.replace(".", "/")
        source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        assert source.is_file(), target
        defined = ast.parse(source.read_text(encoding="utf-8")).body
        assert not name or name in {getattr(node, "name", None) for node in defined}, target


def test_every_dependency_says_what_it_is_for(root: Path) -> None:
    lists = ("dependencies = [", "dask = [", "report = [")
    within = False
    for line in (root / "pyproject.toml").read_text(encoding="utf-8").splitlines():
        within = line.startswith(lists) or (within and line != "]")
        if within and line.startswith('    "'):
            assert "  # " in line, line


def test_the_plugin_is_loaded_by_its_entry_point_alone(pyproject: dict[str, Any]) -> None:
    addopts = pyproject["tool"]["pytest"]["ini_options"]["addopts"]
    assert not [option for option in addopts if "workerfuzz" in option]
    assert "workerfuzz" in pyproject["project"]["entry-points"]["pytest11"]
