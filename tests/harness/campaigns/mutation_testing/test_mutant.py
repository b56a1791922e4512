"""Generated mutants: plain data, with ids that stay while other code changes."""

from dataclasses import replace
from pathlib import Path

import pytest

from workerfuzz.harness.campaigns.mutation_testing.mutant import (
    TARGETS,
    CodeUnderTest,
    GeneratedMutant,
    NoSource,
    modules_of,
    mutants_in,
    mutants_of,
)

SOURCE = "def f(a):\n    return a > 3\n\n\ndef g(a):\n    if a.validate:\n        a.check(1)\n"

TARGET = CodeUnderTest(name="t", subject="reference", scope="worker", package="p", cpu_s=1.0)


def generated(folder: Path, source: str, target: CodeUnderTest = TARGET) -> list[GeneratedMutant]:
    path = folder / "m.py"
    path.write_text(source, encoding="utf-8")
    return [mutant for mutant, _ in mutants_in(target, "p.q.m", path)]


def test_a_mutant_says_where_it_is_and_what_it_changes(tmp_path: Path) -> None:
    mutant = generated(tmp_path, SOURCE)[0]
    assert (mutant.file, mutant.function, mutant.line, mutant.column) == ("q/m.py", "f", 2, 11)
    assert (mutant.operator, mutant.before, mutant.after) == ("comparison", "a > 3", "a >= 3")
    assert str(mutant).endswith("q/m.py:2 in f: `a > 3` became `a >= 3` (comparison)")
    assert mutant.entry == f"{mutant.id} q/m.py f: `a > 3` became `a >= 3` (comparison)"


def test_ids_stay_when_other_code_changes_and_differ_for_equal_changes(tmp_path: Path) -> None:
    before = [mutant.id for mutant in generated(tmp_path, SOURCE)]
    after = [mutant.id for mutant in generated(tmp_path, f"import os\n\nX = 3\n\n{SOURCE}")]
    assert after[-len(before) :] == before
    twice = generated(tmp_path, "def f(a):\n    return [a > 3, a > 3]\n")
    assert len({mutant.id for mutant in twice}) == len(twice)
    again = generated(tmp_path, "def f(a):\n    return [a > 3, a > 4]\n")
    assert [mutant.id for mutant in again][:2] != [mutant.id for mutant in twice][:2]


def test_functions_are_chosen_by_name_and_checks_of_the_code_itself_are_not_changed(
    tmp_path: Path,
) -> None:
    def functions(
        *, functions: str = "", excluded: str = r"(?!)", guards: tuple[str, ...] = ()
    ) -> set[str]:
        target = replace(TARGET, functions=functions, excluded=excluded, guards=guards)
        return {mutant.function for mutant in generated(tmp_path, SOURCE, target)}

    assert functions() == {"f", "g"}
    assert functions(functions="f") == {"f"}
    assert functions(excluded="f") == {"g"}
    assert functions(guards=("a.validate",)) == {"f"}


def test_a_refusal_of_what_cannot_happen_is_not_changed(tmp_path: Path) -> None:
    source = "def f(a):\n    if a > 3:\n        raise InvalidEvent(f'{a}')\n    return a > 4\n"
    target = replace(TARGET, refusals=("InvalidEvent",))
    assert {mutant.line for mutant in generated(tmp_path, source, target)} == {4}
    assert {mutant.line for mutant in generated(tmp_path, source)} == {2, 3, 4}


def test_lines_of_a_condition_do_not_reach_into_its_body(tmp_path: Path) -> None:
    forced, *_ = generated(tmp_path, "def f(a):\n    if (\n        a\n    ):\n        a.b = 1\n")
    assert forced.operator == "condition"
    assert (forced.first_line, forced.last_line) == (2, 4)


@pytest.mark.parametrize("name", ["worker", "scheduler"])
def test_every_module_of_the_models_that_decides_is_changed(name: str) -> None:
    mutants = mutants_of(TARGETS[name])
    assert len(mutants) > 1000
    assert len({mutant.id for mutant in mutants}) == len(mutants)
    decides = {"dispatch", "placement", "target_state", "transitions", "handlers", "machine"}
    there = {part for module, _ in modules_of(TARGETS[name]) for part in module.split(".")}
    assert len(decides & there) >= 4
    assert not any("properties" in mutant.module for mutant in mutants)


def test_a_package_that_is_not_installed_is_said_to_be_missing() -> None:
    target = CodeUnderTest(
        name="t", subject="s", scope="worker", package="no_such_package", cpu_s=1.0
    )
    with pytest.raises(NoSource, match="no_such_package is not installed"):
        mutants_of(target)


def test_the_installed_distributed_has_mutants() -> None:
    pytest.importorskip("distributed")
    worker, scheduler = (mutants_of(TARGETS[name]) for name in ("dask-worker", "dask-scheduler"))
    assert len(worker) > 300
    assert len(scheduler) > 500
    assert {mutant.file for mutant in worker} == {"worker_state_machine.py"}
    assert {mutant.file for mutant in scheduler} == {"scheduler.py", "stealing.py"}
    names = {mutant.function for mutant in [*worker, *scheduler]}
    assert "WorkerState._transition_flight_missing" in names
    assert "Scheduler.stimulus_task_finished" in names
    assert not any("validate" in name for name in names)
