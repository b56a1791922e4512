"""Known bugs by the shape in which their cases come to rest."""

import pytest
from examples.dumps import HANGS, diagnosis_of, dump_of, model

from workerfuzz.harness.diagnose.diagnosis import diagnosed
from workerfuzz.harness.diagnose.known_shapes import (
    RestShape,
    cases_of_clusters,
    computed,
    kept,
    looks_like,
)
from workerfuzz.harness.subjects import get_cluster


@pytest.mark.parametrize("name", cases_of_clusters())
def test_the_shapes_are_those_of_the_cases(name: str) -> None:
    found = computed(cases_of_clusters()[name], get_cluster("dask"))
    assert found == kept().get(name, RestShape()), (
        "python -m workerfuzz.harness.diagnose.known_shapes"
    )


@pytest.mark.parametrize("hang", HANGS)
def test_the_right_bug_is_among_the_first(hang: str) -> None:
    found = diagnosis_of(hang).candidates[:3]
    names = {name.removesuffix(".case") for group in found for name in (group.case, *group.also)}
    assert HANGS[hang] in names


def test_cases_of_one_defect_are_one_candidate() -> None:
    (found,) = diagnosis_of("unreadable").candidates
    assert {found.case[:4], *(other[:4] for other in found.also)} == {"0010", "0011"}


def test_a_bug_of_other_releases_comes_last_and_says_so() -> None:
    plain = dump_of("unreadable")
    packages = plain["versions"]["scheduler"]["packages"]
    packages["distributed"] = "2022.6.0"
    assert diagnosed(model(plain), 0.0).candidates[0].is_release is False
    packages["distributed"] = "unknown"
    assert diagnosed(model(plain), 0.0).candidates[0].is_release is None


def test_a_shape_that_no_case_has_looks_like_nothing() -> None:
    plain = dump_of("unreadable")
    plain["workers"]["w1:0"]["tasks"]["c"]["state"] = "rescheduled"
    assert diagnosed(model(plain), 0.0).candidates == ()


def test_without_a_chain_contradictions_are_compared() -> None:
    plain = dump_of("unreadable")
    del plain["workers"]["w1:0"]["tasks"]["a"]
    plain["workers"]["w1:0"]["tasks"]["c"] = {"key": "c", "state": "executing"}
    plain["scheduler"]["tasks"]["b"]["exception_blame"] = "<TaskState 'a' memory>"
    found = diagnosed(model(plain), 0.0)
    assert "0005" in {candidate.case[:4] for candidate in found.candidates}


def test_nothing_looks_like_nothing() -> None:
    assert looks_like(model(dump_of("unreadable")), [], []) == []
