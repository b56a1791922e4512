"""Exploring leaves nothing out, merges only what continues alike, and finds the shortest ways."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import pytest
from examples.tiny import Tiny

from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.cases.triage.signature import Signature, signature
from workerfuzz.harness.engines.explore.allowances import GROUPS, Allowances, Spent, allowances
from workerfuzz.harness.engines.explore.explore import Exploration, Way, every_step
from workerfuzz.harness.engines.explore.small_universe import (
    interchangeable,
    renamings,
    tiny_cluster,
    tiny_worker,
)
from workerfuzz.harness.engines.shrink.shrink import replay, shrink
from workerfuzz.harness.engines.walk.walk import walk
from workerfuzz.harness.subjects import get, get_cluster
from workerfuzz.harness.subjects.protocol import SubjectUnavailable
from workerfuzz.harness.worlds.scopes import SCOPES, AnyRunConfig
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.strategies.worker import Step

SUBJECTS = {"worker": get("reference"), "cluster": get_cluster("reference")}


def allowed(scope: str, **changed: int) -> Allowances:
    """``fail=1`` and the like; words of two parts with an underscore."""
    numbers = {name.replace("_", "-"): times for name, times in changed.items()}
    return allowances(scope, SCOPES[scope].kinds, numbers)


def explore(run_config: AnyRunConfig, numbers: Mapping[str, int], **options: Any) -> Exploration:
    scope = run_config.scope
    return Exploration(SUBJECTS[scope], run_config, allowed(scope, **numbers), **options)


def explored(run_config: AnyRunConfig, numbers: Mapping[str, int], **options: Any) -> Exploration:
    """With nothing found."""
    exploration = explore(run_config, numbers, **options)
    assert list(exploration.violations()) == []
    return exploration


#: Universes, what may happen in them, and how many states, steps and how much depth that makes. Should
#: a number change with the model or with what may happen to it, somebody has to know why.
CANARIES: Mapping[str, tuple[AnyRunConfig, Mapping[str, int], tuple[int, int, int]]] = {
    "a worker, two keys, a fault": (
        tiny_worker(),
        {"requests": 1},
        (921, 4925, 7),
    ),
    "a worker, two keys, two requests": (
        tiny_worker(),
        {"withdrawals": 0, "faults": 0},
        (395, 1227, 6),
    ),
    "a worker, two peers": (
        tiny_worker(peers=2),
        {"requests": 1, "faults": 0},
        (309, 1051, 5),
    ),
    "a worker, three keys": (
        tiny_worker(keys=3),
        {"requests": 1, "withdrawals": 0},
        (743, 2982, 7),
    ),
    "a cluster, a death, a theft": (
        tiny_cluster(),
        {"pauses": 0, "breaks": 0, "scatter": 0},
        (1387, 3434, 21),
    ),
    "a cluster, a failure": (
        tiny_cluster(),
        {"deaths": 0, "thefts": 0, "pauses": 0, "breaks": 0, "scatter": 0, "fail": 1},
        (188, 297, 13),
    ),
}


@pytest.mark.parametrize(("run_config", "numbers", "expected"), CANARIES.values(), ids=CANARIES)
def test_counts_are_what_they_were(
    run_config: AnyRunConfig, numbers: Mapping[str, int], expected: tuple[int, int, int]
) -> None:
    exploration = explored(run_config, numbers)
    assert exploration.is_complete
    assert (exploration.states, exploration.transitions, exploration.depth) == expected


#: The same of what is explored unless something else is asked for.
DEFAULTS = {
    "worker": (tiny_worker(), (19186, 104457, 10)),
    "cluster": (tiny_cluster(), (24789, 78622, 29)),
}


@pytest.mark.slow
@pytest.mark.parametrize(("run_config", "expected"), DEFAULTS.values(), ids=DEFAULTS)
def test_counts_of_the_defaults_are_what_they_were(
    run_config: AnyRunConfig, expected: tuple[int, int, int]
) -> None:
    exploration = explored(run_config, {})
    assert exploration.is_complete
    assert (exploration.states, exploration.transitions, exploration.depth) == expected


#: Universes in which all runs of a length can be made one by one.
ONE_BY_ONE: Mapping[str, tuple[AnyRunConfig, Mapping[str, int], int]] = {
    "worker": (tiny_worker(keys=1), {"requests": 1, "faults": 2}, 3),
    "two keys": (tiny_worker(), {"requests": 1}, 2),
    "cluster": (tiny_cluster(keys=1), {"fail": 1, "thefts": 0, "scatter": 0}, 6),
}


@pytest.mark.parametrize("longer", [0, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("run_config", "numbers", "length"), ONE_BY_ONE.values(), ids=ONE_BY_ONE)
def test_nothing_is_left_out(
    run_config: AnyRunConfig, numbers: Mapping[str, int], length: int, longer: int
) -> None:
    """Every state that some run of that length reaches, all runs made one by one, is met."""
    length += longer
    items = allowances(run_config.scope, SCOPES[run_config.scope].kinds, numbers)
    root: Any = SCOPES[run_config.scope].open(SUBJECTS[run_config.scope], run_config)
    reached: set[object] = set()

    def make_runs(world: Any, spent: Spent, left: int) -> None:
        reached.add(world.fingerprint())
        for kind in world.possible() if left else ():
            after = items.after(spent, kind)
            for step in every_step(world, kind) if after is not None else ():
                then = world.copy()
                then.apply(step)
                make_runs(then, after, left - 1)

    make_runs(root.copy(), items.start, length)
    root.close()
    exploration = Exploration(
        SUBJECTS[run_config.scope], run_config, items, depth=length, distinct=True
    )
    assert list(exploration.violations()) == []
    assert exploration.states == len(reached) > 100
    assert exploration.depth == length


@pytest.mark.parametrize("scope", SCOPES)
def test_worlds_that_are_made_again_are_the_same(scope: str) -> None:
    """Results do not depend on how many worlds are kept in memory."""
    run_config = tiny_worker() if scope == "worker" else tiny_cluster()
    kept, made = (explored(run_config, {"requests": 1}, depth=3, kept=kept) for kept in (1_000, 5))
    assert (kept.states, kept.transitions) == (made.states, made.transitions)
    assert [way.steps() for way in kept.frontier] == [way.steps() for way in made.frontier]


class Collecting(Exploration):
    """Keeps the fingerprints of all worlds that are met; those that differ in names alone are one."""

    def arrive(self, world: Any, way: Way) -> Iterator[Violation]:
        fingerprint = world.fingerprint()
        if fingerprint not in self.met:
            self.met.add(fingerprint)
            others = renamings(interchangeable(self.run_config))
            self.orbits.add(frozenset(world.fingerprint(names) for names in others))
        return super().arrive(world, way)

    @cached_property
    def orbits(self) -> set[frozenset[object]]:
        return set()

    @cached_property
    def met(self) -> set[object]:
        return set()


#: Universes, what may happen, and how many states are lost where names do not count.
LOST: Mapping[str, tuple[AnyRunConfig, Mapping[str, int], int]] = {
    "peers": (tiny_worker(peers=2), {"requests": 1, "faults": 0}, 0),
    "workers": (tiny_cluster(), {"breaks": 0, "scatter": 0, "pauses": 0, "thefts": 0}, 0),
    "a name decides": (
        tiny_worker(peers=2),
        {"compute-task": 0, "acquire-replicas": 2, "update-data": 0, "withdrawals": 0},
        1,
    ),
}


@pytest.mark.parametrize(("run_config", "numbers", "lost"), LOST.values(), ids=LOST)
def test_parties_that_differ_in_their_names_count_once(
    run_config: AnyRunConfig, numbers: Mapping[str, int], lost: int
) -> None:
    """Names of peers matter to some choices, so merging explores one of two equivalent worlds only."""
    items = allowed(run_config.scope, **numbers)
    subject = SUBJECTS[run_config.scope]
    apart = Collecting(subject, run_config, items, distinct=True)
    merged = Collecting(subject, run_config, items)
    assert [*apart.violations(), *merged.violations()] == []
    assert merged.orbits <= apart.orbits
    assert merged.states == len(merged.orbits) < apart.states
    assert len(apart.orbits) - len(merged.orbits) == lost


#: Bugs that show in a tiny universe, each in another way.
PLANTED = {
    "worker": (
        "freeing-takes-the-thread-away",
        "revived-task-starts-again",
        "error-has-no-way-out",
        "seceded-task-has-no-way-back",
        "resumed-task-is-left-alone",
        "failed-copy-hangs-its-dependents",
        "failure-is-kept-secret",
    ),
    "cluster": (
        "dead-worker-keeps-its-tasks",
        "copies-are-not-heard-of",
        "nobody-is-told-to-let-go",
    ),
}


#: Those for which a walk looks for long; the others show in as many ways.
SLOW = (
    "seceded-task-has-no-way-back",
    "resumed-task-is-left-alone",
    "failed-copy-hangs-its-dependents",
)


@pytest.mark.parametrize(
    ("scope", "name"),
    [
        pytest.param(scope, name, marks=[pytest.mark.slow] if name in SLOW else [])
        for scope in PLANTED
        for name in PLANTED[scope]
    ],
)
def test_a_planted_bug_is_found_the_shortest_way(scope: str, name: str) -> None:
    """Not even shrinking finds a shorter one, be it of this run or of a walk's in that universe."""
    mutant, subject = named(name), SUBJECTS[scope]
    run_config = tiny_worker() if scope == "worker" else tiny_cluster()
    with mutant.planted():
        exploration = explore(run_config, {})
        violation = next(exploration.violations())
        assert violation.property in mutant.caught_by
        assert violation.run_config is run_config
        again = replay(subject, run_config.config, violation.steps, SCOPES[scope])
        assert again is not None
        assert signature(again) == signature(violation)
        assert again.at_rest == violation.at_rest
        assert len(shrink(subject, violation).steps) == len(violation.steps)
        assert len(walked(run_config, signature(violation))) >= len(violation.steps)


def walked(run_config: AnyRunConfig, mark: Signature) -> Sequence[Step]:
    """The shrunk steps of the first violation of that kind that a walk finds in that universe."""
    scope = run_config.scope
    for seed in range(3_000):
        try:
            walk(SUBJECTS[scope], f"{seed}", scope=SCOPES[scope], run_config=lambda _: run_config)
        except Violation as violation:
            if signature(violation) == mark:
                steps = shrink(SUBJECTS[scope], violation).steps
                if is_allowed(scope, steps):
                    return steps
    raise AssertionError("the walk did not find it")


def is_allowed(scope: str, steps: Sequence[Step]) -> bool:
    """An exploration with the usual allowances takes steps of these kinds."""
    limits = allowances(scope, SCOPES[scope].kinds)
    return all(limits.after(limits.start, type(step)) is not None for step in steps)


def test_it_goes_on_after_a_finding() -> None:
    with named("error-has-no-way-out").planted():
        exploration = explore(tiny_worker(), {"requests": 1})
        found = list(exploration.violations())
    assert exploration.is_complete
    lengths = [len(violation.steps) for violation in found]
    assert lengths == sorted(lengths)
    assert len(set(lengths)) > 1


def test_a_harness_that_fails_says_on_which_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: WorkerWorld) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(WorkerWorld, "finish", fails)
    with pytest.raises(ZeroDivisionError) as failure:
        list(explore(tiny_worker(), {}).violations())
    assert failure.value.__notes__ == ["after no step"]


#: Limits by what they are told as, and the depth that is complete by then.
LIMITS: Mapping[str, tuple[Mapping[str, Any], int]] = {
    "depth": ({"depth": 2}, 2),
    "states": ({"most_states": 100}, 1),
    "time": ({"is_over": iter([False] * 5 + [True]).__next__}, 1),
}


@pytest.mark.parametrize(("told", "limits", "depth"), [(limit, *LIMITS[limit]) for limit in LIMITS])
def test_a_limit_ends_it_and_is_told(told: str, limits: Mapping[str, Any], depth: int) -> None:
    exploration = explored(tiny_worker(), {}, **limits)
    assert (exploration.stopped, exploration.is_complete, exploration.depth) == (told, False, depth)
    assert exploration.frontier


def test_nothing_is_complete_before_it_began() -> None:
    assert not explore(tiny_worker(), {}).is_complete


@pytest.mark.parametrize("kept", [0, 1_000])
def test_what_may_not_happen_does_not(kept: int) -> None:
    """No run takes more of anything than is allowed."""
    exploration = explored(tiny_worker(), {"requests": 1, "pause": 0}, depth=3, kept=kept)
    assert exploration.frontier
    for way in exploration.frontier:
        words = [step.word for step in way.steps()]
        assert "pause" not in words
        for group in GROUPS["worker"]:
            times = 1 if group.name == "requests" else group.times
            assert sum(word in group.words for word in words) <= times


def test_a_subject_that_cannot_be_copied_is_not_explored() -> None:
    with pytest.raises(SubjectUnavailable) as unavailable:
        list(Exploration(Tiny(), tiny_worker(), allowed("worker")).violations())
    assert str(unavailable.value) == 'subject "plain" cannot be copied, and so not explored'
