"""A campaign on clusters: it goes on after a finding, knows what is known, and keeps what is new."""

from pathlib import Path

import pytest

from workerfuzz.harness.campaigns.fuzz import Budget
from workerfuzz.harness.campaigns.hunt import Hunt
from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.cases.casefile import load
from workerfuzz.harness.report.hunted import hunt_lines
from workerfuzz.harness.subjects import get_cluster


def hunt(tmp_path: Path, runs: int = 30, **options: object) -> Hunt:
    subject = get_cluster("reference")
    return Hunt(subject, 0, Budget(runs=runs), out=tmp_path, **options).go()  # type: ignore[arg-type]  # passed on


def test_healthy_model_has_nothing_new(tmp_path: Path) -> None:
    done = hunt(tmp_path)
    assert done.runs == 30
    assert not done.new()
    assert not list(tmp_path.iterdir())
    assert "nothing new was found" in list(hunt_lines(done))


def test_what_is_found_becomes_a_case_and_the_hunt_goes_on(tmp_path: Path) -> None:
    with named("finish-is-kept-secret").planted():
        done = hunt(tmp_path)
        assert done.runs == 30
        (met,) = done.new()
        assert met.times > 1
        assert met.kept is not None
        assert met.kept.saved.path is not None
        case = load(met.kept.saved.path)
        assert [str(step) for step in case.steps] == ["submit c0 a want a"]
        again = hunt(tmp_path, known=dict.fromkeys(done.met, case))
        assert not again.new()
        assert any(line.startswith("known, ") for line in hunt_lines(again))


def test_number_of_workers_can_be_chosen(tmp_path: Path) -> None:
    done = hunt(tmp_path, runs=3, workers=4)
    assert done.workers == 4


@pytest.mark.parametrize("seed", [0, 1])
def test_same_seed_same_hunt(tmp_path: Path, seed: int) -> None:
    first, second = (
        Hunt(get_cluster("reference"), seed, Budget(runs=5), out=tmp_path).go() for _ in range(2)
    )
    assert first.taken == second.taken
    assert first.edges == second.edges
