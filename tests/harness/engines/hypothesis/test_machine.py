"""The machine that users see: found bugs become cases, and CI=true silences nothing."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from workerfuzz import WorkerMachine
from workerfuzz.harness.engines.hypothesis.machine import RULES, SELDOM, draw_absent
from workerfuzz.harness.engines.hypothesis.profiles import PROFILES, profile
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.cluster import BY_WORD as CLUSTER_WORDS
from workerfuzz.strategies.worker import BY_WORD, WORKER_STEPS

BROKEN = """
import sys
from pathlib import Path
from workerfuzz import WorkerMachine
from workerfuzz.harness.engines.hypothesis.profiles import profile
from workerfuzz.statemachine.worker.worker_state import WorkerState
from workerfuzz.strategies.worker.from_scheduler import ComputeTask, FreeKeys
from workerfuzz.strategies.worker.from_environment import ExecuteSuccess, Secede

WorkerState.leave_slot = lambda self, task: None  # the slot of a seceded task stays taken

class Machine(WorkerMachine):
    out = sys.argv[1]
    kinds = frozenset({ComputeTask, Secede, ExecuteSuccess, FreeKeys})

try:
    Machine.fuzz(profile(500, 10))
except AssertionError as error:
    print(error)
    sys.exit(1)
"""


def test_there_is_a_rule_for_every_kind_of_step() -> None:
    rules = Counter(
        rule.function.__name__.rstrip("_0123456789") for rule in WorkerMachine.setup_state().rules
    )
    assert rules == {kind.word.replace("-", "_"): RULES.get(kind.word, 1) for kind in WORKER_STEPS}


def test_weights_are_about_kinds_that_there_are() -> None:
    assert {*RULES, *SELDOM} <= BY_WORD.keys() | CLUSTER_WORDS.keys()


def test_most_runs_are_never_paused() -> None:
    absent = [draw_absent(RandomChooser(seed)) for seed in range(100)]
    assert 60 < absent.count(frozenset({"pause"})) < 90


def test_healthy_model_passes_and_every_run_is_told() -> None:
    runs: list[int] = []

    class Machine(WorkerMachine):
        @classmethod
        def on_run(cls, world: object) -> None:
            runs.append(1)

    Machine.fuzz(profile(20, 20))
    assert len(runs) >= 20


@pytest.mark.parametrize("ci", ["", "true"])
def test_failure_becomes_a_case_and_says_how_to_replay_it(tmp_path: Path, ci: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BROKEN, str(tmp_path)],
        env={**os.environ, "CI": ci, "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    (case,) = tmp_path.glob("*.case")
    assert f"replay it: workerfuzz replay {case}" in done.stdout
    assert "> secede" in done.stdout
    assert "secede" in case.read_text(encoding="utf-8")


def test_profiles_store_nothing_and_are_not_derandomised() -> None:
    for settings in PROFILES.values():
        assert settings.database is None
        assert not settings.derandomize


def test_machine_can_do_without_some_kinds() -> None:
    seen: set[str] = set()

    class Machine(WorkerMachine):
        kinds = frozenset(kind for kind in WORKER_STEPS if kind.word != "pause")

        @classmethod
        def on_event(cls, world: object, step: object) -> None:
            seen.add(getattr(step, "word", ""))

    Machine.fuzz(profile(20, 20))
    assert "pause" not in seen
    assert "compute-task" in seen
