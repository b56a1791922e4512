"""The walker: each run learns from those before, and the same seed gives the same runs everywhere."""

import os
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.cases.format.corpus_entry import CorpusEntry
from workerfuzz.harness.engines.walk.tactics import DRAWN
from workerfuzz.harness.engines.walk.walker import EXTRA, GROWN, Walker, follow
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject
from workerfuzz.harness.worlds.scopes import SCOPES, World
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.strategies import worker
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.worker import parse
from workerfuzz.strategies.worker.run_config import RunConfig

#: What a process of its own prints of a few runs.
DIGEST = """
import hashlib
from workerfuzz.harness.worlds.scopes import SCOPES
from workerfuzz.harness.engines.walk.walker import Walker
from workerfuzz.harness.subjects import get, get_cluster
digest = hashlib.sha256()
for scope, subject in (("worker", get("reference")), ("cluster", get_cluster("reference"))):
    walker = Walker(subject, 3, SCOPES[scope])
    for number in range(60):
        digest.update("; ".join(map(str, walker.run(number).steps)).encode())
print(digest.hexdigest())
"""


def walker(scope: str = "worker", seed: int = 0, **overrides: Any) -> Walker:
    subject: Any = ReferenceSubject() if scope == "worker" else get_cluster("reference")
    return Walker(subject, seed, SCOPES[scope], **overrides)


def runs(walking: Walker, count: int) -> list[tuple[str, ...]]:
    return [tuple(map(str, walking.run(number).steps)) for number in range(count)]


def tactics_of(walking: Walker, count: int) -> Counter[str]:
    drawn: list[str] = []

    def observing(tactic: str) -> Any:
        drawn.append(tactic)
        return lambda world, step: None

    for number in range(count):
        walking.run(number, observing)
    return Counter(drawn)


def digest_under(hash_seed: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", DIGEST],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_runs_are_the_same_in_every_process() -> None:
    assert len({digest_under(seed) for seed in ("0", "1")}) == 1


def test_another_seed_gives_other_runs() -> None:
    assert not set(runs(walker(seed=1), 20)) & set(runs(walker(seed=2), 20))


def test_what_is_in_the_corpus_changes_what_follows() -> None:
    first = walker(seed=1)
    runs(first, 30)
    with_corpus, without = (
        runs(walker(seed=2, corpus=corpus), 30) for corpus in (first.corpus, ())
    )
    assert with_corpus == runs(walker(seed=2, corpus=first.corpus), 30)
    assert with_corpus != without


@pytest.mark.parametrize("scope", ["worker", "cluster"])
def test_every_tactic_has_its_runs(scope: str) -> None:
    drawn = tactics_of(walker(scope), 300)
    assert drawn.keys() == {*DRAWN[scope], *EXTRA[scope]}


@pytest.mark.parametrize("tactic", [*dict.fromkeys(DRAWN["worker"]), GROWN])
def test_a_tactic_can_be_the_only_one(tactic: str) -> None:
    assert tactics_of(walker(tactics=(tactic,)), 20) == {tactic: 20}


def test_a_run_that_reaches_something_leaves_a_stem() -> None:
    kept: list[CorpusEntry] = []
    walking = walker(keep=kept.append)
    world = walking.run(0)
    (stem,) = kept
    assert walking.corpus == kept
    assert stem.steps == tuple(world.steps[: len(stem.steps)])
    assert stem.subject == f"reference {ReferenceSubject().version()}"
    assert set(stem.reached) == walking.feedback.features
    runs(walking, 50)
    everything = [feature for stem in kept for feature in stem.reached]
    assert len(everything) == len(set(everything))


def test_what_the_corpus_reached_is_not_new() -> None:
    first = walker(seed=1)
    runs(first, 100)
    again = walker(seed=1, corpus=first.corpus)
    assert again.feedback.features >= {name for stem in first.corpus for name in stem.reached}
    elsewhere = [
        CorpusEntry(entry.run_config, entry.steps, entry.reached, "dask 2022.7.0")
        for entry in first.corpus
    ]
    assert not walker(corpus=elsewhere).feedback.features


def test_nothing_grows_from_the_step_that_breaks_something() -> None:
    with named("finish-is-kept-secret").planted():
        walking, found = walker("cluster"), []
        for number in range(60):
            try:
                walking.run(number)
            except Violation as violation:
                found.append(violation)
    assert len(found) > 5
    assert len(walking.bugs) == 1
    assert walking.corpus
    ends = [violation.steps for violation in found if not violation.at_rest]
    assert not [stem for stem in walking.corpus if stem.steps in ends]


def test_a_bug_counts_for_its_tactic_once() -> None:
    walking = walker(tactics=("uniform",))
    violation = Violation("p", "", "", at_rest=True)
    walking.learn("uniform", RunConfig(), (), violation)
    once = walking.credit.found["uniform"]
    walking.learn("uniform", RunConfig(), (), violation)
    assert once > 1
    assert walking.credit.found["uniform"] < once


def test_a_corpus_that_is_full_loses_what_grew_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workerfuzz.harness.engines.walk.walker.MOST_ENTRIES", 5)
    walking = walker()
    runs(walking, 60)
    assert len(walking.corpus) == len(walking.mutated) == 5


def test_a_plan_is_followed_as_far_as_it_is_possible() -> None:
    world: World = WorkerWorld(ReferenceSubject(), RunConfig())
    plan = [
        parse("execute-success x"),
        parse("compute-task x"),
        worker.BY_WORD["gather-dep-busy"],
        worker.BY_WORD["execute-failure"],
    ]
    follow(world, plan, RandomChooser(0))
    assert [str(step) for step in world.steps] == ["compute-task x", "execute-failure x"]
