"""A night: its phases in order, to the end of its budget, and gone on with where it was interrupted."""

import errno
import shutil
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from examples.canaries import run_with_shared_canaries
from examples.minimising import minimise_here

from workerfuzz.harness.campaigns.mutants.catalogue import named
from workerfuzz.harness.campaigns.nightly import night_files, night_log
from workerfuzz.harness.campaigns.nightly.folder import opened
from workerfuzz.harness.campaigns.nightly.night import Night
from workerfuzz.harness.campaigns.nightly.night_files import (
    NIGHT,
    SUMMARY,
    Written,
    night_in,
    read_night,
)
from workerfuzz.harness.campaigns.nightly.nightly import (
    Nightly,
    NotMinimised,
    ShowProgress,
    SilentObserver,
)
from workerfuzz.harness.campaigns.nightly.regression_replay import RegressionReplay
from workerfuzz.harness.campaigns.nightly.resume import NightOptions, NightStart, open_night
from workerfuzz.harness.campaigns.nightly.validity import PLANTED
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.campaigns.shard.counters import total
from workerfuzz.harness.campaigns.shard.executor import Executor, ProgressCallback, run_in_process
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.format import corpus
from workerfuzz.harness.cases.replay.replay import Replay, ReplayOutcome
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.engines.shrink.corpus_minimisation import Minimised
from workerfuzz.harness.report.night_summary import first_lines

pytestmark = pytest.mark.usefixtures("short_canaries")

BUG = "finish-is-kept-secret"

#: Runs of a night, half of them for each target.
RUNS = 16
PHASES = ["canary", "replay", "known", "fuzz", "minimise", "report"]
TARGETS = {Target("reference", "worker"): "1.0", Target("reference", "cluster"): "1.0"}


def replay(path: Path, subject: str) -> Replay:
    return Replay(ReplayOutcome.AS_WRITTEN, str(path), subject)


@dataclass
class Recorder(SilentObserver):
    """Records everything that a night shows."""

    said: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    watched: list[tuple[int, Finding | None]] = field(default_factory=list)
    shown: list[tuple[str, int]] = field(default_factory=list)

    def say(self, line: str) -> None:
        self.said.append(line)

    def found(self, finding: Finding) -> None:
        self.findings.append(finding)

    def show(self, result: ShardResult, finding: Finding | None = None, /) -> None:
        self.watched.append((result.runs, finding))

    def short_phase(self) -> AbstractContextManager[ShowProgress]:
        return nullcontext(lambda activity, done, total: self.shown.append((activity, done)))


def sit(
    folder: Path,
    *,
    seed: int = 1,
    runs: int = RUNS,
    bug: str = "",
    carry: Executor = run_with_shared_canaries,
    resume: bool = False,
    before: Callable[[Nightly], Any] = lambda _: None,
) -> tuple[Night, Recorder]:
    """One recorder of a night on the reference."""
    recorder = Recorder()
    orders = NightOptions(seed=seed, budget=Budget(runs=runs), targets=TARGETS)
    with opened(folder) as opened_folder, ExitStack() as stack:
        opening = open_night(
            opened_folder,
            orders,
            carry,
            replay,
            minimiser=minimise_here,
            observer=recorder,
            resume=resume,
        )
        night = opening.nightly
        before(night)
        if bug:
            stack.enter_context(fuzzing_with(night, bug))
        return night.run(), recorder


def fuzzing_with(night: Nightly, bug: str) -> Any:
    """The model has the bug when it is fuzzed, and not before."""
    carry = night.executor
    night.executor = lambda plans, tell: carry((planted(plan, bug) for plan in plans), tell)
    return nullcontext()


def planted(plan: Plan, bug: str) -> Plan:
    is_canary = plan.planted or plan.seed % (1 << 20) == (1 << 20) - 1
    return plan if is_canary else replace(plan, planted=bug)


def test_phases_come_in_order_and_are_written_down(tmp_path: Path) -> None:
    night, recorder = sit(tmp_path)
    assert [phase.name for phase in night.phases] == PHASES
    assert night.red == []
    assert night.ended
    assert not night.interrupted
    assert total(shard.total for shard in night.shards).runs == RUNS
    assert night.versions.keys() == {"reference", "workerfuzz"}
    assert recorder.said[0] == f"canary: found {', '.join(PLANTED.values())}; nothing else"
    assert recorder.said[-1].startswith(f"report: {RUNS} runs; of ")
    assert not recorder.findings
    assert [number for number, _ in recorder.watched][-1] == RUNS / 2


def test_who_asks_what_is_left_does_not_change_the_order_of_phases(tmp_path: Path) -> None:
    night, _ = sit(tmp_path, runs=4, before=lambda night: night.budget_split())
    assert [phase.name for phase in night.phases] == PHASES


def test_a_night_goes_on_after_a_finding_and_is_red(tmp_path: Path) -> None:
    night, recorder = sit(tmp_path, bug=BUG)
    assert total(shard.total for shard in night.shards).runs == RUNS
    (finding,) = night.new
    assert [item.signature for item in recorder.findings] == [finding.signature]
    assert [item for _, item in recorder.watched if item is not None] == recorder.findings
    assert finding.occurrences > 1
    assert (tmp_path / finding.path).exists()
    assert night.red == ["fuzz: 1 new"]


def test_what_was_found_is_known_the_next_night(tmp_path: Path) -> None:
    sit(tmp_path, bug=BUG)
    night, recorder = sit(tmp_path, seed=2, bug=BUG)
    assert not recorder.findings
    assert not night.new
    (finding,) = night.findings
    assert finding.known.startswith("wanted_keys_resolve-")
    assert night.red == []


def test_the_same_runs_again_are_red(tmp_path: Path) -> None:
    first, _ = sit(tmp_path)
    shutil.rmtree(tmp_path / "corpus")
    seed, runs = sit(tmp_path)[0].red
    assert seed == f"report: seed 1 is that of night {first.name}, too; a night needs a fresh one"
    assert runs.startswith("report: tonight's runs are not new: 100% of those")
    assert sit(tmp_path, seed=2)[0].red == []


def test_what_runs_reach_is_shared_by_shards_and_nights_and_made_small(tmp_path: Path) -> None:
    night, recorder = sit(tmp_path, runs=40)
    assert {shard.plan.corpus for shard in night.shards} == {str(tmp_path / "corpus")}
    added = sum(shard.corpus_added for shard in night.shards)
    kept = corpus.load(tmp_path / "corpus").entries
    assert added > len(kept) > 10
    told = night.phase("minimise").lines
    assert [line.partition(", of which ")[0] for line in told] == [
        f"{target}: {shard.corpus_added} corpus entries"
        for target, shard in zip(TARGETS, night.shards, strict=True)
    ]
    assert set(told) <= {line.removeprefix("minimise: ") for line in recorder.said}
    again, _ = sit(tmp_path, seed=2, runs=40)
    assert sum(shard.corpus_size for shard in again.shards) == len(kept)
    assert sum(shard.corpus_added for shard in again.shards) < added


def test_a_corpus_that_cannot_be_minimised_makes_the_night_red(tmp_path: Path) -> None:
    def refuse(folder: Path, target: Target) -> Minimised:
        raise NotMinimised("it took too long")

    def refusing(night: Nightly) -> None:
        night.minimiser = refuse

    night, _ = sit(tmp_path, before=refusing)
    assert night.red == [
        f"minimise: {target}: the corpus keeps all entries: it took too long" for target in TARGETS
    ]
    assert corpus.load(tmp_path / "corpus").entries


def test_a_stem_that_cannot_be_read_is_told_once_and_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "cut.stem").write_text("workerfuzz-st")
    orders = NightOptions(seed=1, budget=Budget(runs=4), targets=TARGETS)
    with opened(tmp_path) as opened_folder:
        opening = open_night(opened_folder, orders, run_with_shared_canaries, replay)
        night = opening.nightly.run()
    (problem,) = opening.problems
    assert problem.startswith(f"{tmp_path / 'corpus' / 'cut.stem'}:1: not a corpus entry")
    assert night.red == []
    assert (tmp_path / "corpus" / "cut.stem").exists()


def test_a_full_disk_keeps_the_corpus_small_and_the_night_going(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(corpus, "write", full)
    night, _ = sit(tmp_path)
    assert total(shard.total for shard in night.shards).runs == RUNS
    problem = "no space left on device; the corpus does not grow any more"
    assert night.red == [f"fuzz: {tmp_path / 'corpus'}: {problem}"]


def test_a_bug_that_is_not_found_makes_the_night_red_and_it_goes_on(tmp_path: Path) -> None:
    """A fuzzer that misses the planted bug makes the night red."""

    def blind(plans: Iterable[Plan], tell: ProgressCallback) -> list[ShardResult]:
        return run_with_shared_canaries((replace(plan, planted="") for plan in plans), tell)

    night, _ = sit(tmp_path, carry=blind)
    assert [why.partition(" in ")[0] for why in night.red] == [
        f"canary: {name} was planted, and not found" for name in PLANTED.values()
    ]
    assert total(shard.total for shard in night.shards).runs == RUNS


def test_a_healthy_model_that_breaks_makes_the_night_red(tmp_path: Path) -> None:
    with named("bytes-stay-under-way").planted():
        night, _ = sit(tmp_path, runs=4, carry=run_in_process)
    assert "canary: incoming_bytes_are_conserved breaks in 8 runs at worker scope, where " in str(
        night.red
    )


def test_what_breaks_where_nothing_is_planted_is_kept(tmp_path: Path) -> None:
    """Even if the night itself meets nothing."""

    def canaries_only(plans: Iterable[Plan], tell: ProgressCallback) -> list[ShardResult]:
        shards = list(plans)
        if all(plan.corpus for plan in shards):
            return []
        return run_in_process(shards, tell)

    with named("bytes-stay-under-way").planted():
        night, _ = sit(tmp_path, runs=4, carry=canaries_only)
    assert not night.shards
    kept = [path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.case")]
    assert any("~ incoming_bytes_are_conserved" in text for text in kept)


def interrupted_after(count: int) -> Executor:
    """Ctrl-C comes when so many shards are over, in the canary or later."""

    def carry(plans: Iterable[Plan], tell: ProgressCallback) -> list[ShardResult]:
        nonlocal count
        accounts: list[ShardResult] = []

        def some() -> Iterable[Plan]:
            nonlocal count
            for plan in plans:
                if count == 0:
                    accounts.append(ShardResult(plan, interrupted=True))
                    return
                count -= 1
                yield plan

        return run_with_shared_canaries(some(), tell) + accounts

    return carry


@pytest.mark.parametrize("count", [2, 4, 5])
def test_a_night_that_was_interrupted_is_gone_on_with(tmp_path: Path, count: int) -> None:
    whole, _ = sit(tmp_path / "whole", bug=BUG)
    night, _ = sit(tmp_path, bug=BUG, carry=interrupted_after(count))
    assert night.interrupted
    assert night.ended
    assert "there was no run" not in str(night.red)
    assert total(shard.total for shard in night.shards).runs == RUNS / 2 * max(count - 4, 0)
    again, recorder = sit(tmp_path, bug=BUG, seed=2, runs=99, resume=True)
    assert again.name == night.name, "the other orders are for a night that begins"
    assert not again.interrupted
    assert [(finding.signature, finding.occurrences) for finding in again.new] == [
        (finding.signature, finding.occurrences) for finding in whole.new
    ]
    assert total(shard.total for shard in again.shards).taken == (
        total(shard.total for shard in whole.shards).taken
    )
    assert [phase.name for phase in again.phases if phase.name == "canary"] == ["canary"]
    assert recorder.said[0].startswith("canary: found")


def test_a_night_that_is_over_is_not_gone_on_with(tmp_path: Path) -> None:
    first, _ = sit(tmp_path)
    second, _ = sit(tmp_path, seed=2, resume=True)
    assert (first.seed, second.seed) == (1, 2)
    assert first.name != second.name


def test_nights_of_the_same_second_have_names_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workerfuzz.harness.campaigns.nightly import resume as opening

    monkeypatch.setattr(opening, "now", lambda: "2026-11-25T23:59:59+00:00")
    assert [sit(tmp_path, runs=4)[0].name for _ in range(2)] == [
        "2026-11-25T23-59-59-1",
        "2026-11-26T00-00-00-1",
    ]


def test_time_of_all_recorders_counts(tmp_path: Path) -> None:
    night, _ = sit(tmp_path, carry=interrupted_after(5))
    spent = night.phase("fuzz").seconds
    assert spent > 0

    def check(nightly: Nightly) -> None:
        assert nightly.budget_split().spent_s == spent

    sit(tmp_path, resume=True, before=check)


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    night, _ = sit(tmp_path, carry=interrupted_after(5))
    broken = tmp_path / "nights" / night.name / "shards" / "0000.json"
    broken.write_text("{")
    told: list[NightStart] = []
    orders = NightOptions(seed=1, budget=Budget(runs=1), targets=TARGETS)
    with opened(tmp_path) as opened_folder:
        told.append(
            open_night(opened_folder, orders, run_with_shared_canaries, replay, resume=True)
        )
        again = told[0].nightly.run()
    assert told[0].problems == [f"{broken}: broken: Input data was truncated; it is left as it is"]
    assert broken.read_text() == "{"
    assert total(shard.total for shard in again.shards).runs == RUNS, "its runs are done again"
    names = sorted(path.name for path in broken.parent.iterdir())
    assert names == ["0000.2.json", "0000.json", "0001.json"]


def test_what_people_look_at_is_written_when_the_night_is(tmp_path: Path) -> None:
    seen: list[str] = []

    def reports(path: Path) -> list[str]:
        seen.append(night_in(path / NIGHT).ended)
        return ["the page"]

    def reporting(night: Nightly) -> None:
        night.report_writer = reports

    night, recorder = sit(tmp_path, runs=4, before=reporting)
    assert seen == [night.ended]
    assert recorder.said[-1] == "report: the page"
    assert night_in(tmp_path / "nights" / night.name / NIGHT).phases[-1].lines[-1] == "the page"


def test_who_has_no_time_for_the_report_has_the_night(tmp_path: Path) -> None:
    def reports(path: Path) -> list[str]:
        raise KeyboardInterrupt

    def reporting(night: Nightly) -> None:
        night.report_writer = reports

    night, recorder = sit(tmp_path, runs=4, before=reporting)
    assert (night.red, night.interrupted) == ([], False)
    assert recorder.said[-1] == "report: interrupted as it was written; workerfuzz report writes it"


def test_what_the_last_night_that_replayed_it_had_fixed_may_not_break_again(tmp_path: Path) -> None:
    def fixing(night: Nightly) -> None:
        night.replayer = lambda path, subject: Replay(ReplayOutcome.AS_WRITTEN, str(path), subject)

    def breaking(night: Nightly) -> None:
        night.replayer = lambda path, subject: Replay(
            ReplayOutcome.BROKEN if path.parent.name == "findings" else ReplayOutcome.AS_WRITTEN,
            str(path),
            subject,
            ("said",),
        )

    first, _ = sit(tmp_path, bug=BUG)
    (finding,) = first.new
    still, _ = sit(tmp_path, runs=4, seed=2, before=breaking)
    assert still.red == []
    mended, _ = sit(tmp_path, runs=4, seed=3, before=fixing)
    assert [line.partition(": ")[0] for line in mended.fixed] == [Path(finding.path).name]
    again, _ = sit(tmp_path, runs=4, seed=4, before=breaking)
    assert again.red == [f"replay: on reference: {tmp_path / finding.path} breaks again"]


def test_what_short_phases_do_is_shown_while_they_last(tmp_path: Path) -> None:
    _, recorder = sit(tmp_path)
    doing = [finding for finding, _ in recorder.shown]
    assert [phase for phase in PHASES if phase != "fuzz"] == [
        name for name in doing if name in PHASES
    ]
    replayed = [name for name in doing if name.startswith("replaying on reference: 0001-")]
    assert replayed[0] == "replaying on reference: 0001-a-task-without-inputs-runs-at-once"
    counts = [done for finding, done in recorder.shown if finding.startswith("replaying on")]
    assert counts == [*range(1, len(counts) + 1)]


def test_nights_that_are_over_are_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each start reads their summaries alone; one that is missing or out of date is made again."""
    first, _ = sit(tmp_path, bug=BUG)
    read: list[str] = []

    def noting(path: Path) -> Written | None:
        read.append(path.name)
        return read_night(path)

    def start() -> Nightly:
        options = NightOptions(seed=2, budget=Budget(runs=4), targets=TARGETS)
        with opened(tmp_path) as opened_folder:
            return open_night(opened_folder, options, run_in_process, replay).nightly

    for module in (night_files, night_log):
        monkeypatch.setattr(module, "read_night", noting)
    nightly = start()
    assert read == []
    assert [summary.seed for summary in nightly.former] == [first.seed]
    seen = nightly.log.seen_on("reference", "cluster")
    assert [finding.case for finding in seen] == nightly.night.before
    (tmp_path / "nights" / first.name / SUMMARY).unlink()
    start()
    start()
    assert read == [first.name]
    shard = tmp_path / "nights" / first.name / "shards" / "0001.json"
    shard.write_text(shard.read_text() + "\n")
    start()
    assert read == [first.name] * 2


def test_trial_fixes_are_in_place_where_a_system_has_any(tmp_path: Path) -> None:
    """Plans and findings of former nights have them; what is known is replayed without."""
    plans: list[Plan] = []

    def executor(asked: Iterable[Plan], tell: ProgressCallback) -> list[ShardResult]:
        plans.extend(asked)
        return [ShardResult(plan, "1.0") for plan in plans]

    def fixed_replay(path: Path, subject: str) -> Replay:
        raise AssertionError(f"{path} was replayed with fixes")

    options = NightOptions(
        seed=1,
        budget=Budget(runs=2),
        targets={Target("reference", "cluster"): "1.0", Target("dask", "cluster"): "1.0"},
        fixed=("all",),
    )
    recorder = Recorder()
    with opened(tmp_path) as folder:
        night = open_night(
            folder, options, executor, replay, observer=recorder, fixed_replayer=fixed_replay
        ).nightly
        with night.during("replay") as phase:
            RegressionReplay(night.night, night.replay, night.replay).known(phase)
        night.fuzz()
        with pytest.raises(AssertionError, match="with fixes"):
            night.replay_with_fixes(tmp_path, "dask")
        assert night.replay_with_fixes(tmp_path, "reference").outcome is ReplayOutcome.AS_WRITTEN
    assert {plan.subject: plan.fixed for plan in plans} == {"reference": (), "dask": ("all",)}
    assert "with the trial fixes all" in night.night.phase("fuzz").lines
    first = [*first_lines(night.night, night.budget_split(), resumed=True)]
    assert "with the trial fixes all, where a system has any" in first
