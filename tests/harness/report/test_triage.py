"""The list of the bugs of a folder."""

from pathlib import Path

from workerfuzz.harness.campaigns.nightly.triage import BugStatus, TriagedBug
from workerfuzz.harness.cases.triage.severity import Severity
from workerfuzz.harness.report.triage import triage_lines

FOLDER = Path("my nights")

BUG = TriagedBug(
    "wanted_keys_resolve",
    BugStatus.NEW,
    "clusters of dask",
    "dask",
    occurrences=412,
    nights=2,
    first="2026-11-23",
    last="2026-11-25",
    harm=Severity.WAITS,
    what="c0 waits for a",
    case="findings/x.case",
)


def test_a_bug_is_told_with_what_replays_it() -> None:
    assert list(triage_lines([BUG], 3, FOLDER)) == [
        "new: a client waits for ever: wanted_keys_resolve",
        "  c0 waits for a",
        "  412 runs of clusters of dask in 2 nights, 2026-11-23 to 2026-11-25",
        "  workerfuzz replay 'my nights/findings/x.case' --subject dask",
        "",
        "1 bug in 3 nights: 1 new, 0 known, 0 fixed",
    ]


def test_a_known_bug_is_told_by_its_title() -> None:
    bug = TriagedBug(
        "p", BugStatus.KNOWN, "reference", "reference", occurrences=1, nights=1, known="it waits"
    )
    assert list(triage_lines([bug], 1, FOLDER))[:3] == [
        "known: p",
        "  a known bug: it waits",
        "  1 run of reference in 1 night, ",
    ]


def test_a_case_without_nights_says_so() -> None:
    bug = TriagedBug(
        "p", BugStatus.FIXED, "reference", "reference", first="2026-11-20", case="findings/y"
    )
    assert list(triage_lines([bug], 0, FOLDER)) == [
        "fixed: p",
        "  in no night that is here, first seen 2026-11-20",
        "  workerfuzz replay 'my nights/findings/y'",
        "",
        "1 bug in 0 nights: 0 new, 0 known, 1 fixed",
    ]


def test_nothing_is_told_of_nothing() -> None:
    assert list(triage_lines([], 1, FOLDER)) == ["0 bugs in 1 night: 0 new, 0 known, 0 fixed"]
