"""The file of equivalent mutants: in step with the code, each with a reason."""

import importlib.metadata
import re
from collections import Counter

import pytest

from workerfuzz.harness.campaigns.mutation_testing.equivalent import (
    equivalent_mutants,
    out_of_date,
)
from workerfuzz.harness.campaigns.mutation_testing.mutant import TARGETS, mutants_of


@pytest.mark.parametrize("name", [name for name, code in TARGETS.items() if code.whole])
def test_every_entry_names_a_mutant_that_exists(name: str) -> None:
    """One that does not is to be removed, or reviewed again in its new form."""
    assert out_of_date(name, mutants_of(TARGETS[name])) == []


@pytest.mark.parametrize("name", [name for name, code in TARGETS.items() if not code.whole])
def test_every_entry_of_the_installed_release_names_a_mutant_that_exists(name: str) -> None:
    pytest.importorskip("distributed")
    release = importlib.metadata.version("distributed")
    assert out_of_date(name, mutants_of(TARGETS[name]), release) == []


def test_each_mutant_stands_there_once_with_a_sentence() -> None:
    entries = [*equivalent_mutants()]
    counts = Counter((mutant.target, mutant.entry, mutant.release) for mutant in entries)
    assert [entry for entry, count in counts.items() if count > 1] == []
    for mutant in entries:
        assert mutant.target in TARGETS
        assert bool(mutant.release) == (not TARGETS[mutant.target].whole), mutant.entry
        assert re.fullmatch(r"[A-Z].*\.", mutant.reason), mutant.reason
        assert re.match(r"[0-9a-f]{10} ", mutant.entry)


def test_an_entry_without_its_mutant_is_out_of_date() -> None:
    for mutant in equivalent_mutants():
        if TARGETS[mutant.target].whole:
            assert mutant.entry in out_of_date(mutant.target, [])
