"""A night as JUnit XML: findings, properties that held, and phases.

Valid by the schema that the xUnit plugin of Jenkins has for it.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from typing import Final

from workerfuzz.harness.campaigns.nightly.night import Phase
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.report.finding_text import harm_and_what
from workerfuzz.harness.report.groups import Group
from workerfuzz.harness.report.night_report.night_report import NightReport
from workerfuzz.harness.report.night_report.tables import breaks

#: How this package calls itself there.
PACKAGE: Final = "workerfuzz"


def junit(night_report: NightReport) -> str:
    """The document, with its declaration."""
    root = ET.Element("testsuites", name=PACKAGE)
    suites = [*(suite(group, night_report) for group in night_report.groups), phases(night_report)]
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(element.get(name, "0")) for element in suites)))
    root.extend(suites)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def phases(night_report: NightReport) -> ET.Element:
    """A test for each phase; that of fuzzing is told by its findings, where it has any."""
    return together("phases", night_report, [phase(part) for part in night_report.night.phases])


def phase(night_phase: Phase) -> ET.Element:
    test = case(f"{PACKAGE}.phases", night_phase.name, night_phase.seconds)
    if night_phase.red:
        failed(test, night_phase.red[0], "phase", "\n".join(night_phase.red))
    if night_phase.lines:
        ET.SubElement(test, "system-out").text = printable("\n".join(night_phase.lines))
    return test


def suite(group: Group, night_report: NightReport) -> ET.Element:
    """Findings of one system, and the properties that nothing broke."""
    timed = [
        finding
        for finding in night_report.findings
        if (finding.subject, finding.scope) == (group.subject, group.scope)
    ]
    where = f"{PACKAGE}.{group.scope}.{group.subject}".replace(" ", "_")
    tests = [
        finding_element(finding, where, night_report.command("replay", finding))
        for finding in timed
    ]
    tests += [
        case(f"{where}.properties", name)
        for name in sorted(group.done.checked)
        if not breaks(name, group, timed)
    ]
    made = together(group.name, night_report, tests)
    made.set("time", f"{sum(shard.seconds for shard in group.shards):.3f}")
    return made


def finding_element(finding: Finding, where: str, replay: str) -> ET.Element:
    """A failure where it is new; where it is known, it is left out, and says why."""
    exception, about = finding.signature[1:]
    name = " ".join(filter(None, (finding.signature[0], exception, about)))
    test = case(f"{where}.findings", name)
    if finding.known:
        ET.SubElement(test, "skipped", message=printable(f"known: {finding.known}"))
    else:
        lines = [
            finding.sentence,
            finding.counterexample,
            finding.case.text,
            f"in {finding.occurrences:,} runs",
        ]
        if replay:
            lines.append(f"replay it: {replay}")
        failed(test, harm_and_what(finding), finding.signature[0], "\n".join(lines))
    return test


def case(where: str, name: str, seconds: float = 0.0) -> ET.Element:
    return ET.Element(
        "testcase", classname=printable(where), name=printable(name), time=f"{seconds:.3f}"
    )


def failed(test: ET.Element, message: str, kind: str, text: str) -> None:
    failure = ET.SubElement(test, "failure", message=printable(message), type=printable(kind))
    failure.text = printable(text)


def together(name: str, night_report: NightReport, tests: Iterable[ET.Element]) -> ET.Element:
    """A suite, and how its tests went."""
    every = list(tests)
    made = ET.Element(
        "testsuite",
        name=printable(name),
        tests=str(len(every)),
        failures=str(sum(test.find("failure") is not None for test in every)),
        errors="0",
        skipped=str(sum(test.find("skipped") is not None for test in every)),
        timestamp=night_report.night.began[:19],
        time=f"{sum(float(test.get('time', '0')) for test in every):.3f}",
    )
    made.extend(every)
    return made


def printable(text: str) -> str:
    """Without the characters that no XML may contain: they are written as Python writes them."""
    return "".join(
        character if allowed(character) else character.encode("unicode_escape").decode()
        for character in text
    )


def allowed(letter: str) -> bool:
    """XML 1.0 lets a document contain it."""
    return (
        letter in "\t\n\r"
        or " " <= letter <= "\ud7ff"
        or "\ue000" <= letter <= "\ufffd"
        or letter > "\uffff"
    )
