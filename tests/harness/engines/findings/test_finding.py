"""Findings: one case for each bug, the shortest there is, since the day it was first seen."""

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from workerfuzz.harness.cases.format.case import CaseError
from workerfuzz.harness.cases.format.casefile import load
from workerfuzz.harness.cases.triage.signature import Signature
from workerfuzz.harness.engines.findings.finding import (
    Finding,
    FindingCase,
    findings_in,
    first_seen,
    former_name_of,
    name_among,
    name_of,
    names_in,
    write_finding,
)

BUG = ("role_fits_state", "", "")


def case(steps: int, day: str = "2026-11-25") -> str:
    taken = "".join("\n> find-missing\n" for _ in range(steps))
    found = f"found: walk, {day}; 30 steps shrunk to {steps}\n" if day else ""
    return f"workerfuzz-case 1\ntitle: it breaks\nscope: worker\nsubject: reference\n{found}{taken}"


def met(text: str, bug: tuple[str, str, str] = BUG, **overrides: str) -> Finding:
    facts: dict[str, Any] = {"subject": "reference", "scope": "worker"}
    facts |= {
        name: FindingCase(text=value) if "case" in name else value
        for name, value in overrides.items()
    }
    return Finding(Signature(*bug), "", "", 0, 0, "swarm", case=FindingCase(text=text), **facts)


def test_the_name_tells_the_property_and_the_bug() -> None:
    assert name_of(met("")) == "role_fits_state-03ebcf5de44f36d8785f.case"
    others = [
        met("", ("role_fits_state", "KeyError", "")),
        met("", subject="dask"),
        met("", scope="cluster"),
        met(""),
    ]
    assert len({name_of(finding) for finding in others}) == 4


def test_the_shortest_case_and_the_first_day_are_kept_in_any_order(tmp_path: Path) -> None:
    seen = [(3, "2026-11-23"), (1, "2026-11-25"), (2, "2026-11-20")]
    for number, order in enumerate(permutations(seen)):
        folder = tmp_path / str(number)
        for steps, day in order:
            path = write_finding(folder, met(case(steps, day)), day)
        assert names_in(folder) == [path.name]
        kept = load(path)
        assert len(kept.steps) == 1
        assert first_seen(kept) == "2026-11-20"


def test_a_case_that_is_as_short_is_left_as_it_is(tmp_path: Path) -> None:
    path = write_finding(tmp_path, met(case(1)), "2026-11-25")
    edited = path.read_text().replace("> find", "# Somebody looked at it.\n> find")
    path.write_text(edited)
    write_finding(tmp_path, met(case(1)), "2026-11-25")
    assert path.read_text() == edited


def test_a_case_without_a_day_gets_one(tmp_path: Path) -> None:
    path = write_finding(tmp_path, met(case(1, "")), "2026-11-25")
    assert load(path).found == "2026-11-25"


def test_what_cannot_be_read_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / name_of(met(""))
    path.write_text("half a ca")
    kept = write_finding(tmp_path, met(case(1)), "2026-11-25")
    assert path.read_text() == "half a ca"
    assert kept.name == "role_fits_state-03ebcf5de44f36d8785f-again.case"
    assert len(load(kept).steps) == 1
    (broken, _), (name, fine) = sorted(findings_in(tmp_path), reverse=True)
    assert (broken, name) == (path.name, kept.name)
    assert not isinstance(fine, CaseError)


def test_the_case_of_one_worker_alone_lies_beside_it(tmp_path: Path) -> None:
    write_finding(tmp_path, met(case(2), worker_case=case(1)), "2026-11-25")
    assert names_in(tmp_path) == ["role_fits_state-03ebcf5de44f36d8785f.case"]
    assert (tmp_path / "role_fits_state-03ebcf5de44f36d8785f-alone.case").exists()


def test_a_folder_that_takes_nothing_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="exists"):
        write_finding(tmp_path / "file", met(case(1)), "2026-11-25")


def test_where_nothing_was_found_there_is_no_name(tmp_path: Path) -> None:
    assert names_in(tmp_path / "gone") == []


def test_two_bugs_whose_former_names_were_equal_have_a_file_each(tmp_path: Path) -> None:
    """Names of earlier releases had 32 bits: of 200,000 bugs some were merged in silence."""
    former: dict[str, Finding] = {}
    for number in range(1 << 18):
        finding = met(case(1), ("role_fits_state", "", f"bug {number}"))
        other = former.setdefault(former_name_of(finding), finding)
        if other is not finding:
            break
    assert other is not finding
    write_finding(tmp_path, finding, "2026-11-25")
    write_finding(tmp_path, other, "2026-11-25")
    assert names_in(tmp_path) == sorted([name_of(finding), name_of(other)])


def test_a_case_is_recognised_by_the_name_of_this_and_of_earlier_releases() -> None:
    finding, other = met(""), met("", subject="dask")
    names = {former_name_of(finding), name_of(other)}
    assert name_among(finding, names) == former_name_of(finding)
    assert name_among(other, names) == name_of(other)
    assert not name_among(met("", scope="cluster"), names)
