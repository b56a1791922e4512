"""One command measures all parts, or those that are named; searches that were made are kept."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("distributed")

Import = Callable[[str], ModuleType]

MUTANT = "resources-are-not-taken"


@pytest.fixture(autouse=True)
def order_of_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command need not begin again."""
    monkeypatch.setenv("PYTHONHASHSEED", "0")


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_parts_can_be_measured_alone(
    benchmark_module: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--only", "engine", "carriers", "--runs", "1", "--turns", "1", "--tiny", "2"]
    benchmark_module("campaigns").main(options)
    lines = said(capsys)
    assert lines[0].split() == ["carried", "shards", "ms", "a", "shard"]
    assert any(line.startswith("engine on an empty world: us a step") for line in lines)
    assert lines[-1].endswith("of 1 aims are reached")


def test_searches_are_kept_and_not_made_again(
    benchmark_module: Import,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    campaigns, keep = benchmark_module("campaigns"), tmp_path / "kept"
    options = [
        "--only", "found", "--scopes", "worker", "--mutants", MUTANT, "--seeds", "2",
        "--who", "walk", "swarm", "--limit", "60", "--keep", str(keep),
    ]  # fmt: skip
    campaigns.main(options)
    first, kept = said(capsys), keep.read_text(encoding="utf-8")
    assert sorted((search["who"], search["seed"]) for search in map(json.loads, kept.splitlines())) == [
        ("swarm", 0), ("swarm", 1), ("walk", 0), ("walk", 1),
    ]  # fmt: skip
    assert first[1] == "planted bugs, worker: medians of 2 seeds, given up after 60 s of CPU"
    assert first[3].startswith(f"{MUTANT}  ")
    monkeypatch.setattr(campaigns, "searched", lambda searches, jobs: [] if not searches else 1 / 0)
    campaigns.main(options)
    assert said(capsys) == first
    assert keep.read_text(encoding="utf-8") == kept


def test_releases_are_searched_with_their_interpreters(
    benchmark_module: Import, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    campaigns = benchmark_module("campaigns")
    monkeypatch.setattr(campaigns, "released", lambda python: "2022.7.0")
    monkeypatch.setattr(
        campaigns,
        "in_releases",
        lambda searches, jobs: [
            [campaigns.Result("Z06, 2022.7.0", "cluster", search.who, search.seed, True, 5, 0.5)]
            for _, search in searches
        ],
    )
    campaigns.main(["--only", "zoo", "--python", sys.executable, "--who", "walk", "swarm"])
    lines = said(capsys)
    assert lines[1] == "bugs of the zoo: medians of 1 seeds, given up after 60 s of CPU"
    assert lines[3].split() == ["Z06,", "2022.7.0", "5", "0.50", "5", "0.50"]
    assert lines[-1] == "2 of 2 aims are reached"


def test_shrinking_is_judged(benchmark_module: Import, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--only", "shrunk", "--scopes", "worker", "--mutants", MUTANT]
    benchmark_module("campaigns").main(options)
    lines = said(capsys)
    assert "found by the walk: 1 of 1 planted bugs" in lines
    assert lines[-1] == "2 of 2 aims are reached"


def test_ctrl_c_shows_what_there_is(
    benchmark_module: Import, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    campaigns = benchmark_module("campaigns")

    def interrupted(*ignored: object) -> None:
        raise KeyboardInterrupt

    parts = dict(campaigns.PARTS) | {"speed": interrupted}
    monkeypatch.setattr(campaigns, "PARTS", parts)
    campaigns.main(["--runs", "1", "--turns", "1"])
    lines = said(capsys)
    assert lines[0] == "ended by Ctrl-C"
    assert lines[-1].endswith("of 1 aims are reached")


def test_unknown_part_is_refused(
    benchmark_module: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        benchmark_module("campaigns").main(["--only", "speeed"])
    assert "invalid choice: 'speeed'" in capsys.readouterr().err
