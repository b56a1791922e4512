"""Fixtures of the command line, and of nights."""

from collections.abc import Callable
from pathlib import Path

import pytest

from workerfuzz.harness import cli
from workerfuzz.harness.campaigns.nightly import validity


@pytest.fixture
def say(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    """Runs a command; exit status, what it printed, what it complained of."""
    monkeypatch.chdir(tmp_path)

    def say(*arguments: str) -> tuple[int, str, str]:
        status = cli.run_command(arguments)
        return status, *capsys.readouterr()

    return say


@pytest.fixture
def short_canaries(monkeypatch: pytest.MonkeyPatch) -> None:
    """The canary of a night has few runs; how many it takes is tested beside it."""
    monkeypatch.setattr(validity, "RUNS", 8)
