"""The consequence of a finding in production mode, and the order of consequences."""

from pathlib import Path

import pytest

from workerfuzz.harness.cases.format.case import open_world
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.triage.known_bugs import FOLDER
from workerfuzz.harness.cases.triage.severity import (
    HARM,
    Consequence,
    Severity,
    consequence,
    worst,
)
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.playing import play, violation_of
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.statemachine.scheduler.handlers import rebuild
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster.run_config import ClusterConfig, ClusterRunConfig
from workerfuzz.strategies.worker import parse

#: But those of processes, of which the consequence is not measured.
KNOWN = [
    path for path in sorted(FOLDER.glob("*.case")) if "scope: process\n" not in path.read_text()
]


def broken_by(path: Path) -> Violation:
    """The violation of a case, on the installed release."""
    case = load(path)
    subject = get_cluster("dask")
    if not any(case.known_breaks(subject.name, subject.version())):
        pytest.skip(f"not about distributed {subject.version()}")
    played = play(open_world(case, subject), case.steps)
    return next(moment.violation for moment in played if moment.violation is not None)


@pytest.mark.parametrize("path", KNOWN, ids=lambda path: path.stem)
def test_known_bug_is_as_severe_as_its_case_says(path: Path) -> None:
    pytest.importorskip("distributed")
    found = consequence(get_cluster("dask"), broken_by(path))
    (text,) = (note for note in load(path).notes if note.startswith("severity: "))
    assert text.removeprefix("severity: ").partition(", in these steps")[0] == found.severity


def test_most_harmful_comes_first() -> None:
    assert Severity.WAITS.rank == 0
    assert max(Severity, key=lambda severity: severity.rank) is Severity.NOTHING
    assert [severity.rank for severity in Severity] == sorted(
        severity.rank for severity in Severity
    )


def test_the_worst_of_what_happened_counts() -> None:
    found = [Consequence(Severity.STAYS, "a"), Consequence(Severity.WRONG, "b")]
    assert worst(found) is found[1]
    assert worst([]) == Consequence(Severity.NOTHING)


def test_consequence_says_what_happened() -> None:
    assert str(Consequence(Severity.STAYS, "w0: tasks: a")) == "memory stays (w0: tasks: a)"
    assert str(Consequence(Severity.NOTHING)) == "nothing"


def test_who_dies_is_told() -> None:
    pytest.importorskip("distributed")
    (path,) = FOLDER.glob("0001-*.case")
    assert consequence(get_cluster("dask"), broken_by(path)).detail.startswith("stream of c0: ")


def test_what_every_run_leaves_over_is_not_the_consequence_of_another_bug() -> None:
    pytest.importorskip("distributed")
    (path,) = FOLDER.glob("0014-*.case")
    assert consequence(get_cluster("dask"), broken_by(path)) == Consequence(Severity.NOTHING)


def test_what_does_no_harm_by_itself_has_a_consequence_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduler that another one takes the place of is judged in production mode as well."""
    monkeypatch.setattr(rebuild, "take_over", lambda scheduler, assignment: None)
    config = ClusterRunConfig(ClusterConfig(worker=WorkerConfig(suspicious_limit=1)))
    lines = ("submit c0 a want a", "deliver c0->scheduler", "deliver scheduler->w0")
    steps = [parse(line, BY_WORD) for line in lines]
    broken = violation_of(ClusterWorld(get_cluster("reference"), config), steps)
    assert broken is not None
    assert broken.property not in HARM
    assert consequence(get_cluster("reference"), broken).severity is Severity.NOTHING
