"""Made-up results of shards, small enough to be read."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from workerfuzz.harness.campaigns.nightly.night import Night, Phase
from workerfuzz.harness.campaigns.nightly.night_files import NIGHT, as_text, file_of
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.counters import Counters
from workerfuzz.harness.campaigns.shard.result import Point, Reading, ShardResult
from workerfuzz.harness.engines.findings.finding import Finding, FindingCase

EXPECTED = [
    "worker waiting -> ready",
    "worker ready -> executing",
    "worker executing -> memory",
    "worker executing -> error",
    "scheduler waiting -> processing",
    "scheduler processing -> memory",
]


def met(name: str = "nothing_is_left", **overrides: Any) -> Finding:
    """A bug; new and without a case, unless something else is said."""
    facts: dict[str, Any] = {
        "signature": (name, "", ""),
        "sentence": f"What {name} says.",
        "counterexample": "a is left",
        "run": 7,
        "seed": 1,
        "tactic": "swarm",
        "subject": "dask",
        "scope": "cluster",
    }
    cases = {
        name: FindingCase(text=overrides[name])
        for name in ("case", "worker_case")
        if name in overrides
    }
    return Finding(**(facts | overrides | cases))


def tally(runs: int = 20, **overrides: Any) -> Counters:
    """Return counters of one tactic that never reached an error, and scheduled nothing."""
    facts: dict[str, Any] = {
        "runs": runs,
        "steps": runs * 50,
        "seconds": runs / 10,
        "taken": {"submit": 90, "deliver": 9},
        "possible": {"submit": 100, "deliver": 10},
        "watched": 100,
        "edges": {
            "worker waiting -> ready": 1200,
            "worker ready -> executing": 37,
            "worker executing -> memory": 2,
        },
        "checked": {"nothing_is_left": 5},
    }
    return Counters(**(facts | overrides))


def account(seed: int = 1, runs: int = 20, seconds: float = 10.0, **overrides: Any) -> ShardResult:
    """Return the result of a shard that fuzzed clusters with one tactic, at an even pace."""
    plan = Plan(subject="dask", scope="cluster", seed=seed, budget=Budget(seconds=60))
    half = Reading(runs // 2, runs * 25, 2, 3, 0)
    whole = Reading(runs, runs * 50, 3, 4, 0)
    facts: dict[str, Any] = {
        "plan": plan,
        "version": "2026.8.0",
        "counters": {"swarm": tally(runs)},
        "curve": [Point(seconds / 2, {"swarm": half}), Point(seconds, {"swarm": whole})],
        "expected": EXPECTED,
        "kinds": ["submit", "deliver", "steal"],
        "runs": runs,
        "seconds": seconds,
    }
    return ShardResult(**(facts | overrides))


def night(*shards: ShardResult, **overrides: Any) -> Night:
    """A night that went well."""
    facts: dict[str, Any] = {
        "seed": 7,
        "began": "2026-11-25T02:00:00+00:00",
        "ended": "2026-11-25T03:01:40+00:00",
        "budget": Budget(seconds=3600),
        "versions": {"dask": "2026.8.0", "workerfuzz": "0.1.0"},
        "phases": [Phase("canary", ["a planted bug was found"], seconds=3.0), Phase("fuzz")],
        "shards": [*shards],
    }
    return Night(**(facts | overrides))


def written(folder: Path, night: Night) -> Path:
    """The night on the disk, as a folder of nights has it; returns its own folder."""
    path = folder / "nights" / night.name
    (path / "shards").mkdir(parents=True)
    (path / NIGHT).write_text(as_text(replace(night, shards=[])))
    for number, shard in enumerate(night.shards):
        file_of(path, (number, 1)).write_text(as_text(shard))
    return path
