"""Every bug once, whatever nights met it; what is new comes first, the worst of it before the rest."""

from pathlib import Path

from workerfuzz.harness.campaigns.nightly.folder import Folder
from workerfuzz.harness.campaigns.nightly.night import Night
from workerfuzz.harness.campaigns.nightly.night_files import Written
from workerfuzz.harness.campaigns.nightly.triage import BugStatus, TriagedBug, triage
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.triage.severity import Severity
from workerfuzz.harness.cases.triage.signature import Signature
from workerfuzz.harness.engines.findings.finding import Finding, FindingCase, name_of, write_finding

CASE = "workerfuzz-case 1\ntitle: it breaks\nscope: worker\nsubject: reference\n\n> pause\n"


def met(broken: str, **overrides: object) -> Finding:
    made = Finding(
        Signature(broken), "It holds.", "x does not", 3, 11, "swarm", "reference", "worker"
    )
    made.case = FindingCase(text=CASE)
    for name, value in overrides.items():
        setattr(made, name, FindingCase(text=str(value)) if name == "case" else value)
    return made


def night(day: int, *found: Finding) -> Written:
    this_night = Night(day, f"2026-11-{day}T22:00:00+00:00")
    this_night.shards = [ShardResult(Plan(), findings=list(found))]
    return Written(Path(this_night.name), this_night)


def listed(path: Path, *nights: Written, since: str = "") -> list[TriagedBug]:
    return triage(Folder(path), reversed(nights), since)


def states(bugs: list[TriagedBug]) -> list[tuple[str, str]]:
    return [(bug.broken, bug.status) for bug in bugs]


def test_a_bug_of_several_nights_is_one(tmp_path: Path) -> None:
    finding = met("a", occurrences=3, severity="STAYS", severity_detail="memory of x")
    write_finding(tmp_path / "findings", finding, "2026-11-20")
    again = met("a", occurrences=4, known=name_of(finding), case="")
    assert listed(tmp_path, night(24, finding), night(25, again)) == [
        TriagedBug(
            "a", BugStatus.KNOWN, "reference", "reference",
            occurrences=7, nights=2, first="2026-11-20", last="2026-11-25",
            harm=Severity.STAYS, broken="a", what="memory of x", case=f"findings/{name_of(finding)}",
        )
    ]  # fmt: skip


def test_what_is_new_comes_first_and_the_most_harmful_of_it(tmp_path: Path) -> None:
    nights = (
        night(24, met("old"), met("wanted_keys_resolve", known="a title", case="")),
        night(25, met("new"), met("wasted", severity="WASTED"), met("frequent", occurrences=9)),
    )
    assert states(listed(tmp_path, *nights)) == [
        ("wasted", "new"),
        ("frequent", "new"),
        ("new", "new"),
        ("wanted_keys_resolve", "known"),
        ("old", "known"),
    ]


def test_a_known_bug_has_its_title(tmp_path: Path) -> None:
    (bug,) = listed(tmp_path, night(25, met("a", known="a title", case="")))
    assert (bug.status, bug.known, bug.case) == (BugStatus.KNOWN, "a title", "")


def test_new_is_what_came_on_a_day_or_later(tmp_path: Path) -> None:
    nights = night(23, met("a")), night(24, met("b")), night(25, met("c"))
    assert dict(states(listed(tmp_path, *nights))) == {"a": "known", "b": "known", "c": "new"}
    since = listed(tmp_path, *nights, since="2026-11-24")
    assert dict(states(since)) == {"a": "known", "b": "new", "c": "new"}


def test_what_broke_no_more_is_fixed_unless_it_came_again(tmp_path: Path) -> None:
    gone, back = met("gone"), met("back")
    last = night(25, met("back", known=name_of(back)))
    last.night.fixed = [f"{name_of(gone)}: mended", f"{name_of(back)}: mended"]
    assert states(listed(tmp_path, night(24, gone, back), last)) == [
        ("back", "known"),
        ("gone", "fixed"),
    ]


def test_a_case_whose_nights_are_gone_is_listed(tmp_path: Path) -> None:
    finding = met("role_fits_state")
    write_finding(tmp_path / "findings", finding, "2026-11-20")
    (tmp_path / "findings" / "odd-1234.case").write_text("?")
    odd, bug = sorted(listed(tmp_path), key=lambda bug: bug.signature)
    assert (bug.signature, bug.status, bug.what) == (
        "role_fits_state",
        BugStatus.KNOWN,
        "it breaks",
    )
    assert (bug.first, bug.occurrences, bug.nights) == ("2026-11-20", 0, 0)
    assert (odd.signature, odd.case) == ("odd-1234.case", "findings/odd-1234.case")
    assert "not a case" in odd.what


def test_a_folder_without_anything_has_no_bugs(tmp_path: Path) -> None:
    assert listed(tmp_path) == []
