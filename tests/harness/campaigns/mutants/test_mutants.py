"""The catalogue of planted bugs: each is planted whole and taken out whole, and says what it breaks."""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest

from workerfuzz.harness.campaigns.mutants import measure as measuring
from workerfuzz.harness.campaigns.mutants.catalogue import BY_NAME, MUTANTS, OF_SCHEDULER, named
from workerfuzz.harness.campaigns.mutants.measure import HEALTHY, Measured, measure, measure_all
from workerfuzz.harness.campaigns.mutants.mutant import Mutant, called
from workerfuzz.harness.cases.format import vocabulary
from workerfuzz.statemachine.worker.worker_state import WorkerState

ROOT = Path(__file__).parents[4]

#: How a requirement judges, or that it is a claim about all of them: no bug of one worker breaks that.
BROKEN_BY_NO_MUTANT = {"R52", "R53"}

#: Broken by no mutant of this catalogue: they are about more than one event, or more than one worker.
DECIDED_BY_TESTS = {"D1", "D2", "D3", "D4", "D5"}

ORIGIN = re.compile(r"#\d+|[ZORD]\d+|DESIGN|STYLE")

each_mutant = pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)


def looked_up() -> dict[str, Mapping[str, object]]:
    """Return the object behind every name in the model and in its classes."""
    found: dict[str, Mapping[str, object]] = {}
    for name, module in sorted(sys.modules.items()):
        if name.startswith("workerfuzz.statemachine"):
            found[name] = dict(vars(module))
            for item in vars(module).values():
                if isinstance(item, type) and item.__module__.startswith("workerfuzz."):
                    found[f"{name}.{item.__name__}"] = dict(vars(item))
    return found


def differences(
    one: dict[str, Mapping[str, object]], other: dict[str, Mapping[str, object]]
) -> Iterator[str]:
    """Names that stand for another object."""
    assert one.keys() == other.keys()
    for owner, names in one.items():
        for name in names.keys() | other[owner].keys():
            if names.get(name) is not other[owner].get(name):
                yield f"{owner}.{name}"


@each_mutant
def test_mutant_is_planted_and_taken_out_again(mutant: Mutant) -> None:
    healthy = looked_up()
    with mutant.planted():
        planted = set(differences(healthy, looked_up()))
        assert {place.attribute for place in mutant.places} <= {
            name.rpartition(".")[2] for name in planted
        }
    assert list(differences(healthy, looked_up())) == []


def test_mutant_is_taken_out_when_something_raises() -> None:
    healthy = looked_up()
    with pytest.raises(ZeroDivisionError), MUTANTS[0].planted():
        raise ZeroDivisionError
    assert list(differences(healthy, looked_up())) == []


def test_half_a_mutant_is_taken_out_when_the_other_half_cannot_be_planted() -> None:
    places = (called(WorkerState, "copy"), called(WorkerState, "no_such_method"))
    half = Mutant("half", "", "", (), (), places, lambda original: original)
    healthy = looked_up()
    with pytest.raises(KeyError, match="no_such_method"), half.planted():
        pytest.fail("it was planted")
    assert list(differences(healthy, looked_up())) == []


def test_names_are_words_and_each_is_used_once() -> None:
    assert len(BY_NAME) == len(MUTANTS) + len(OF_SCHEDULER)
    assert [name for name in BY_NAME if not re.fullmatch(r"[a-z]+(-[a-z]+)+", name)] == []


def test_there_are_enough() -> None:
    assert len(MUTANTS) >= 45


@each_mutant
def test_mutant_says_what_it_is(mutant: Mutant) -> None:
    requirements = tomllib.loads((ROOT / "docs" / "requirements.toml").read_text(encoding="utf-8"))
    assert re.fullmatch(r"[A-Z].*\.", mutant.sentence)
    assert ORIGIN.search(mutant.origin)
    assert mutant.violates
    assert set(mutant.violates) <= requirements.keys()
    assert mutant.caught_by
    assert set(mutant.caught_by) <= vocabulary.properties().keys()


def test_every_requirement_is_broken_by_a_mutant() -> None:
    requirements = tomllib.loads((ROOT / "docs" / "requirements.toml").read_text(encoding="utf-8"))
    broken = {name for mutant in MUTANTS for name in mutant.violates}
    assert requirements.keys() - broken == BROKEN_BY_NO_MUTANT | DECIDED_BY_TESTS


def test_every_kind_of_place_is_patched() -> None:
    """Transitions, handlers and bookkeeping, not only rows of the table."""
    owners = {
        place.owner.__name__.rpartition(".")[2] for mutant in MUTANTS for place in mutant.places
    }
    assert {
        "machine", "worker_state", "WorkerState", "TaskState", "dispatch", "target_state",
        "scheduler", "network", "threads", "computing",
    } <= owners  # fmt: skip
    assert {"TRANSITIONS", "HANDLERS", "ENTER", "LEAVE"} <= {
        place.attribute for mutant in MUTANTS for place in mutant.places
    }


def test_unknown_name_says_what_was_meant() -> None:
    with pytest.raises(
        ValueError, match='unknown mutant "story-has-gap"; did you mean "story-has-a-gap"'
    ):
        named("story-has-gap")


def test_unknown_names_are_refused_before_anything_runs() -> None:
    with pytest.raises(ValueError, match='unknown mutant "x"'):
        measure_all(("x",))
    with pytest.raises(ValueError, match='unknown engine "stroll"; one of hypothesis, walk'):
        measure_all((), "stroll")


def test_processes_give_the_results_that_one_gives() -> None:
    names = ("two-peers-are-asked", "missing-key-is-not-listed")
    told: list[Measured] = []
    results = measure_all(names, "walk", told.append, seed=3, most_steps=2_000)
    assert [one.name for one in results] == [HEALTHY, *names]
    assert {one.name for one in told} == {HEALTHY, *names}
    assert all(one.is_right for one in results)
    healthy, *caught = results
    assert healthy.steps >= 2_000
    for one in caught:
        here = measure(named(one.name), "walk", seed=3)
        assert (here.steps, here.shrunk, here.counterexample) == (
            one.steps, one.shrunk, one.counterexample,
        )  # fmt: skip


def test_hypothesis_catches_and_counts_up_to_the_step_that_failed() -> None:
    mutant = named("missing-key-is-not-listed")
    one, other = (measure(mutant, "hypothesis", seed=2) for _ in range(2))
    assert one.is_right
    assert one.steps == other.steps
    assert one.shrunk == other.shrunk
    assert len(one.shrunk) == 1
    assert one.steps < 2_000


def test_what_breaks_the_harness_is_told_and_does_not_count_as_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def shrink(*_: object) -> None:
        raise ZeroDivisionError("by a mutant")

    monkeypatch.setattr(measuring, "shrink", shrink)
    result = measure(named("missing-key-is-not-listed"), "walk")
    assert result.problem == "ZeroDivisionError: by a mutant"
    assert not result.is_caught
    assert not result.is_right


def test_modules_of_the_model_are_compared() -> None:
    """The comparison above sees the table that is looked up, wherever it stands."""
    module = sys.modules["workerfuzz.statemachine.worker.machine"]
    assert isinstance(module, ModuleType)
    healthy = looked_up()
    with named("error-has-no-way-out").planted():
        changed = set(differences(healthy, looked_up()))
    assert changed == {"workerfuzz.statemachine.worker.machine.TRANSITIONS"}
