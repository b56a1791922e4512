"""Annotations as GitHub reads them."""

from examples.accounts import account, met, night

from workerfuzz.harness.campaigns.nightly.night import Phase
from workerfuzz.harness.report.night_report.annotations import annotations
from workerfuzz.harness.report.night_report.night_report import NightReport


def test_each_new_finding_is_an_error_on_its_case() -> None:
    worst = met("worst", severity="WAITS", path="findings/x.case", case="> rest\n")
    known = met("old", known="an old one")
    lines = list(
        annotations(NightReport(night(account(findings=[met(severity="STAYS"), known, worst]))))
    )
    assert lines == [
        "::error file=findings/x.case,line=1,title=workerfuzz%3A worst::"
        "a client waits for ever: a is left%0AWhat worst says.%0A> rest",
        "::error title=workerfuzz%3A nothing_is_left::"
        "memory stays: a is left%0AWhat nothing_is_left says.",
    ]


def test_nothing_ends_an_annotation_too_soon() -> None:
    evil = met("100%::,\r\n::warning::", path="a,b:c%d.case", severity_detail="x\n::error::y\rz%0A")
    (line,) = annotations(NightReport(night(account(findings=[evil]))))
    assert "\n" not in line
    assert "\r" not in line
    assert line.startswith(
        "::error file=a%2Cb%3Ac%25d.case,line=1,title=workerfuzz%3A 100%25%3A%3A%2C%0D%0A"
    )
    assert "::x%0A::error::y%0Dz%250A%0A" in line


def test_a_phase_that_failed_is_an_error_of_its_own() -> None:
    phases = [Phase("replay", red=["x.case differs"]), Phase("fuzz", red=["1 new finding"])]
    red = NightReport(night(account(findings=[met()]), phases=phases))
    assert list(annotations(red))[1:] == ["::error title=workerfuzz%3A replay::x.case differs"]
    assert list(annotations(NightReport(night(account())))) == []
