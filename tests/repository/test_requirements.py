"""Every requirement is decided by something that can fail: a planted bug shows that it does."""

import os
import subprocess
import sys
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from examples.blunders import BLUNDERS

from workerfuzz.harness.campaigns.mutants.catalogue import MUTANTS
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.replay.replay import ReplayOutcome, replay
from workerfuzz.harness.engines.walk.walk import walk
from workerfuzz.harness.subjects.reference.worker import ReferenceSubject
from workerfuzz.harness.worlds.violation import Violation

ROOT = Path(__file__).resolve().parents[2]
SUBJECT = ReferenceSubject()

BY_NAME = {item.name: item for item in (*MUTANTS, *BLUNDERS)}

#: Runs in which a property has to notice the mutant of its requirement.
RUNS = 400


@cache
def pages() -> ModuleType:
    """docs/pages.py, which knows what names a requirement."""
    spec = spec_from_file_location("pages", ROOT / "docs" / "pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["pages"] = module
    spec.loader.exec_module(module)
    return module


DECIDERS = pages().deciders()


def a_case_fails(cases: list[str]) -> bool:
    """One of the cases is not as written any more."""
    outcomes = (replay(load(ROOT / "regressions" / name), SUBJECT).outcome for name in cases)
    return any(outcome is not ReplayOutcome.AS_WRITTEN for outcome in outcomes)


def a_property_fails(properties: list[str]) -> bool:
    """One of the properties is the first to notice, in some run."""
    if not properties:
        return False
    for seed in range(RUNS):
        try:
            walk(SUBJECT, f"requirement {seed}")
        except Violation as violation:
            if violation.property in properties:
                return True
    return False


def a_test_fails(tests: list[str], mutant: str) -> bool:
    """One of the tests fails on a model that has the bug."""
    if not tests:
        return False
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests],
        cwd=ROOT,
        env={**os.environ, "WORKERFUZZ_PLANT": mutant},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.returncode == 1


@pytest.mark.slow  # `tox -e docs` runs these
@pytest.mark.parametrize("requirement", DECIDERS)
def test_requirement_is_decided_by_something_that_fails_with_its_mutant(requirement: str) -> None:
    by = DECIDERS[requirement]
    assert by.properties or by.cases or by.tests, "nothing decides it"
    assert by.mutants, "nothing shows that its check can fail"
    for name in by.mutants:
        with BY_NAME[name].planted():
            if a_case_fails(by.cases) or a_property_fails(by.properties):
                return
    for name in by.mutants:
        if a_test_fails(by.tests, name):
            return
    pytest.fail(f"with {', '.join(by.mutants)} planted, nothing that names {requirement} fails")


def test_generated_pages_are_up_to_date() -> None:
    for name, make in pages().PAGES.items():
        path = ROOT / "docs" / name
        assert path.read_text(encoding="utf-8") == make(), "run `python docs/pages.py`"
