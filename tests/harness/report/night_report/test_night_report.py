"""The verdict of a night, and what became of what was found."""

from pathlib import Path

import pytest
from examples.accounts import account, met, night

from workerfuzz.harness.campaigns.nightly.night import Phase
from workerfuzz.harness.cases.triage.known_bugs import known_cases
from workerfuzz.harness.report.night_report.night_report import Fixed, Morning

KNOWN = met("known_one", known="a bug that is known")
SEEN = met("seen_one", known="seen_one-1234abcd.case")


def test_a_night_without_news_is_green() -> None:
    morning = Morning(night(account(findings=[KNOWN, SEEN])))
    assert morning.reasons == []
    assert morning.verdict == "green: 0 new findings, 2 known"


def test_what_is_new_makes_it_red_although_no_phase_says_so() -> None:
    morning = Morning(night(account(findings=[met(), KNOWN])))
    assert morning.reasons == ["fuzz: 1 new finding: nothing_is_left"]
    assert morning.verdict == "red: 1 new finding, 1 known"


def test_reasons_are_not_told_twice() -> None:
    phases = [Phase("fuzz", red=["1 new finding"])]
    assert Morning(night(account(findings=[met()]), phases=phases)).reasons == [
        "fuzz: 1 new finding"
    ]


def test_many_findings_are_counted() -> None:
    many = [met(f"p{number}") for number in range(7)]
    (reason,) = Morning(night(account(findings=many))).reasons
    assert reason == "fuzz: 7 new findings: p0, p1, p2, p3, p4 and 2 more"


def test_other_phases_make_it_red() -> None:
    morning = Morning(night(phases=[Phase("canary", red=["the planted bug was not found"])]))
    assert morning.verdict == "red: 0 new findings, 0 known"


def test_findings_are_told_apart_by_what_is_known_of_them() -> None:
    morning = Morning(night(account(findings=[KNOWN, met(), SEEN])))
    assert [it.signature[0] for it in morning.new] == ["nothing_is_left"]
    assert [it.signature[0] for it in morning.seen] == ["seen_one"]
    assert [it.signature[0] for it in morning.known] == ["known_one"]


def test_what_was_fixed_is_told_once_for_each_system() -> None:
    shards = [account(seed, fixed=["an old one"]) for seed in (1, 2)]
    assert Morning(night(*shards)).fixed == [Fixed("an old one", "clusters of dask 2026.8.0")]


def test_what_was_replayed_and_breaks_no_more_is_fixed() -> None:
    known = next(known_cases())
    assert known.path is not None
    lines = ["x-1234.case: x is left", f"{known.path.name}: it does not break any more"]
    assert Morning(night(fixed=lines)).fixed == [
        Fixed("x is left", name="x-1234.case"),
        Fixed(known.title),
    ]
    fuzzed = account(fixed=[known.title])
    assert Morning(night(fuzzed, fixed=lines[1:])).fixed == [
        Fixed(known.title, "clusters of dask 2026.8.0")
    ]


def test_headlines_are_what_came_first_in_each_phase() -> None:
    phases = [Phase("replay", red=["a", "b", "c"]), Phase("known", red=["d"])]
    morning = Morning(night(phases=phases))
    assert morning.headlines == ["replay: a, and 2 more lines", "known: d"]
    assert len(morning.reasons) == 4


def test_what_did_not_come_up_again_is_gone() -> None:
    before = night(account(findings=[KNOWN, met("gone_one")]))
    morning = Morning(night(account(findings=[KNOWN])), before)
    assert [it.signature[0] for it in morning.gone] == ["gone_one"]
    assert Morning(night()).gone == []


def test_time_is_told_where_it_has_ended() -> None:
    assert Morning(night()).lasted == "1:01:40"
    assert Morning(night(ended="")).lasted == ""


def test_cases_are_found_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    morning = Morning(night(), folder=tmp_path / "nightly")
    assert morning.path_of(met(path="findings/x.case")) == "nightly/findings/x.case"
    assert morning.path_of(SEEN) == "nightly/findings/seen_one-1234abcd.case"
    assert morning.path_of(KNOWN) == ""
    elsewhere = Morning(night(), folder=Path("/elsewhere"))
    assert elsewhere.path_of(met(path="findings/x.case")) == "/elsewhere/findings/x.case"
