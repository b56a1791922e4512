"""Commands: generated mutants."""

import json
from pathlib import Path

import pytest

from workerfuzz.harness.campaigns.executors.worker_client import NoReply
from workerfuzz.harness.campaigns.mutation_testing import campaign
from workerfuzz.harness.campaigns.mutation_testing.request import (
    CaughtBy,
    SearchRequest,
    SearchResult,
)
from workerfuzz.harness.cli import run_command

ARGUMENTS = ("mutants", "--generated", "--of", "worker", "--sample", "3")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[SearchRequest]:
    """Searches without a process: the second mutant survives where it has so many steps."""
    requests: list[SearchRequest] = []

    def request_result(python: str, request: SearchRequest, *_: object, **__: object) -> object:
        requests.append(request)
        if not request.mutant or (len(requests) == 3 and request.most_steps != 7):
            return SearchResult(steps=5, version="1.2.3")
        return SearchResult(caught_by=CaughtBy.PROPERTY, property="some_claim", steps=3)

    monkeypatch.setattr(campaign, "request_result", request_result)
    return requests


def test_survivors_are_told_and_end_with_status_1(
    asked: list[SearchRequest], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    results = tmp_path / "results.json"
    status = run_command([*ARGUMENTS, "--seed", "4", "--json", str(results)])
    out = capsys.readouterr().out
    assert status == 1
    assert [request.cpu_s for request in asked] == [10.0] * 4
    assert "2 of 3 mutants of worker caught, 66.7%; 10 s of CPU each, seed 4, 1.2.3" in out
    assert "nothing noticed; 5 steps" in out
    assert "   2 some_claim" in out
    written = json.loads(results.read_text(encoding="utf-8"))
    assert written["plan"]["sample"] == 3
    assert len(written["results"]) == 3


def test_survivors_are_allowed_where_enough_is_caught(asked: list[SearchRequest]) -> None:
    assert run_command([*ARGUMENTS, "--quiet", "--least", "67"]) == 1
    asked.clear()
    assert run_command([*ARGUMENTS, "--quiet", "--least", "66"]) == 0


def test_all_caught_is_status_0_and_steps_take_the_place_of_time(
    asked: list[SearchRequest], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command([*ARGUMENTS, "--steps", "7", "--quiet"]) == 0
    assert {(request.cpu_s, request.most_steps) for request in asked} == {(0.0, 7)}
    assert capsys.readouterr().out.startswith(
        "3 of 3 mutants of worker caught, 100.0%; 7 steps each"
    )


def test_nothing_is_tried_where_the_healthy_model_is_caught(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    caught = SearchResult(caught_by=CaughtBy.PROPERTY, property="some_claim")
    monkeypatch.setattr(campaign, "request_result", lambda *_, **__: caught)
    assert run_command([*ARGUMENTS]) == 1
    out = capsys.readouterr().out
    assert "0 of 0 mutants of worker caught" in out
    assert "the healthy code does not pass: some_claim" in out


def test_an_unknown_mutant_is_a_usage_error(
    asked: list[SearchRequest], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command([*ARGUMENTS, "beef"]) == 2
    assert 'worker has no mutant and no file "beef"' in capsys.readouterr().err


def test_healthy_code_that_cannot_be_fuzzed_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def request_result(*_: object, **__: object) -> object:
        raise NoReply("no distributed there")

    monkeypatch.setattr(campaign, "request_result", request_result)
    assert run_command([*ARGUMENTS]) == 3
    text = "the healthy code of worker could not be fuzzed: no distributed there"
    assert text in capsys.readouterr().err
