"""Every example of the README and of the docs is run, in the order in which a reader would."""

import doctest
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages.fences import Fence, fences

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
CHECKER = doctest.OutputChecker()
#: Says of a page that its reader stands in a checkout.
IN_A_CHECKOUT = "<!-- examples run in a checkout -->"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def environment(folder: Path) -> dict[str, str]:
    """Environment of a reader: the commands of this one, and nothing that tests set."""
    programs = str(Path(sys.executable).parent)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    kept.pop("PYTHONHASHSEED", None)
    return kept | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def run(command: str, folder: Path) -> tuple[int, str]:
    """Exit status, and everything that was printed."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Of a console: each command, and what it prints; ``...`` stands for anything."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        count = (
            next((number for number, line in enumerate(lines) if not line.endswith("\\")), 0) + 1
        )
        yield "\n".join(lines[:count]), "".join(f"{line}\n" for line in lines[count:])


def try_out(fence: Fence, folder: Path, place: str) -> None:
    """Do what a block says."""
    if fence.file:
        path = folder / fence.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(fence.text, encoding="utf-8")
    elif fence.language == "python":
        (folder / "example.py").write_text(fence.text, encoding="utf-8")
        status, text = run("python example.py", folder)
        assert status == fence.status, f"{place}: {text}"
    elif fence.language == "console":
        listed = list(commands(fence.text))
        for number, (command, expected) in enumerate(listed, 1):
            status, text = run(command, folder)
            assert status == (fence.status if number == len(listed) else 0), f"{place}: {text}"
            assert CHECKER.check_output(expected, text, FLAGS), f"{place}: $ {command}\n{text}"
    else:
        status, text = run(fence.text, folder)
        assert status == fence.status, f"{place}: {text}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_examples_of_a_page_run(page: Path, tmp_path: Path) -> None:
    if IN_A_CHECKOUT in page.read_text(encoding="utf-8"):
        shutil.copytree(ROOT / "regressions", tmp_path / "regressions")
    for fence in fences(page):
        if not fence.skip:
            try_out(fence, tmp_path, f"{page.relative_to(ROOT)}:{fence.line}")


def test_an_example_that_is_left_out_says_why() -> None:
    reasons = [fence.skip for page in PAGES for fence in fences(page) if fence.skip]
    assert [reason for reason in reasons if len(reason.split()) < 3] == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("```sh\nfalse\n```\n", "page.md:1"),
        ("\n```sh status=1\ntrue\n```\n", "page.md:2"),
        ("```console\n$ echo a\nb\n```\n", r"\$ echo a"),
        ("```python\nraise SystemExit(1)\n```\n", "page.md:1"),
    ],
)
def test_an_example_that_is_wrong_is_seen(tmp_path: Path, text: str, problem: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    (fence,) = fences(page)
    with pytest.raises(AssertionError, match=problem):
        try_out(fence, tmp_path, f"page.md:{fence.line}")


def test_examples_build_on_each_other(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```python file=one.py\nONE = 1\n```\n"
        "```python\nfrom one import ONE\nassert ONE == 1\n```\n"
        "```console\n$ echo a; \\\n  echo b\na\n...\n```\n",
        encoding="utf-8",
    )
    for fence in fences(page):
        try_out(fence, tmp_path, "page.md")
