"""The steps of 2,000 walks, as they were before the code was laid out anew.

A change that is not meant to change the search leaves every digest as it is. One that is meant to
writes them again, in a commit that says why: ``python tests/frozen/test_walks.py``.
"""

import hashlib
import json
from pathlib import Path

import pytest

from workerfuzz.harness.engines.walk.walk import walk
from workerfuzz.harness.engines.walk.walker import Walker
from workerfuzz.harness.subjects import get, get_cluster
from workerfuzz.harness.worlds.scopes import SCOPES
from workerfuzz.harness.worlds.violation import Violation

RECORD = Path(__file__).with_name("walks.json")
DASK = "2026.8.0"
RUNS = 500
LEARNING_RUNS = 150
SYSTEMS = [(subject, scope) for subject in ("reference", "dask") for scope in ("worker", "cluster")]


def digest_of_walks(subject: str, scope: str) -> str:
    """A digest of the steps of runs that are independent of each other, and of what they broke."""
    system = get_cluster(subject) if scope == "cluster" else get(subject)
    digest = hashlib.sha256()
    for number in range(RUNS):
        broken = ""
        try:
            steps = walk(system, f"frozen/{number}", scope=SCOPES[scope]).steps
        except Violation as violation:
            steps, broken = violation.steps, violation.property
        digest.update("\n".join([*map(str, steps), broken, ""]).encode())
    return digest.hexdigest()


def digest_of_learning(scope: str) -> str:
    """The same for runs of the reference that learn from those before them."""
    walker = Walker(
        get_cluster("reference") if scope == "cluster" else get("reference"), 7, SCOPES[scope]
    )
    digest = hashlib.sha256()
    for number in range(LEARNING_RUNS):
        digest.update("\n".join([*map(str, walker.run(number).steps), ""]).encode())
    return digest.hexdigest()


@pytest.mark.parametrize(("subject", "scope"), SYSTEMS)
def test_walks_take_the_same_steps(subject: str, scope: str) -> None:
    if subject == "dask" and pytest.importorskip("distributed").__version__ != DASK:
        pytest.skip(f"the digests are those of distributed {DASK}")
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    assert digest_of_walks(subject, scope) == record[f"{subject}/{scope}"]


@pytest.mark.parametrize("scope", ["worker", "cluster"])
def test_walks_that_learn_take_the_same_steps(scope: str) -> None:
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    assert digest_of_learning(scope) == record[f"learning/{scope}"]


if __name__ == "__main__":
    record = {f"{subject}/{scope}": digest_of_walks(subject, scope) for subject, scope in SYSTEMS}
    record |= {f"learning/{scope}": digest_of_learning(scope) for scope in ("worker", "cluster")}
    RECORD.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
