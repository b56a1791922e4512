"""Planting: the changed code runs in place of the original, in that process alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from workerfuzz.harness.campaigns.mutation_testing.mutant import (
    TARGETS,
    GeneratedMutant,
    mutants_of,
)
from workerfuzz.harness.campaigns.mutation_testing.planting import NoSuchMutant, compiled

PROGRAM = """
import sys
from workerfuzz.harness.campaigns.mutation_testing import mutant_process, planting
from workerfuzz.harness.campaigns.mutation_testing.mutant import TARGETS
loaded = [name for name in sys.modules if name.startswith("workerfuzz.s")]
assert not loaded, loaded
planting.plant(TARGETS["worker"], *sys.argv[1:])
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.events import Pause
from workerfuzz.statemachine.worker.machine import handle_stimulus
from workerfuzz.statemachine.worker.worker_state import WorkerState
worker = WorkerState(WorkerConfig())
handle_stimulus(worker, Pause())
print(worker.paused)
"""


def the_mutant(target: str, function: str, before: str) -> GeneratedMutant:
    return next(
        mutant
        for mutant in mutants_of(TARGETS[target])
        if mutant.function == function
        and mutant.before == before
        and mutant.operator == "statement"
    )


def test_a_planted_statement_is_gone_and_nothing_was_imported_before() -> None:
    mutant = the_mutant("worker", "on_pause", 'worker.journal.set(worker, "paused", True)')
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, mutant.module, mutant.id],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_files_on_the_disk_stay_as_they_are() -> None:
    mutant = mutants_of(TARGETS["worker"])[0]
    code = compiled(TARGETS["worker"], mutant.module, mutant.id)
    path = Path(code.co_filename)
    assert (
        mutant.before.split()[0] in path.read_text(encoding="utf-8").splitlines()[mutant.line - 1]
    )


def test_an_id_that_no_mutant_has_is_refused() -> None:
    with pytest.raises(NoSuchMutant, match="no_such_module has no mutant beef"):
        compiled(TARGETS["worker"], "no_such_module", "beef")


def test_the_process_answers_that_an_id_is_unknown() -> None:
    request = {
        "target": "worker",
        "subject": "reference",
        "scope": "worker",
        "module": "m",
        "mutant": "beef",
    }
    done = subprocess.run(
        [sys.executable, "-m", "workerfuzz.harness.campaigns.mutation_testing.mutant_process"],
        input=json.dumps({"request": request, "parent": os.getpid()}),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    reason = "m has no mutant beef; its code may have changed"
    assert json.loads(done.stdout) == {"reply": {"type": "RequestRefused", "reason": reason}}
