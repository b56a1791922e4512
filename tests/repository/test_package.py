"""Wheel, sdist and editable install: complete, equal, and working in a fresh environment."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

LINKED = ("harness", "regressions", "statemachine", "strategies")
NOT_SHIPPED = ("dist-info/", ".egg-info/", "PKG-INFO", "setup.cfg")


def run(*command: str | Path, cwd: Path, expect: int = 0) -> str:
    """Output of a program; it is the message where the status is not as expected."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ended = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert ended.returncode == expect, f"{' '.join(map(str, command))}\n{ended.stdout}"
    return ended.stdout


def build(tree: Path, into: Path, kind: str, *, isolated: bool = False) -> Path:
    """Build a ``wheel`` or an ``sdist`` of a source tree, as a maintainer does where isolated."""
    options = ["--outdir", into, *([] if isolated else ["--no-isolation"])]
    run(sys.executable, "-m", "build", f"--{kind}", *options, tree, cwd=into)
    (built,) = into.iterdir()
    return built


@pytest.fixture(scope="module")
def checkout(
    root: Path, files: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Path]:
    """Makes a copy of the repository as a fresh clone has it, links included."""

    def copy() -> Path:
        target = tmp_path_factory.mktemp("checkout")
        for path in files:
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / path, target / path, follow_symlinks=False)
        return target

    return copy


@dataclass(frozen=True, slots=True)
class Built:
    tree: Path
    wheel: Path
    sdist: Path
    wheel_of_sdist: Path


@pytest.fixture(scope="module")
def built(checkout: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory) -> Built:
    tree = checkout()
    sdist = build(tree, tmp_path_factory.mktemp("sdist"), "sdist", isolated=True)
    unpacked = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(unpacked, filter="data")
    return Built(
        tree=tree,
        wheel=build(tree, tmp_path_factory.mktemp("wheel"), "wheel", isolated=True),
        sdist=sdist,
        wheel_of_sdist=build(
            next(unpacked.iterdir()), tmp_path_factory.mktemp("again"), "wheel", isolated=True
        ),
    )


def content(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def shipped(files: list[Path]) -> set[str]:
    """Paths of the files of the repository within the wheel."""
    inside = {f"workerfuzz/{path}" for path in files if path.parts[0] in LINKED}
    return inside | {"workerfuzz/__init__.py", "workerfuzz/py.typed"}


def test_every_file_of_the_wheel_is_accounted_for(built: Built, files: list[Path]) -> None:
    inside = {name for name in content(built.wheel) if ".dist-info/" not in name}
    assert inside == shipped(files)


def test_sdist_has_every_file_of_the_repository(built: Built, files: list[Path]) -> None:
    with tarfile.open(built.sdist) as archive:
        names = [
            member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()
        ]
    links = {f"src/workerfuzz/{name}" for name in LINKED}
    expected = {
        f"src/workerfuzz/{path}" if path.parts[0] in LINKED else str(path)
        for path in files
        if str(path) not in links
    }
    generated = {name for name in names if any(part in name for part in NOT_SHIPPED)}
    assert set(names) - generated == expected


def test_wheel_of_the_sdist_is_that_of_the_tree(built: Built) -> None:
    assert content(built.wheel_of_sdist) == content(built.wheel)


def test_what_was_deleted_leaves_the_wheel(
    checkout: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    tree = checkout()
    passing = tree / "strategies" / "passing.py"
    passing.write_text('"""Here today."""\n', encoding="utf-8")
    before = build(tree, tmp_path_factory.mktemp("before"), "wheel")
    passing.unlink()
    after = build(tree, tmp_path_factory.mktemp("after"), "wheel")
    assert content(before).keys() - content(after).keys() == {"workerfuzz/strategies/passing.py"}


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_build_without_symlinks_says_so_in_one_sentence(
    checkout: Callable[[], Path], tmp_path: Path, kind: str
) -> None:
    tree = checkout()
    for name in LINKED:  # as git writes them with core.symlinks=false
        link = tree / "src" / "workerfuzz" / name
        target = link.readlink()
        link.unlink()
        link.write_text(str(target), encoding="utf-8")
    text = run(
        sys.executable, "-m", "build", "--no-isolation", f"--{kind}", tree, cwd=tmp_path, expect=1
    )
    assert (
        "workerfuzz: src/workerfuzz/harness is not a folder: this checkout has no symlinks; "
        "clone again on Linux or macOS with `git clone -c core.symlinks=true`.\n"
    ) in text
    assert "Traceback" not in text


CASE = """\
workerfuzz-case 1
title: a task without inputs runs at once
scope: worker
subject: reference

> compute-task x
"""


@pytest.mark.parametrize(
    ("artifact", "neighbour"),
    [("wheel", "after"), ("sdist", "before"), ("editable", "after")],
)
def test_install_works_beside_python_statemachine(
    built: Built, tmp_path: Path, artifact: str, neighbour: str
) -> None:
    bin_ = tmp_path / "environment" / "bin"
    run(sys.executable, "-m", "venv", bin_.parent, cwd=tmp_path)
    ours = {"wheel": [built.wheel], "sdist": [built.sdist], "editable": ["--editable", built.tree]}
    orders = {"before": (["python-statemachine"], ours[artifact])}
    orders["after"] = (ours[artifact], ["python-statemachine"])
    for packages in orders[neighbour]:
        run(bin_ / "python", "-m", "pip", "install", "-q", *packages, cwd=tmp_path)

    imports = (
        "import statemachine, workerfuzz.statemachine, workerfuzz.harness.cli;"
        "statemachine.StateMachine; print(statemachine.__file__, workerfuzz.statemachine.__file__)"
    )
    theirs, own = run(bin_ / "python", "-c", imports, cwd=tmp_path).split()
    assert Path(theirs).parent.name == Path(own).parent.name == "statemachine"
    assert theirs != own

    assert "replay" in run(bin_ / "workerfuzz", "--help", cwd=tmp_path)
    (tmp_path / "0001-runs.case").write_text(CASE, encoding="utf-8")
    assert "1 as written" in run(bin_ / "workerfuzz", "replay", "0001-runs.case", cwd=tmp_path)
    text = run(bin_ / "pytest", "--trace-config", "0001-runs.case", cwd=tmp_path)
    assert "-".join(built.wheel.name.split("-")[:2]) in text  # the plugin, among the registered
    assert "1 passed" in text
