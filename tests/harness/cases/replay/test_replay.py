"""Replaying a case: what it comes to, and what people read."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from workerfuzz.harness.cases.format import casefile
from workerfuzz.harness.cases.format.case import Case
from workerfuzz.harness.cases.replay.replay import MOST_DIFFERENCES, Replay, ReplayOutcome, replay
from workerfuzz.harness.subjects.protocol import Subject, WorkerSubject
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject, ReferenceWorker
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.worker_state import WorkerState

PATH = Path("some.case")


def parse(text: str) -> Case:
    return casefile.parse(text, PATH)


def test_a_case_that_is_true_is_as_written(text: str, reference: Subject) -> None:
    done = replay(parse(text), reference)
    assert done == Replay(
        ReplayOutcome.AS_WRITTEN, "some.case", "reference", (), "workerfuzz replay some.case"
    )
    assert done.fine


def test_a_wrong_expectation_differs(text: str, reference: Subject) -> None:
    done = replay(parse(text.replace("flight -> missing", "flight -> fetch")), reference)
    assert done.outcome is ReplayOutcome.DIFFERS
    assert done.report == (
        "some.case:16: > gather-dep-network-failure b",
        "  - x: flight -> fetch",
        "  + x: flight -> missing",
    )
    assert not done.fine


def test_only_what_differs_is_shown(text: str, reference: Subject) -> None:
    wrong = text.replace("z: - -> flight\n", "").replace("! gather-dep b x", "! gather-dep b w")
    assert replay(parse(wrong), reference).report == (
        "some.case:8: > compute-task y needs x@b z@a",
        "  + z: - -> flight",
        "  - ! gather-dep b w",
        "  + ! gather-dep b x",
    )


def test_a_step_without_a_line_has_no_effect(text: str, reference: Subject) -> None:
    done = replay(parse(text.replace("x: flight -> missing\n", "")), reference)
    assert done.outcome is ReplayOutcome.DIFFERS
    assert done.report[-1] == "  + x: flight -> missing"


def test_a_case_that_tells_nothing_checks_properties(text: str, reference: Subject) -> None:
    bare = "".join(line for line in text.splitlines(True) if line[1:2] != ":" and line[0] != "!")
    assert not parse(bare).tells_effects
    assert replay(parse(bare), reference).outcome is ReplayOutcome.AS_WRITTEN


def test_after_some_differences_only_their_number_is_told(reference: Subject) -> None:
    text = "workerfuzz-case 1\ntitle: t\nscope: worker\nsubject: reference\n\n" + "".join(
        f"> update-data {key}\nq: - -> memory\n" for key in "tuvwxyz"
    )
    report = replay(parse(text), reference).report
    assert report[-1] == f"  and {7 - MOST_DIFFERENCES} more"
    assert sum(line.startswith("some.case") for line in report) == MOST_DIFFERENCES


def test_other_subjects_are_asked_for_properties_only(
    text: str, touchy: type[ReferenceSubject]
) -> None:
    wrong = text.replace("z: - -> flight\n", "").replace("> gather-dep-network-failure b\n", "")
    wrong = wrong.replace("x: flight -> missing\n", "")
    assert replay(parse(wrong), touchy("dask")).outcome is ReplayOutcome.AS_WRITTEN


def test_a_case_about_others_does_not_apply(text: str, reference: Subject) -> None:
    done = replay(parse(text.replace("reference, dask", "dask")), reference)
    assert done.outcome is ReplayOutcome.NOT_APPLICABLE
    assert done.fine


def test_an_impossible_step_says_why(text: str, reference: Subject) -> None:
    done = replay(parse(text + "> gather-dep-success b x\n> pause\n"), reference)
    assert done.outcome is ReplayOutcome.IMPOSSIBLE
    assert done.report == (
        "some.case:18: > gather-dep-success b x",
        "  impossible: no transfer from b is open",
    )


def test_what_differed_before_an_impossible_step_is_shown(text: str, reference: Subject) -> None:
    wrong = text.replace("x: flight -> missing", "x: flight -> fetch")
    done = replay(parse(wrong + "> gather-dep-success b x\n"), reference)
    assert done.outcome is ReplayOutcome.IMPOSSIBLE
    assert "  - x: flight -> fetch" in done.report


BROKEN = (
    "some.case:16: > gather-dep-network-failure b",
    "  ~ role_fits_state: What a task is for and the state it is in fit together (R5, R6, R8).",
    "    x is missing",
    "    and nobody cares",
)


@pytest.mark.parametrize("name", ["reference", "dask"])
def test_a_broken_property_is_told_in_words(
    text: str, touchy: type[ReferenceSubject], name: str
) -> None:
    done = replay(parse(text), touchy(name))
    assert done.outcome is ReplayOutcome.BROKEN
    assert done.report == BROKEN


class LeakyWorker(ReferenceWorker):
    """Never empty."""

    def data(self) -> Mapping[str, object]:
        return {**super().data(), "leak": 1}


class Leaky(ReferenceSubject):
    """A reference that keeps something for ever."""

    def worker(self, config: WorkerConfig) -> WorkerSubject:
        return LeakyWorker(WorkerState(config))


def test_a_break_at_rest_is_told(text: str) -> None:
    done = replay(parse(text), Leaky())
    assert done.outcome is ReplayOutcome.BROKEN
    assert done.report[0] == "some.case: > rest"
    assert done.report[1].startswith("  ~ forgotten_worker_is_empty: ")
    assert done.report[2:] == ("    leak is stored",)


def with_breaks(text: str, versions: str, name: str = "role_fits_state") -> Case:
    return parse(text.replace("found:", f"breaks: {name} on dask {versions}\nfound:"))


def test_a_known_break_is_expected(text: str, touchy: type[ReferenceSubject]) -> None:
    done = replay(with_breaks(text, ">=2,<3"), touchy("dask", "2.7"))
    assert done.outcome is ReplayOutcome.BREAKS_AS_KNOWN
    assert done.fine
    assert done.report == ("some.case:17: > gather-dep-network-failure b", *BROKEN[1:])


def test_a_known_break_is_about_its_versions(text: str, touchy: type[ReferenceSubject]) -> None:
    assert (
        replay(with_breaks(text, ">=2,<3"), touchy("dask", "3.0")).outcome is ReplayOutcome.BROKEN
    )


def test_another_property_is_no_known_break(text: str, touchy: type[ReferenceSubject]) -> None:
    known = with_breaks(text, "", "no_handler_raises")
    assert replay(known, touchy("dask")).outcome is ReplayOutcome.BROKEN


@pytest.mark.parametrize(
    ("about", "version", "outcome"),
    [
        (("dask", ">=2,<3"), "1.9", ReplayOutcome.NOT_APPLICABLE),
        (("dask", "==2"), "1.9", ReplayOutcome.NOT_APPLICABLE),
        (("dask", "==2.*"), "1.9", ReplayOutcome.NOT_APPLICABLE),
        (("dask", "==2.*"), "2.5", ReplayOutcome.BREAKS_AS_KNOWN),
        (("dask", "~=2.1"), "2.0", ReplayOutcome.NOT_APPLICABLE),
        (("dask", ">2"), "2", ReplayOutcome.NOT_APPLICABLE),
        (("dask", ">=2,<3"), "2.0", ReplayOutcome.BREAKS_AS_KNOWN),
        (("dask", ">=2,<3"), "3.0", ReplayOutcome.BROKEN),
        (("dask", "<3"), "1.9", ReplayOutcome.BREAKS_AS_KNOWN),
        (("dask", ""), "1.9", ReplayOutcome.BREAKS_AS_KNOWN),
        (("reference, dask", ">=2,<3"), "1.9", ReplayOutcome.BROKEN),
    ],
)
def test_what_one_subject_breaks_tells_nothing_of_its_older_versions(
    text: str,
    touchy: type[ReferenceSubject],
    about: tuple[str, str],
    version: str,
    outcome: ReplayOutcome,
) -> None:
    subjects, versions = about
    case = with_breaks(text.replace("reference, dask", subjects), versions)
    assert replay(case, touchy("dask", version)).outcome is outcome


class Fine(ReferenceSubject):
    """A subject named dask in which no known bug occurs."""

    def __init__(self) -> None:
        self.name = "dask"  # type: ignore[misc]  # another name for the same

    def version(self) -> str:
        return "2.1"


def test_a_bug_that_is_fixed_fails(text: str) -> None:
    done = replay(with_breaks(text, ">=2,<3"), Fine())
    assert done.outcome is ReplayOutcome.FIXED
    assert not done.fine
    assert done.report == (
        "some.case: dask 2.1 does not break role_fits_state any more",
        '  the bug is fixed: remove "breaks:", or narrow its versions',
    )
    assert done.command == "workerfuzz replay some.case --subject dask"


def test_a_break_that_is_written_and_happens_is_still_broken(
    text: str, touchy: type[ReferenceSubject]
) -> None:
    written = text.replace("x: flight -> missing", "~ role_fits_state")
    done = replay(parse(written), touchy())
    assert done.outcome is ReplayOutcome.BROKEN
    assert done.report == BROKEN


def test_a_break_that_is_written_and_does_not_happen_differs(text: str, reference: Subject) -> None:
    written = text.replace("x: flight -> missing", "~ role_fits_state")
    done = replay(parse(written), reference)
    assert done.outcome is ReplayOutcome.DIFFERS
    assert done.report == (
        "some.case:16: > gather-dep-network-failure b",
        "  - ~ role_fits_state",
        "  + x: flight -> missing",
    )


def test_a_break_that_is_written_at_rest_and_does_not_happen_differs(
    text: str, reference: Subject
) -> None:
    done = replay(parse(f"{text}\n> rest\n~ coming_to_rest_ends\n"), reference)
    assert done.report == ("some.case:19: > rest", "  - ~ coming_to_rest_ends")


def test_a_replay_can_travel(text: str, reference: Subject) -> None:
    done = replay(parse(text.replace("flight -> missing", "flight -> fetch")), reference)
    assert Replay.from_data(done.as_data()) == done


def test_names_outside_the_usual_ones_can_be_used(reference: Subject) -> None:
    text = (
        "workerfuzz-case 1\ntitle: t\nscope: worker\nsubject: reference\n\n"
        "> compute-task first needs second@far\n> gather-dep-success far second\n"
    )
    assert replay(parse(text), reference).outcome is ReplayOutcome.AS_WRITTEN
