"""A folder of cases as pages, with one that leads to all of them."""

from pathlib import Path

import pytest
from examples.lane_cases import ALONE, CLUSTER

from workerfuzz.harness.report.swimlanes.gallery import gallery


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    cases = tmp_path / "cases"
    (cases / "known").mkdir(parents=True)
    (cases / "0001-a-b.case").write_text(ALONE, encoding="utf-8")
    (cases / "known" / "0002-c.case").write_text(CLUSTER, encoding="utf-8")
    return cases


def test_every_case_has_a_page_and_the_index_leads_to_it(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    entries = [*gallery(folder, out)]
    assert [(page.case, page.page) for page in entries] == [
        ("0001-a-b.case", "0001-a-b.html"),
        ("known/0002-c.case", "known/0002-c.html"),
    ]
    index = (out / "index.html").read_text(encoding="utf-8")
    for page in entries:
        assert f'<a href="{page.page}">{page.title}</a>' in index
        assert page.title in (out / page.page).read_text(encoding="utf-8")


def test_a_case_that_cannot_be_played_is_in_the_index_with_the_reason(
    folder: Path, tmp_path: Path
) -> None:
    broken = ALONE.replace("subject: reference", "subject: nobody")
    (folder / "0003-x.case").write_text(broken, encoding="utf-8")
    (folder / "0004-y.case").write_text("workerfuzz-case 1\n> x\n", encoding="utf-8")
    problems = {
        page.case: page.problem for page in gallery(folder, tmp_path / "out") if page.problem
    }
    assert "nobody" in problems["0003-x.case"]
    assert "0004-y.case" in problems["0004-y.case"]
    index = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert index.count("no picture: ") == 2


def test_a_case_is_played_on_the_subject_that_is_named(folder: Path, tmp_path: Path) -> None:
    (entries, *_) = gallery(folder, tmp_path / "out", "nobody")
    assert 'unknown subject "nobody"' in entries.problem
