"""The excerpt of a chart that a failing test shows: the last rows before a violation."""

from pathlib import Path
from typing import Any

import pytest
from examples.lane_cases import IMPOSSIBLE

from workerfuzz.harness.cases.format.casefile import parse
from workerfuzz.harness.cases.replay.replay import ReplayOutcome, replay, with_excerpt
from workerfuzz.harness.cases.swimlanes.charting import ROWS, excerpt
from workerfuzz.harness.subjects import get
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject

KNOWN = Path(__file__).parents[4] / "regressions" / "known"


def test_the_last_rows_are_drawn() -> None:
    pytest.importorskip("distributed")
    text = next(KNOWN.glob("0028-*.case")).read_text(encoding="utf-8")
    lines = excerpt(parse(text), get("dask"))
    numbers = [int(line[:3]) for line in lines if line[:3].strip().isdigit()]
    assert len(numbers) == ROWS
    assert "✗ wanted_keys_resolve" in lines[-1]


def test_only_what_broke_is_drawn() -> None:
    case = parse(IMPOSSIBLE)
    done = with_excerpt(replay(case, get("reference")), case, get("reference"))
    assert done.outcome is ReplayOutcome.IMPOSSIBLE
    assert "✗ secede y: impossible" in done.drawing[-1]
    fine = parse(IMPOSSIBLE.replace("> secede y\n", ""))
    assert with_excerpt(replay(fine, get("reference")), fine, get("reference")).drawing == ()


def test_a_finding_is_told_even_if_it_cannot_be_drawn() -> None:
    class Lost(ReferenceSubject):
        def worker(self, config: Any) -> Any:
            raise OSError("gone")

    assert excerpt(parse(IMPOSSIBLE), Lost()) == ("there is no drawing: OSError: gone",)
