"""The verdict of a night, and what became of what was found."""

import re
from pathlib import Path

import pytest
from examples.accounts import account, met, night, tally

from workerfuzz.harness.campaigns.nightly.night import Phase
from workerfuzz.harness.cases.triage.known_bugs import known_cases
from workerfuzz.harness.report.night_report.finding_detail import FindingDetail
from workerfuzz.harness.report.night_report.junit import junit
from workerfuzz.harness.report.night_report.markdown import markdown
from workerfuzz.harness.report.night_report.night_report import Fixed, NightReport
from workerfuzz.harness.report.night_report.page import page

KNOWN = met("known_one", known="a bug that is known")
SEEN = met("seen_one", known="seen_one-1234abcd.case")


def test_a_night_without_news_is_green() -> None:
    night_report = NightReport(night(account(findings=[KNOWN, SEEN])))
    assert night_report.reasons == []
    assert night_report.verdict == "green: 0 new findings, 2 known"


def test_what_is_new_makes_it_red_although_no_phase_says_so() -> None:
    night_report = NightReport(night(account(findings=[met(), KNOWN])))
    assert night_report.reasons == ["fuzz: 1 new finding: nothing_is_left"]
    assert night_report.verdict == "red: 1 new finding, 1 known"


def test_reasons_are_not_told_twice() -> None:
    phases = [Phase("fuzz", red=["1 new finding"])]
    assert NightReport(night(account(findings=[met()]), phases=phases)).reasons == [
        "fuzz: 1 new finding"
    ]


def test_many_findings_are_counted() -> None:
    many = [met(f"p{number}") for number in range(7)]
    (reason,) = NightReport(night(account(findings=many))).reasons
    assert reason == "fuzz: 7 new findings: p0, p1, p2, p3, p4 and 2 more"


def test_other_phases_make_it_red() -> None:
    night_report = NightReport(
        night(phases=[Phase("canary", red=["the planted bug was not found"])])
    )
    assert night_report.verdict == "red: 0 new findings, 0 known"


def test_findings_are_told_apart_by_what_is_known_of_them() -> None:
    night_report = NightReport(night(account(findings=[KNOWN, met(), SEEN])))
    assert [finding.signature[0] for finding in night_report.new] == ["nothing_is_left"]
    assert [finding.signature[0] for finding in night_report.seen] == ["seen_one"]
    assert [finding.signature[0] for finding in night_report.known] == ["known_one"]


def test_what_was_fixed_is_told_once_for_each_system() -> None:
    shards = [account(seed, fixed=["an old one"]) for seed in (1, 2)]
    assert NightReport(night(*shards)).fixed == [Fixed("an old one", "clusters of dask 2026.8.0")]


def test_what_was_replayed_and_breaks_no_more_is_fixed() -> None:
    known = next(known_cases())
    assert known.path is not None
    lines = ["x-1234.case: x is left", f"{known.path.name}: it does not break any more"]
    assert NightReport(night(fixed=lines)).fixed == [
        Fixed("x is left", name="x-1234.case"),
        Fixed(known.title),
    ]
    fuzzed = account(fixed=[known.title])
    assert NightReport(night(fuzzed, fixed=lines[1:])).fixed == [
        Fixed(known.title, "clusters of dask 2026.8.0")
    ]


def test_headlines_are_what_came_first_in_each_phase() -> None:
    phases = [Phase("replay", red=["a", "b", "c"]), Phase("known", red=["d"])]
    night_report = NightReport(night(phases=phases))
    assert night_report.headlines == ["replay: a, and 2 more lines", "known: d"]
    assert len(night_report.reasons) == 4


def test_what_did_not_come_up_again_is_gone() -> None:
    before = night(account(findings=[KNOWN, met("gone_one")]))
    night_report = NightReport(night(account(findings=[KNOWN])), before)
    assert [finding.signature[0] for finding in night_report.gone] == ["gone_one"]
    assert NightReport(night()).gone == []


def test_time_is_told_where_it_has_ended() -> None:
    assert NightReport(night()).lasted == "1:01:40"
    assert NightReport(night(ended="")).lasted == ""


def test_cases_are_found_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    night_report = NightReport(night(), folder=tmp_path / "nightly")
    assert night_report.path_of(met(path="findings/x.case")) == "nightly/findings/x.case"
    assert night_report.path_of(SEEN) == "nightly/findings/seen_one-1234abcd.case"
    assert night_report.path_of(KNOWN) == ""
    elsewhere = NightReport(night(), folder=Path("/elsewhere"))
    assert elsewhere.path_of(met(path="findings/x.case")) == "/elsewhere/findings/x.case"


def test_findings_are_ordered_by_harm_then_by_count() -> None:
    """In every report; those whose harm is unknown come before those that do none."""
    found = [
        met("none", severity="NOTHING", occurrences=99), met("unknown", occurrences=50),
        met("waits_once", severity="WAITS"), met("waits_often", severity="WAITS", occurrences=9),
        met("stays", severity="STAYS", occurrences=70), met("a_known_one", severity="WAITS", known="x"),
    ]  # fmt: skip
    order = ["waits_often", "waits_once", "stays", "unknown", "none", "a_known_one"]
    told = NightReport(night(account(findings=found)))
    assert [finding.signature[0] for finding in told.findings] == order
    in_page = re.findall(r"<code>(\w+)</code>", page(told, [*map(FindingDetail, told.findings)]))
    assert in_page[: len(order)] == order
    in_markdown = re.findall(r"<code>(\w+)</code>", markdown(told))
    assert in_markdown == order[:-1]
    cases = re.findall(r'<testcase classname="\S*findings" name="(\w+)"', junit(told))
    assert cases == order


def test_findings_come_before_everything_else() -> None:
    told = NightReport(night(account(findings=[met("broken")])))
    text = page(told, [*map(FindingDetail, told.findings)]).partition("<main")[2]
    assert text.index('id="finding-0"') < text.index("steps</div>")
    text = markdown(told)
    assert text.index("<code>broken</code>") < text.index("| system |")
    text = junit(told)
    assert text.index("findings") < text.index("workerfuzz.phases")


def test_words_of_our_own_are_replaced_or_explained() -> None:
    shard = account(findings=[met("broken", tactic="grown")], counters={"grown": tally(20)})
    told = NightReport(night(shard))
    text = page(told, [*map(FindingDetail, told.findings)])
    assert "by the tactic <em>mutated</em>: runs are variations of a corpus entry" in text
    words = re.sub(r"<(style|script)\b.*?</\1>", "", text, flags=re.DOTALL)
    assert not re.search(r"\b(grown|stems?|watched)\b", words)
