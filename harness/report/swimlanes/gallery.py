"""A folder of cases as pages, and one page that leads to all of them."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workerfuzz.harness.cases.format.case import Case, CaseError
from workerfuzz.harness.cases.format.casefile import case_command, parse_leniently
from workerfuzz.harness.cases.format.files import case_files, read, write
from workerfuzz.harness.cases.swimlanes.chart import Chart
from workerfuzz.harness.cases.swimlanes.charting import chart_of
from workerfuzz.harness.report.swimlanes.page import page
from workerfuzz.harness.report.swimlanes.svg import style_sheet
from workerfuzz.harness.report.templating import render, resource
from workerfuzz.harness.subjects import get
from workerfuzz.harness.subjects.protocol import SubjectUnavailable

INDEX = "index.html"


@dataclass(frozen=True, slots=True)
class GalleryPage:
    """One case in the gallery.

    Attributes:
        case: where it stands, below the folder.
        page: where its picture is, below the other folder; empty where there is none.
        problem: why there is none, in one line.
    """

    case: str
    title: str
    page: str = ""
    about: str = ""
    broken: str = ""
    problem: str = ""


def gallery(folder: Path, out: Path, subject: str | None = None) -> Iterator[GalleryPage]:
    """Writes a page for each case below a folder; and at last ``index.html``, which links to them.

    A page is called like its case. A case that cannot be played here is in the index, with the reason.

    Args:
        subject: on which cases are played; by default each on the first it is about that is there.

    Raises:
        CaseError: the folder has no case, or cannot be read.
        OSError: nothing can be written.
    """
    entries: list[GalleryPage] = []
    out.mkdir(parents=True, exist_ok=True)
    for path in case_files([folder]):
        entries.append(write_case_page(path, folder, out, subject))
        yield entries[-1]
    write(out / INDEX, index(folder.name, entries))


def write_case_page(path: Path, folder: Path, out: Path, subject: str | None) -> GalleryPage:
    """The page of one case."""
    name = path.relative_to(folder)
    try:
        text = read(path)
        case = parse_leniently(text, path)
    except CaseError as error:
        return GalleryPage(str(name), path.stem, problem=str(error))
    try:
        chart = played(case, (subject,) if subject else case.subjects)
    except SubjectUnavailable as error:
        return GalleryPage(str(name), case.title, problem=str(error))
    target = out / name.with_suffix(".html")
    target.parent.mkdir(parents=True, exist_ok=True)
    write(target, page(chart, text, command(path, chart.subject)))
    broken = (chart.breach.property or "impossible") if chart.breach else ""
    return GalleryPage(
        str(name), case.title, name.with_suffix(".html").as_posix(), chart.about, broken
    )


def played(case: Case, subjects: Sequence[str]) -> Chart:
    """On the first of some subjects that there is; raises SubjectUnavailable."""
    for number, subject in enumerate(subjects, start=1):
        try:
            return chart_of(case, get(subject), tables=True)
        except SubjectUnavailable:
            if number == len(subjects):
                raise
    raise AssertionError("a case is about some subject")


def command(path: Path, subject: str) -> str:
    """Return the command that shows a case in a terminal."""
    return case_command("show", os.path.relpath(path), subject)


def index(name: str, entries: Sequence[GalleryPage]) -> str:
    """The page that links to all others."""
    style = style_sheet() + resource("case.css")
    return render("gallery.html.jinja", name=name, entries=entries, style=style)
