"""Cases are replayed: a difference is red, a fixed bug is reported, a known one is known."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from workerfuzz.harness.campaigns.nightly.night import Night, Phase
from workerfuzz.harness.campaigns.nightly.regression_replay import (
    CASES,
    RegressionReplay,
    Replayer,
)
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.cases.format.case import CaseError
from workerfuzz.harness.cases.replay.replay import Replay, ReplayOutcome
from workerfuzz.harness.cases.replay.replay_process import ChildFailed
from workerfuzz.harness.cases.triage.known_bugs import FOLDER

TEXT = "workerfuzz-case 1\ntitle: it breaks\nscope: worker\nsubject: {}\n\n> find-missing\n"


def tonight(replay: Replayer, *subjects: str) -> RegressionReplay:
    targets = [Target(name, "cluster") for name in subjects or ("reference",)]
    night = Night(1, "2026-11-25T00:00:00+00:00", targets=targets)
    return RegressionReplay(night, replay, replay)


def outcomes(by_case: Mapping[str, ReplayOutcome]) -> Replayer:
    """Replays that come to that, by file."""

    def replay(path: Path, subject: str) -> Replay:
        outcome = by_case.get(path.name, ReplayOutcome.AS_WRITTEN)
        return Replay(outcome, str(path), subject, (f"{path}:5: said",))

    return replay


def put(folder: Path, *names: str, subject: str = "reference") -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text(TEXT.format(subject))


def test_cases_are_replayed_on_each_subject(tmp_path: Path) -> None:
    put(tmp_path, "a.case", "b.case")
    phase = Phase("replay")
    tonight(outcomes({"b.case": ReplayOutcome.NOT_APPLICABLE}), "reference", "dask").cases(
        phase, [tmp_path]
    )
    assert phase.lines == [
        "2 cases on reference: 1 as written, 1 not about this subject",
        "2 cases on dask: 1 as written, 1 not about this subject",
    ]
    assert phase.red == []


def test_a_case_that_differs_is_red(tmp_path: Path) -> None:
    put(tmp_path, "a.case", "b.case")
    phase = Phase("replay")
    tonight(outcomes({"b.case": ReplayOutcome.DIFFERS})).cases(phase, [tmp_path])
    path = tmp_path / "b.case"
    assert phase.red == [f"on reference, differs: {path}:5: said"]


def test_a_replay_that_takes_its_process_with_it_is_red(tmp_path: Path) -> None:
    def die(path: Path, subject: str) -> Replay:
        raise ChildFailed("it died")

    put(tmp_path, "a.case")
    phase = Phase("replay")
    tonight(die).cases(phase, [tmp_path])
    assert phase.red == [f"on reference, cannot be replayed: {tmp_path / 'a.case'}: it died"]


def test_cases_that_come_with_workerfuzz_are_replayed_and_known_bugs_are_not_among_them() -> None:
    seen: set[Path] = set()

    def replay(path: Path, subject: str) -> Replay:
        seen.add(path.parent)
        return Replay(ReplayOutcome.AS_WRITTEN, str(path), subject)

    tonight(replay).cases(Phase("replay"))
    assert seen == {CASES}


def test_findings_of_former_nights_still_break_or_are_fixed(tmp_path: Path) -> None:
    put(tmp_path, "a.case", "b.case", "c.case")
    put(tmp_path, "d.case", subject="dask")
    (tmp_path / "e.case").write_text("half a ca")
    replay = tonight(outcomes({"a.case": ReplayOutcome.BROKEN, "c.case": ReplayOutcome.IMPOSSIBLE}))
    phase = Phase("replay")
    replay.findings(phase, tmp_path)
    problem, told = phase.lines
    assert problem.startswith(f"{tmp_path / 'e.case'}:1: not a case")
    assert problem.endswith("; it is left as it is")
    assert told == "findings of former nights: 1 fixed, 1 not possible any more, 1 still break"
    assert replay.fixed == ["b.case: it breaks"]
    assert phase.red == []


def test_a_finding_that_was_fixed_and_breaks_again_is_red(tmp_path: Path) -> None:
    put(tmp_path, "a.case", "b.case", "c.case")
    replay = tonight(outcomes({"a.case": ReplayOutcome.BROKEN, "c.case": ReplayOutcome.IMPOSSIBLE}))
    phase = Phase("replay")
    replay.findings(phase, tmp_path, {"a.case", "b.case", "c.case"})
    assert phase.red == [f"on reference: {tmp_path / 'a.case'} breaks again"]


def test_a_folder_without_findings_says_nothing(tmp_path: Path) -> None:
    phase = Phase("replay")
    tonight(outcomes({})).findings(phase, tmp_path / "gone")
    assert phase == Phase("replay")


@pytest.fixture
def names() -> list[str]:
    return sorted(path.name for path in FOLDER.glob("*.case"))


def test_known_bugs_still_break_or_are_fixed(names: list[str]) -> None:
    came_to = dict.fromkeys(names, ReplayOutcome.BREAKS_AS_KNOWN)
    came_to[names[0]], came_to[names[1]] = ReplayOutcome.FIXED, ReplayOutcome.AS_WRITTEN
    replay = tonight(outcomes(came_to), "dask")
    phase = Phase("known")
    replay.known(phase)
    others = f"1 fixed, 1 of other versions, {len(names) - 2} still break"
    assert phase.lines == [f"{len(names)} known bugs on dask: {others}"]
    assert replay.fixed == [f"{names[0]}: {FOLDER / names[0]}:5: said"]
    assert phase.red == []


def test_a_known_bug_that_breaks_elsewhere_as_well_is_red(names: list[str]) -> None:
    came_to = dict.fromkeys(names, ReplayOutcome.NOT_APPLICABLE) | {names[0]: ReplayOutcome.BROKEN}
    phase = Phase("known")
    tonight(outcomes(came_to)).known(phase)
    assert phase.red[0].startswith(f"on reference, broken: {FOLDER / names[0]}:")


def test_known_bugs_of_other_subjects_are_not_told(names: list[str]) -> None:
    phase = Phase("known")
    tonight(outcomes(dict.fromkeys(names, ReplayOutcome.NOT_APPLICABLE))).known(phase)
    assert phase == Phase("known")


def test_a_folder_without_cases_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"no \*\.case file"):
        tonight(outcomes({})).cases(Phase("replay"), [tmp_path])
