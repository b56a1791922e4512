"""Fixtures of the tests of the repository: its root, and the files that belong to it."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of pyproject.toml: a checkout, or an unpacked sdist."""
    return ROOT


@pytest.fixture(scope="session")
def files(root: Path) -> list[Path]:
    """Every file of the repository, relative to its root: tracked, or about to be."""
    if not (root / ".git").exists():
        pytest.skip("not a checkout: git cannot say which files belong to the repository")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    names = {Path(name) for name in listed.stdout.split("\0") if name}
    return sorted(name for name in names if (root / name).exists() or (root / name).is_symlink())


@pytest.fixture(scope="session")
def texts(root: Path, files: list[Path]) -> dict[Path, str]:
    """The files that are text, and what they say; symlinks are left out."""
    found = {}
    for path in files:
        if (root / path).is_file() and not (root / path).is_symlink():
            try:
                found[path] = (root / path).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
    return found


@pytest.fixture(scope="session")
def modules(texts: dict[Path, str]) -> dict[Path, str]:
    """The Python files, and what they say."""
    return {path: text for path, text in texts.items() if path.suffix == ".py"}
