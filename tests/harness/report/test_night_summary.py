"""Lines that the command line prints before and after a night."""

from pathlib import Path

from workerfuzz.harness.campaigns.nightly.budget_split import BudgetSplit
from workerfuzz.harness.campaigns.nightly.night import Night, Phase
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.campaigns.shard.counters import Counters
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.engines.findings.finding import Finding, FindingCase
from workerfuzz.harness.report.night_summary import first_lines, last_lines

FOLDER = Path("nights")
BUG = ("wanted_keys_resolve", "", "")


def night(*met: Finding) -> Night:
    this_night = Night(7, "2026-11-25T00:00:00+00:00", Budget(runs=90))
    this_night.targets = [Target("dask", "cluster"), Target("reference", "worker")]
    this_night.versions = {"dask": "2026.8.0"}
    plan = Plan(subject="dask", scope="cluster")
    tallies = {"swarm": Counters(runs=30, steps=1234, seconds=2.0)}
    this_night.shards = [ShardResult(plan, counters=tallies, findings=list(met))]
    return this_night


def met(**overrides: object) -> Finding:
    made = Finding(BUG, "They come.", "x does not", 3, 11, "swarm", "dask", "cluster")
    made.case = FindingCase(text="the case\n")
    for name, value in overrides.items():
        setattr(made, name, value)
    return made


def test_a_night_says_what_it_is_going_to_do() -> None:
    this_night = night()
    assert list(first_lines(this_night, BudgetSplit(this_night), resumed=False)) == [
        "night 2026-11-25T00-00-00-7, seed 7: clusters of dask 2026.8.0, reference; 90 runs",
        "Ctrl-C ends it with its report; --resume goes on with it",
    ]


def test_a_night_that_goes_on_says_what_is_left() -> None:
    this_night = night()
    sharing = BudgetSplit(this_night, results={(0, 1): this_night.shards[0]}, parts=[(0, 1)])
    assert next(first_lines(this_night, sharing, resumed=True)) == (
        "night 2026-11-25T00-00-00-7 goes on: clusters of dask 2026.8.0, reference; 60 runs left"
    )


def test_a_green_night_says_what_was_done() -> None:
    this_night = night(met(known="an old one", occurrences=4))
    this_night.fixed = ["x.case: mended"]
    assert list(last_lines(this_night, FOLDER)) == [
        "clusters of dask: 30 runs, 1,234 steps, 2 s of CPU",
        "reference: 0 runs, 0 steps, 0 s of CPU",
        "known, 4 runs: an old one",
        "fixed: x.case: mended",
        "nothing new was found, 1 known; the night is green",
    ]


def test_a_new_finding_is_told_with_what_replays_it() -> None:
    this_night = night(met(lines=["it breaks", "after 2 steps"], path="findings/x.case"))
    this_night.phases = [Phase("fuzz", red=["1 new"])]
    assert list(last_lines(this_night, FOLDER, only_new=True)) == [
        "",
        "new, 1 run of clusters of dask, first run 3 of seed 11:",
        "it breaks",
        "after 2 steps",
        "replay it: workerfuzz replay nights/findings/x.case --subject dask",
        "red: fuzz: 1 new",
        "1 new finding; the night is red",
    ]


def test_what_could_not_be_written_or_shrunk_is_told_all_the_same() -> None:
    lines = list(last_lines(night(met()), FOLDER, only_new=True))
    assert lines[2:] == [
        "wanted_keys_resolve: They come.",
        "x does not",
        "not shrunk",
        "it could not be written; here it is:",
        "the case",
        "1 new finding; the night is green",
    ]


def test_an_interrupted_night_says_how_to_go_on() -> None:
    this_night = night()
    this_night.interrupted = True
    assert list(last_lines(this_night, FOLDER))[-1] == (
        "nothing new was found; the night is green, interrupted: --resume goes on with it"
    )


def test_a_red_night_does_not_say_that_nothing_was_found() -> None:
    this_night = night()
    this_night.phases = [Phase("canary", red=["not found"])]
    words = list(last_lines(this_night, FOLDER))
    assert words[-2:] == ["red: canary: not found", "the night is red"]
    assert not any("nothing new" in line for line in words)


def test_many_reasons_to_be_red_are_cut_short() -> None:
    this_night = night()
    this_night.phases = [Phase("replay", red=[f"case {number}" for number in range(7)])]
    lines = list(last_lines(this_night, FOLDER))
    assert [line for line in lines if line.startswith("red: ")] == [
        *(f"red: replay: case {number}" for number in range(5)),
        "red: replay: and 2 more, told above",
    ]


def test_what_another_release_has_is_replayed_there() -> None:
    this_night = night(met(path="findings/x.case"))
    this_night.python = "/old/bin/python"
    assert (
        "replay it: /old/bin/python -m workerfuzz.harness.cli replay nights/findings/x.case "
        "--subject dask"
    ) in list(last_lines(this_night, FOLDER))
