"""From steps to a case, and a case brought up to date."""

from collections.abc import Mapping

import pytest

from workerfuzz.harness.cases.format import casefile
from workerfuzz.harness.cases.format.case import Case, KnownBreak, record
from workerfuzz.harness.cases.replay.replay import ReplayOutcome, replay
from workerfuzz.harness.cases.replay.rewrite import rewritten
from workerfuzz.harness.subjects.protocol import Subject
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject, ReferenceWorker
from workerfuzz.harness.worlds.violation import ImpossibleStep, Violation
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.worker_state import WorkerState
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.worker import parse as step
from workerfuzz.strategies.worker.run_config import draw_run_config

STEPS = (step("compute-task y needs x@b z@a"), step("gather-dep-network-failure b"))


def effects(case: Case) -> list[list[str]]:
    return [[line.text for line in scene.effects] for scene in case.scenes]


def test_effects_are_recorded(reference: Subject, text: str) -> None:
    case = record(reference, STEPS, title="what happens")
    assert effects(case) == effects(casefile.parse(text))
    assert case.subjects == ("reference",)


def test_a_recorded_case_has_an_empty_line_before_each_step(reference: Subject) -> None:
    assert casefile.format(record(reference, STEPS, title="t")) == (
        "workerfuzz-case 1\ntitle: t\nscope: worker\nsubject: reference\n\n"
        "> compute-task y needs x@b z@a\nx: - -> flight\ny: - -> waiting\nz: - -> flight\n"
        "! gather-dep a z\n! gather-dep b x\n\n> gather-dep-network-failure b\n"
        "x: flight -> missing\n"
    )


def test_the_header_is_as_given(reference: Subject) -> None:
    known = KnownBreak("no_handler_raises", "dask", "<2026")
    case = record(
        reference,
        STEPS,
        WorkerConfig(nthreads=2),
        title="  two\nlines ",
        subjects=("reference", "dask"),
        breaks=[known],
        notes=["dask: so"],
        found="by hand",
    )
    assert case.title == "two lines"
    assert (case.subjects, case.breaks, case.notes) == (
        ("reference", "dask"),
        (known,),
        ("dask: so",),
    )
    assert (case.found, case.config.nthreads) == ("by hand", 2)


def test_what_breaks_is_recorded_last(touchy: type[ReferenceSubject]) -> None:
    case = record(touchy(), [*STEPS, step("pause")], title="t")
    assert len(case.steps) == 2
    broken = case.scenes[-1].broken
    assert broken is not None
    assert broken.text == "~ role_fits_state"
    assert case.scenes[-1].effects == ()
    assert replay(case, touchy()).outcome is ReplayOutcome.BROKEN


class RestlessWorker(ReferenceWorker):
    """Never empty."""

    def data(self) -> Mapping[str, object]:
        return {**super().data(), "leak": 1}


class Restless(ReferenceSubject):
    """Breaks a property when everything is let go."""

    def worker(self, config: WorkerConfig) -> RestlessWorker:
        return RestlessWorker(WorkerState(config))


def test_what_breaks_at_rest_is_recorded_below_rest() -> None:
    case = record(Restless(), STEPS[:1], title="t")
    assert case.scenes[-1].step is None
    assert casefile.format(case).endswith("\n\n> rest\n~ forgotten_worker_is_empty\n")
    assert replay(case, Restless()).outcome is ReplayOutcome.BROKEN


def test_other_subjects_leave_steps_only(touchy: type[ReferenceSubject]) -> None:
    case = record(touchy("dask"), STEPS[:1], title="t")
    assert effects(case) == [[]]
    assert case.subjects == ("dask",)


def test_an_impossible_step_is_not_recorded(reference: Subject) -> None:
    with pytest.raises(ImpossibleStep, match=r"^secede x: x is not running$"):
        record(reference, [step("secede x")], title="t")


@pytest.mark.parametrize("seed", range(8))
def test_a_recorded_run_replays(reference: Subject, seed: int) -> None:
    chooser = RandomChooser(seed)
    run_config = draw_run_config(chooser)
    world = WorkerWorld(reference, run_config)
    for _ in range(30):
        world.apply(world.draw(chooser.pick(world.possible()), chooser))
    case = record(reference, world.steps, run_config.config, title="a random run")
    again = casefile.parse(casefile.format(case))
    assert again == case
    assert replay(again, reference).outcome is ReplayOutcome.AS_WRITTEN


def test_rewriting_keeps_remarks(reference: Subject, text: str) -> None:
    wrong = text.replace("flight -> missing", "flight -> fetch").replace("z: - -> flight\n", "")
    assert casefile.format(rewritten(casefile.parse(wrong), reference)) == text


def test_rewriting_what_is_true_changes_nothing(reference: Subject, text: str) -> None:
    assert rewritten(casefile.parse(text), reference) == casefile.parse(text)


def test_rewriting_leaves_cases_about_others(reference: Subject, text: str) -> None:
    wrong = text.replace("reference, dask", "dask").replace("missing", "fetch")
    assert rewritten(casefile.parse(wrong), reference) == casefile.parse(wrong)


def test_rewriting_forgets_a_break_that_is_mended(reference: Subject, text: str) -> None:
    broken = text.replace("x: flight -> missing", "~ role_fits_state")
    assert casefile.format(rewritten(casefile.parse(broken), reference)) == text


def test_rewriting_forgets_a_break_at_rest_that_is_mended(reference: Subject, text: str) -> None:
    broken = f"{text}\n# At rest:\n> rest\n~ coming_to_rest_ends\n# That was it.\n"
    assert casefile.format(rewritten(casefile.parse(broken), reference)) == (
        f"{text}\n# At rest:\n# That was it.\n"
    )


def test_rewriting_keeps_a_break_that_is_written(touchy: type[ReferenceSubject], text: str) -> None:
    broken = text.replace("x: flight -> missing", "~ role_fits_state")
    assert casefile.format(rewritten(casefile.parse(broken), touchy())) == broken


def test_rewriting_gets_used_to_no_new_break(touchy: type[ReferenceSubject], text: str) -> None:
    with pytest.raises(Violation):
        rewritten(casefile.parse(text), touchy())
