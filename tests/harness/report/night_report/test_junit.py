"""JUnit XML is what machines take for it."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import xmlschema
from examples.accounts import account, met, night, tally

from workerfuzz.harness.campaigns.nightly.night import Phase
from workerfuzz.harness.report.night_report.junit import junit, printable
from workerfuzz.harness.report.night_report.night_report import NightReport

SCHEMA = xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))

FULL = night(
    account(
        findings=[
            met(severity="STAYS", case="> rest\n", path="x.case"),
            met("old", known="an old one"),
        ]
    ),
    phases=[Phase("canary", ["found"], seconds=1234.5678), Phase("replay", red=["one", "two"])],
)


def read(text: str) -> ET.Element:
    return ET.fromstring(text.partition("\n")[2])


@pytest.mark.parametrize("document", [night(), FULL, night(account(), ended="", phases=[])])
def test_documents_are_valid(document: object) -> None:
    SCHEMA.validate(junit(NightReport(document)))  # type: ignore[arg-type]  # a night, as the list above says


def test_the_schema_notices_what_is_wrong() -> None:
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        SCHEMA.validate(junit(NightReport(FULL)).replace('tests="', 'tests="x'))


def test_new_findings_fail_and_known_ones_are_skipped() -> None:
    suite, phases = read(junit(NightReport(FULL)))
    canary, replay = phases
    assert canary.findtext("system-out") == "found"
    assert canary.get("time") == "1234.568"
    failure = replay.find("failure")
    assert failure is not None
    assert (failure.get("message"), failure.text) == ("one", "one\ntwo")
    new, known = suite
    failure = new.find("failure")
    assert failure is not None
    assert new.get("classname") == "workerfuzz.cluster.dask.findings"
    assert failure.get("message") == "memory stays: a is left"
    assert "replay it: workerfuzz replay x.case" in (failure.text or "")
    assert known.find("skipped") is not None
    assert [suite.get(item) for item in ("tests", "failures", "skipped", "errors")] == [
        "2",
        "1",
        "1",
        "0",
    ]


def test_totals_are_those_of_the_suites() -> None:
    root = read(junit(NightReport(FULL)))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("4", "2", "0")


def test_properties_that_held_are_tests_that_passed() -> None:
    done = account(
        counters={"swarm": tally(checked={"nothing_is_left": 1, "threads_are_known": 9})}
    )
    done.findings = [met()]
    suite, _ = read(junit(NightReport(night(done))))
    assert [(element.get("classname"), element.get("name"), len(element)) for element in suite] == [
        ("workerfuzz.cluster.dask.findings", "nothing_is_left", 1),
        ("workerfuzz.cluster.dask.properties", "threads_are_known", 0),
    ]


def test_text_is_text_whatever_it_says() -> None:
    evil = "</failure><script>\x00\x1b]0;\ud800\uffff\r\n&amp;"
    text = junit(
        NightReport(
            night(
                account(
                    findings=[
                        met(counterexample=evil, severity_detail=evil, case=evil, sentence=evil)
                    ]
                )
            )
        )
    )
    SCHEMA.validate(text)
    assert "<script>" not in text
    (case,) = read(text)[0]
    failure = case.find("failure")
    assert failure is not None
    assert "\\x00\\x1b]0;\\ud800\\uffff" in (failure.text or "")


def test_what_xml_may_contain_stays() -> None:
    assert printable("a\tb\nc é 🙂") == "a\tb\nc é 🙂"
