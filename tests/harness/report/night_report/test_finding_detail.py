"""Details of a finding: its case, a test, a picture; or the reason why there is none."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from examples.accounts import met
from examples.lane_cases import CLUSTER

from workerfuzz.harness.cases.format import casefile
from workerfuzz.harness.cases.format.case import Case, CaseError
from workerfuzz.harness.cases.format.casefile import parse
from workerfuzz.harness.cases.triage.known_bugs import known_cases
from workerfuzz.harness.report.night_report.finding_detail import (
    ENDS_PROCESS,
    DetailLoader,
    FindingDetail,
    FindingPicture,
    draw,
)
from workerfuzz.harness.report.night_report.night_report import Fixed
from workerfuzz.harness.report.swimlanes.svg import SMALL
from workerfuzz.harness.subjects.protocol import SubjectUnavailable

CASE = """\
workerfuzz-case 1
title: a task runs
scope: worker
subject: reference

> compute-task x
"""


NOT_DASK = "its case: the case is not about dask: add it to `subject:`, if it holds there"


def drawn(case: Case, subject: str, name: str) -> FindingPicture:
    return FindingPicture(f"{case.title} of {subject}", name, 1)


def test_a_new_finding_shows_its_own_case(tmp_path: Path) -> None:
    shown = DetailLoader(tmp_path, drawn, {}).load(
        met(case=CASE, worker_case="alone", subject="reference")
    )
    assert (shown.case, shown.alone) == (CASE, "alone")
    assert shown.picture == FindingPicture("a task runs of reference", "picture1", 1)
    assert shown.no_picture == ""
    assert (shown.test, shown.no_test) == ("", NOT_DASK)


def test_what_a_former_night_found_is_read_from_the_folder(tmp_path: Path) -> None:
    (tmp_path / "x-1.case").write_text(CASE)
    assert DetailLoader(tmp_path, drawn, {}).load(met(known="x-1.case")).case == CASE
    missing = DetailLoader(tmp_path, drawn, {}).load(met(known="y-1.case"))
    assert (
        missing.no_picture
        == missing.no_test
        == f"{tmp_path / 'y-1.case'}: no such file or directory"
    )


def test_known_bugs_show_the_case_that_we_have_of_them(tmp_path: Path) -> None:
    known = next(iter(known_cases()))
    shown = DetailLoader(tmp_path, drawn).load(met(known=known.title))
    assert f"title: {known.title}\n" in shown.case
    assert shown.picture.wide == f"{known.title} of dask"
    unknown = DetailLoader(tmp_path, drawn, {}).load(met(known="nobody knows it"))
    assert unknown.no_picture == 'no case is called "nobody knows it" here'


def test_known_bugs_have_a_test(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    known = next(iter(known_cases()))
    shown = DetailLoader(tmp_path, drawn).load(met(known=known.title))
    assert "def test_" in shown.test
    compile(shown.test, "test.py", "exec")


def test_a_case_that_cannot_be_read_is_no_end(tmp_path: Path) -> None:
    shown = DetailLoader(tmp_path, drawn, {}).load(met(case="nonsense", path="findings/x.case"))
    assert shown.case == ""
    assert shown.no_picture.startswith("findings/x.case:1: ")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(CaseError("it is impossible"), "it is impossible"), (KeyError("x"), "KeyError: 'x'")],
)
def test_a_picture_that_cannot_be_drawn_says_why(
    tmp_path: Path, error: Exception, sentence: str
) -> None:
    def fails(case: Case, subject: str, name: str) -> FindingPicture:
        raise error

    shown = DetailLoader(tmp_path, fails, {}).load(met(case=CASE))
    assert (shown.case, shown.picture, shown.no_picture) == (CASE, FindingPicture(), sentence)


def test_no_two_pictures_have_the_same_names(tmp_path: Path) -> None:
    details = DetailLoader(tmp_path, drawn, {})
    names = [details.load(met(case=CASE)).picture.small for _ in range(3)]
    assert names == ["picture1", "picture2", "picture3"]


def test_what_takes_its_process_with_it_is_not_played(tmp_path: Path) -> None:
    text = "it takes the process with it that plays it"
    new = DetailLoader(tmp_path, drawn, {}).load(met(ENDS_PROCESS, case=CASE))
    assert (new.picture, new.no_picture) == (FindingPicture(), text)
    case = casefile.parse(CASE.replace("reference\n", f"dask\nbreaks: {ENDS_PROCESS} on dask\n", 1))
    old = DetailLoader(tmp_path, drawn, {"it": case}).load(Fixed("it"))
    assert (old.picture, old.no_picture) == (FindingPicture(), text)


def test_fixed_bugs_are_shown_with_their_case(tmp_path: Path) -> None:
    known = next(iter(known_cases()))
    shown = DetailLoader(tmp_path, drawn).load(Fixed(known.title, "clusters of dask 1"))
    assert f"title: {known.title}\n" in shown.case
    assert (shown.kind, shown.picture.wide) == ("fixed", f"{known.title} of dask")
    (tmp_path / "x-1.case").write_text(CASE)
    former = DetailLoader(tmp_path, drawn, {}).load(Fixed("a task runs", name="x-1.case"))
    assert (former.case, former.picture.wide) == (CASE, "a task runs of reference")
    missing = DetailLoader(tmp_path, drawn, {}).load(Fixed("nobody knows it"))
    assert missing.no_picture == 'no case is called "nobody knows it" here'


def test_kinds_are_what_became_of_it() -> None:
    every = (met(), met(known="x.case"), met(known="a known one"), Fixed("it"))
    assert [FindingDetail(item).kind for item in every] == ["new", "seen", "known", "fixed"]


def test_a_case_is_drawn_wide_and_small() -> None:
    picture = draw(parse(CLUSTER), "reference", "f7")
    wide, small = ET.fromstring(picture.wide), ET.fromstring(picture.small)
    assert float(wide.get("width", "0")) == picture.width > SMALL
    assert float(small.get("width", "0")) == SMALL
    assert wide.get("aria-labelledby") == "f7-w-t f7-w-d"
    assert small.get("aria-labelledby") == "f7-s-t f7-s-d"


def test_a_subject_that_is_not_here_is_said() -> None:
    with pytest.raises(SubjectUnavailable, match='unknown subject "nobody"'):
        draw(parse(CLUSTER), "nobody", "f")
