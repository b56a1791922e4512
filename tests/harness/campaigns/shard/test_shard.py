"""A shard goes on after a finding, knows what is known, and keeps what is new."""

import errno
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from examples.campaigns import result_in

from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard import shard as shards
from workerfuzz.harness.campaigns.shard.counters import total
from workerfuzz.harness.campaigns.shard.result import MOST_POINTS, ShardResult
from workerfuzz.harness.campaigns.shard.shard import Shard, fill, open_shard
from workerfuzz.harness.cases.format import corpus
from workerfuzz.harness.cases.format.case import CaseError
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.triage.known_bugs import Known
from workerfuzz.harness.cases.triage.signature import Signature
from workerfuzz.harness.engines.findings.finding import (
    Finding,
    SeenBefore,
    merge_findings,
    name_of,
)
from workerfuzz.harness.engines.shrink.shrink import Shrinker
from workerfuzz.harness.engines.walk.walker import Walker
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.playing import violation_of
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.cluster import BY_WORD
from workerfuzz.strategies.cluster.run_config import ClusterConfig, ClusterRunConfig
from workerfuzz.strategies.worker import parse


def plan(scope: str = "cluster", engine: str = "walk", runs: int = 30, **overrides: Any) -> Plan:
    return Plan(scope=scope, engine=engine, budget=Budget(runs=runs), **overrides)


def account_of(out: Path, **overrides: Any) -> ShardResult:
    return result_in(out, plan(**overrides))


@pytest.mark.parametrize("scope", ["worker", "cluster"])
@pytest.mark.parametrize("engine", ["walk", "hypothesis"])
def test_healthy_model_has_nothing_new(tmp_path: Path, scope: str, engine: str) -> None:
    done = account_of(tmp_path, scope=scope, engine=engine)
    assert 30 <= done.runs <= 60  # Hypothesis adds some of its own
    assert done.total.runs == done.runs
    assert sum(done.total.taken.values()) >= done.total.steps > 100  # Hypothesis gives some runs up
    assert not done.new
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("engine", ["walk", "hypothesis"])
def test_what_is_found_becomes_a_case_and_the_shard_goes_on(tmp_path: Path, engine: str) -> None:
    with named("finish-is-kept-secret").planted():
        done = account_of(tmp_path, engine=engine)
    assert done.runs >= 30
    (finding,) = done.new
    assert finding.occurrences == done.total.found > 1
    assert finding.is_minimal
    case = load(Path(finding.path))
    assert [str(step) for step in case.steps] == ["submit c0 a want a"]
    assert finding.case.case == case
    assert finding.consequence.startswith("a client waits for ever")
    assert f"replay it: workerfuzz replay {finding.path}" in finding.lines


def test_what_is_known_is_told_apart(tmp_path: Path) -> None:
    with named("finish-is-kept-secret").planted():
        (finding,) = account_of(tmp_path).new
        case = finding.case.case
        subject = get_cluster("reference")
        mark = Signature(*finding.signature)
        known = Known({mark.shape: [(mark.property, case)]})
        again = fill(Shard(plan(), subject, known))
    assert not again.new
    assert [item.known for item in again.findings] == [case.title]


FIRST = "submit c0 a[retries=1] want a|deliver c0->scheduler|deliver scheduler->w0|fail w0 a"
OCCURRENCES = {
    "tries-never-end": f"{FIRST}|deliver w0->scheduler|deliver scheduler->w0|fail w0 a"
    "|deliver w0->scheduler",
    "word-of-a-pause-is-lost": "pause w0|deliver w0->scheduler|submit c0 a want a"
    "|deliver c0->scheduler",
}


def test_another_bug_of_the_same_signature_is_a_finding_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second occurrence is shrunk as well; the third is not, whatever it is."""
    monkeypatch.setattr(shards, "SHRUNK_AGAIN", {2})
    monkeypatch.setattr(shards, "signature", lambda _: Signature("tries_are_counted", "", "it"))
    shard = open_shard(plan())
    shard.observing("weighted")
    found = []
    for name in ("tries-never-end", "word-of-a-pause-is-lost", "word-of-a-pause-is-lost"):
        steps = [parse(line, BY_WORD) for line in OCCURRENCES[name].split("|")]
        with named(name).planted():
            world = ClusterWorld(shard.subject, ClusterRunConfig(ClusterConfig(workers=1)))
            violation = violation_of(world, steps)
            assert violation is not None
            found.append(shard.record_violation(violation))
    first, second, third = found
    assert first is not None
    assert second is not None
    assert third is None
    assert [finding.occurrences for finding in shard.found.values()] == [3, 1]
    assert (first.kinds, second.kinds) == ((), ("pause", "submit"))
    merged = merge_findings([first, second])
    assert sorted(finding.occurrences for finding in merged) == [1, 3]
    assert len({name_of(finding) for finding in merged}) == 2


def test_what_has_a_case_is_counted_and_not_shrunk_again(tmp_path: Path) -> None:
    once = account_of(tmp_path, planted="finish-is-kept-secret")
    (finding,) = once.new
    seen = (SeenBefore("some.case", finding.signature),)
    again = account_of(tmp_path / "new", planted="finish-is-kept-secret", seen=seen)
    assert not again.new
    (counted,) = again.findings
    assert (counted.known, counted.occurrences) == ("some.case", finding.occurrences)
    assert not counted.case
    assert not (tmp_path / "new").exists()


def test_without_a_folder_cases_are_in_the_account_alone() -> None:
    done = fill(open_shard(plan(planted="finish-is-kept-secret")))
    (finding,) = done.new
    assert finding.case.case.steps
    assert finding.path == ""
    assert not [line for line in finding.lines if "replay it" in line]


def test_a_shard_goes_on_where_another_one_ended(tmp_path: Path) -> None:
    whole = account_of(tmp_path, tactic="weighted")
    begun = account_of(tmp_path, tactic="weighted", runs=12)
    rest = account_of(tmp_path, tactic="weighted", runs=18, first=begun.runs)
    assert whole.runs == rest.runs == 30
    assert whole.total.taken == total([begun.total, rest.total]).taken
    assert whole.total.sketch == total([begun.total, rest.total]).sketch


def test_a_shard_that_goes_on_repeats_nothing(tmp_path: Path) -> None:
    begun = account_of(tmp_path, scope="worker", runs=100)
    rest = account_of(tmp_path, scope="worker", runs=100, first=begun.runs)
    assert not set(begun.total.sketch) & set(rest.total.sketch)


def test_the_corpus_grows_and_runs_grow_from_it(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    first = account_of(tmp_path, scope="worker", runs=60, corpus=str(folder))
    assert first.corpus_size == 0
    assert first.corpus_added == len(corpus.load(folder).entries) > 20
    again = account_of(tmp_path, scope="worker", runs=60, corpus=str(folder))
    assert again.corpus_size == first.corpus_added
    assert again.corpus_added < first.corpus_added  # much is reached already
    assert account_of(tmp_path, runs=1, corpus=str(folder)).corpus_size == 0  # of clusters


def test_what_is_wrong_with_a_corpus_is_told_and_runs_go_on(tmp_path: Path) -> None:
    (tmp_path / "bad.stem").write_text("")
    done = account_of(tmp_path, scope="worker", runs=5, corpus=str(tmp_path))
    assert done.unreadable == [f"{tmp_path / 'bad.stem'}: the file is empty"]
    assert not done.faults
    assert done.runs == 5
    (tmp_path / "0.stem").write_text("workerfuzz-stem 2\n")
    with pytest.raises(CaseError, match="format 2 is newer"):
        open_shard(plan(corpus=str(tmp_path)))


def test_a_full_disk_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(corpus, "write", full)
    done = account_of(tmp_path, scope="worker", runs=20, corpus=str(tmp_path / "corpus"))
    problem = "no space left on device; the corpus does not grow any more"
    assert done.corpus_error == f"{tmp_path / 'corpus'}: {problem}"
    assert (done.runs, done.corpus_added) == (20, 0)


def test_interruption_while_something_is_shrunk_ends_the_shard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(_: Shrinker) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Shrinker, "simplify_config", interrupted)
    done = fill(open_shard(plan(planted="finish-is-kept-secret")))
    assert done.interrupted
    (finding,) = done.new
    assert not finding.is_minimal
    assert finding.case.case.steps
    assert done.runs == finding.run + 1 < 30


def test_new_bugs_are_told_at_once(tmp_path: Path) -> None:
    told: list[Finding | None] = []
    with named("finish-is-kept-secret").planted():
        done = fill(open_shard(plan(), told.append))
    assert [finding for finding in told if finding is not None] == done.new


def test_number_of_workers_can_be_chosen(tmp_path: Path) -> None:
    shard = open_shard(plan(workers=4))
    drawn = [shard.run_config(RandomChooser(seed)).config for seed in range(9)]
    assert [config.workers for config in drawn if isinstance(config, ClusterConfig)] == [4] * 9


@pytest.mark.parametrize("engine", ["walk", "hypothesis"])
def test_same_seed_same_shard(tmp_path: Path, engine: str) -> None:
    one, other, different = (
        account_of(tmp_path, engine=engine, scope="worker", seed=seed) for seed in (5, 5, 6)
    )
    assert one.total.taken == other.total.taken != different.total.taken
    assert one.total.edges == other.total.edges
    assert one.total.sketch == other.total.sketch
    assert one.total.sketch != different.total.sketch


def test_interruption_keeps_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> WorkerWorld:
        raise KeyboardInterrupt

    monkeypatch.setattr(Walker, "run", interrupted)
    done = account_of(tmp_path)
    assert done.interrupted
    assert done.runs == 0


def test_a_fault_of_ours_says_in_which_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object) -> WorkerWorld:
        raise ZeroDivisionError

    monkeypatch.setattr(Walker, "run", stumble)
    with pytest.raises(ZeroDivisionError) as raised:
        account_of(tmp_path, seed=7)
    assert raised.value.__notes__ == ["in run 0 of seed 7"]


def test_tactics_are_counted_apart(tmp_path: Path) -> None:
    done = account_of(tmp_path, runs=60)
    assert len(done.counters) > 2
    assert sum(tally.runs for tally in done.counters.values()) == 60
    assert all(tally.seconds > 0 for tally in done.counters.values())
    assert done.curve[-1].tactics.keys() == done.counters.keys()


def test_properties_are_counted_in_some_runs(tmp_path: Path) -> None:
    checked = account_of(tmp_path, scope="worker").total.checked
    assert checked["role_fits_state"] > 10
    # in runs 0 and 20, neither of which loses its scheduler
    assert account_of(tmp_path).total.checked["wanted_keys_resolve"] == 2


def test_a_curve_stays_short() -> None:
    account = ShardResult(Plan())
    for second in range(1000):
        account.seconds = second
        account.note_point()
    assert len(account.curve) <= MOST_POINTS
    seconds = [point.seconds for point in account.curve]
    assert seconds == sorted(seconds)
    assert seconds[-1] == 999


def test_a_long_walk_reaches_everything(tmp_path: Path) -> None:
    """The *sometimes* properties: every state, edge, detour and kind of step."""
    done = account_of(tmp_path, scope="worker", runs=2500, seed=1)
    assert not done.findings
    assert done.unreached() == []


@pytest.mark.parametrize("engine", ["walk", "hypothesis"])
def test_a_bug_that_has_a_case_in_the_folder_was_seen_before(tmp_path: Path, engine: str) -> None:
    """A second run, of other seeds, neither finds it new nor writes it again."""
    options = {"scope": "worker", "engine": engine, "planted": "bytes-stay-under-way", "runs": 9}
    (found,) = account_of(tmp_path, seed=1, **options).new
    (path,) = tmp_path.iterdir()
    path.write_text(path.read_text().replace("> ", "# edited\n> ", 1))
    edited = path.read_text()
    again = account_of(tmp_path, seed=2, **options)
    assert not again.new
    assert [finding.known for finding in again.findings] == [Path(found.path).name]
    assert [*tmp_path.iterdir()] == [path]
    assert path.read_text() == edited


def test_a_shard_mutates_no_runs_of_another_subject(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    account_of(tmp_path, scope="worker", runs=60, corpus=str(folder))
    entries = corpus.load(folder).entries
    for entry in entries:
        corpus.store(folder, replace(entry, subject="another 1.0"))
    shard = open_shard(plan(scope="worker", corpus=str(folder)))
    assert len(corpus.load(folder).entries) == 2 * len(entries)
    assert {entry.subject_name for entry in shard.entries} == {"reference"}


@pytest.mark.parametrize("masked", [True, False])
def test_an_interruption_that_hypothesis_hides_is_one(
    monkeypatch: pytest.MonkeyPatch, *, masked: bool
) -> None:
    def run(self: object) -> None:
        try:
            if not masked:
                raise ValueError
            signal.raise_signal(signal.SIGINT)
        except (KeyboardInterrupt, ValueError):
            assert not self

    monkeypatch.setattr(shards, "ENGINES", {"hypothesis": run})
    shard = open_shard(plan("worker", "hypothesis"))
    former = signal.signal(signal.SIGINT, signal.default_int_handler)  # xdist ignores it
    try:
        if masked:
            assert fill(shard).interrupted
        else:
            with pytest.raises(AssertionError):
                fill(shard)
    finally:
        signal.signal(signal.SIGINT, former)


def test_shrinking_does_not_count_against_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    shard = open_shard(replace(plan(), budget=Budget(seconds=50.0, cpu_s=50.0)))
    now = 0.0

    def clock() -> float:
        return now

    monkeypatch.setattr(shards.time, "monotonic", clock)
    monkeypatch.setattr(shards.time, "process_time", clock)
    shard.began = shard.began_cpu = 0.0
    now = 40.0
    with shard.shrinking():
        now = 140.0
    assert not shard.spent()
    now = 151.0
    assert shard.spent()
    assert shard.shrinking_s == shard.shrinking_cpu_s == 100.0
