"""The commands that people and machines are told to run are the same ones."""

import configparser
import os
import re
import subprocess
from pathlib import Path

import pytest

FENCE = re.compile(r"^```(?:sh|console)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def first_commands(root: Path) -> list[str]:
    """The commands of README's first example, one per line."""
    readme = (root / "README.md").read_text(encoding="utf-8")
    example = FENCE.search(readme)
    assert example is not None
    return [line for line in example.group(1).splitlines() if line and not line.startswith("#")]


def test_ci_runs_the_second_command_of_the_readme(root: Path) -> None:
    _, second = first_commands(root)[:2]
    script = (root / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert script[-1] == second


def test_ci_is_a_strict_program(root: Path) -> None:
    script = root / ".ci" / "run"
    assert os.access(script, os.X_OK)
    lines = script.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines


#: Stands for ``python3 -m venv FOLDER``: an environment whose tox prints where it looks for Pythons.
MAKE_ENVIRONMENT = """\
#!/bin/sh
mkdir -p "$3/bin"
echo 'PATH="'"$3"'/bin:$PATH"' > "$3/bin/activate"
printf '#!/bin/sh\\n' > "$3/bin/pip"
printf '#!/bin/sh\\necho "$@"; echo "$PATH"\\n' > "$3/bin/tox"
chmod +x "$3/bin/pip" "$3/bin/tox"
"""

#: Stands for ``pyenv``.
PYENV = """\
#!/bin/sh
[ "$1" = root ] && echo /pyenv || printf '%s\\n' 2.7.18 3.9.18 3.12.1 3.13.0 3.13.0t pypy3.10-7.3
"""


@pytest.mark.parametrize(
    ("programs", "pythons"),
    [
        ({}, []),
        ({"pyenv": PYENV}, ["/pyenv/versions/3.13.0/bin", "/pyenv/versions/3.12.1/bin"]),
        ({"pyenv": "#!/bin/sh\n"}, []),
    ],
    ids=["no pyenv", "pyenv", "an empty pyenv"],
)
def test_ci_finds_the_pythons_of_pyenv(
    root: Path, tmp_path: Path, programs: dict[str, str], pythons: list[str]
) -> None:
    for name, text in {"python3": MAKE_ENVIRONMENT, "chromium": "#!/bin/sh\n", **programs}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    system = f"{tmp_path}:/usr/bin:/bin"
    done = subprocess.run(
        [root / ".ci" / "run"], env={"PATH": system}, capture_output=True, text=True, check=True
    )
    arguments, path = done.stdout.splitlines()
    assert arguments == "-p auto"
    own, *rest = path.removesuffix(f":{system}").split(":")
    assert own.endswith("/bin")
    assert [name for name in rest if name != own] == pythons


def test_the_workflow_runs_the_same_program(root: Path) -> None:
    workflow = (root / ".github" / "workflows" / "checks.yml").read_text(encoding="utf-8")
    assert "bash .ci/run" in workflow


def test_tox_runs_every_check_and_says_what_each_is(root: Path) -> None:
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(root / "tox.ini", encoding="utf-8")
    listed = tox["tox"]["env_list"].split()
    assert {"lint", "typing", "layers", "mutants", "py311", "bare", "docs", "package"} < {*listed}
    described = {name for name in listed if not re.fullmatch(r"py31[23]", name)}
    assert [name for name in described if "description" not in tox[f"testenv:{name}"]] == []


def test_all_tests_run_with_dask(root: Path) -> None:
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(root / "tox.ini", encoding="utf-8")
    assert tox["testenv:py311"]["extras"] == "dask"
    assert (
        tox["testenv:py311"]["commands"] == 'pytest -n auto --dist loadfile -m "not slow" {posargs}'
    )
    assert "extras" not in tox["testenv:bare"]
